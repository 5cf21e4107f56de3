import EventLoop
import HTTPTransport
import Routing

/// The counters of one worker, copied at one moment on its loop so that another thread may read them.
struct WorkerSnapshot: Sendable {
    struct Side: Sendable {
        var counters = SideCounters()
        var circuit: CircuitBreaker.State = .closed
        /// Responses of the last seconds.
        var recent = FaultWindow.Figures()
        /// Whether the alarm is raised on some loop.
        var isAlarmed = false
        /// Fall-backs in the last minute.
        var recentFallbacks = 0

        /// Whether the side's responses are of no use: some loop has raised the alarm, and at least a fifth of the
        /// responses of all loops are faults.
        var isFailing: Bool { isAlarmed && recent.faults * 5 >= recent.responses }

        mutating func add(_ other: Side) {
            counters.add(other.counters)
            recent.add(other.recent)
            isAlarmed = isAlarmed || other.isAlarmed
            recentFallbacks += other.recentFallbacks
            circuit = Self.worse(circuit, other.circuit)
        }

        private static func worse(_ left: CircuitBreaker.State, _ right: CircuitBreaker.State) -> CircuitBreaker.State {
            switch (left, right) {
            case (.open, _), (.halfOpen, .closed), (.halfOpen, .halfOpen), (.closed, .closed): left
            case (.closed, .open), (.closed, .halfOpen), (.halfOpen, .open): right
            }
        }
    }

    struct Route: Sendable {
        var id: String
        var legacy = Side()
        var service = Side()
        var mirror = MirrorCounters()
        var limits = LimitTally<RouteLimit>.Figures()
    }

    struct Endpoint: Sendable {
        var text: String
        var address: SocketAddress
        var health: EndpointHealth.State
        var changedAt: Int64
        var idle: Int
        var active: Int
        /// Connections that carry streams and tunnels; they are not counted in `active`.
        var long: Int
    }

    struct Group: Sendable {
        var name: String
        var inFlight: Int
        var endpoints: [Endpoint]
        var refusals: RefusalCounts
        /// Requests that wait for a connection. The count is that of the whole process already.
        var waiting: Int
    }

    var table: ServedTable
    var connections: Int
    var inFlight: Int64
    /// The routes that had a request, in no order.
    var routes: [Route]
    var groups: [Group]
    var unrouted: ResponseCounts
    var refused: ViolationCounts
    var droppedFields: DroppedFields
    /// Connections that were refused because there were too many.
    var refusedConnections: UInt64
    /// Connections that were closed because the required PROXY header was missing or malformed.
    var refusedHeaders: UInt64
    var shed: ShedCounters
    /// The contexts of the mode `owned`, by name.
    var owned: [String: OwnedFigures]
    /// Refusals by the router's own limits.
    var edgeRefusals: EdgeRefusals.Figures
    /// The monotonic time of the copy, from which ages are computed.
    var takenAt: Moment
}

extension Worker {
    func snapshot() -> WorkerSnapshot {
        loop.preconditionOnLoop()
        let now = loop.now.milliseconds
        return WorkerSnapshot(
            table: table.shared, connections: connectionCount, inFlight: inFlight + streams,
            routes: states.map { id, state in
                WorkerSnapshot.Route(
                    id: id, legacy: .init(state.legacy, now: now), service: .init(state.service, now: now),
                    mirror: state.mirror, limits: state.limits?.figures(now: now) ?? .init())
            },
            groups: groups.map { group in
                WorkerSnapshot.Group(
                    name: group.name, inFlight: group.active,
                    endpoints: group.endpoints.map {
                        // The state changes when it is asked: an ejection whose time is over would otherwise still be
                        // shown.
                        _ = $0.health.isUsable(now: now)
                        return WorkerSnapshot.Endpoint(
                            text: $0.text, address: $0.address, health: $0.health.state, changedAt: $0.changedAt,
                            idle: $0.pool.idleCount,
                            active: $0.pool.busyCount, long: $0.pool.longCount)
                    }, refusals: group.refusals.snapshot(now: now), waiting: group.limits.waiting.count)
            },
            unrouted: unrouted, refused: refused.counts, droppedFields: droppedFields,
            refusedConnections: listeners.reduce(0) { $0 + UInt64($1.shedCount) },
            refusedHeaders: listeners.reduce(0) { $0 + UInt64($1.refusedHeaderCount) }, shed: shed,
            owned: ownedFigures(), edgeRefusals: edgeRefusals.figures(now: now), takenAt: .read())
    }

    /// Requests that run on the service of the given routes now, by id, and when the last one ended there.
    func serviceLoad(_ ids: Set<String>) -> [String: (inFlight: Int64, lastEnded: UInt64)] {
        var load: [String: (inFlight: Int64, lastEnded: UInt64)] = [:]
        for id in ids {
            guard let state = states[id] else { continue }
            load[id] = (state.service.counters.inFlight, state.service.counters.lastEndedNanoseconds)
        }
        return load
    }
}

extension WorkerSnapshot.Side {
    fileprivate init(_ state: SideState, now: Int64) {
        self.init(
            counters: state.counters, circuit: state.breaker.state,
            recent: state.alarm.window.figures(now: now, total: state.counters.responses.total),
            isAlarmed: state.alarm.isRaised, recentFallbacks: state.recentFallbacks.total(now: now))
    }
}
