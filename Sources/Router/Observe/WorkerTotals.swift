import EventLoop
import Routing

/// The snapshots of all workers, summed.
struct WorkerTotals {
    let revisions: [UInt64]
    var connections = 0
    var inFlight: Int64 = 0
    /// All of the newest table, in its order.
    var routes: [WorkerSnapshot.Route]
    private let places: [String: Int]
    var groups: [WorkerSnapshot.Group]
    var unrouted = ResponseCounts()
    var refused = ViolationCounts()
    var droppedFields = DroppedFields()
    var refusedConnections: UInt64 = 0
    var refusedHeaders: UInt64 = 0
    var shed = ShedCounters()
    /// The contexts of the mode `owned`, by name.
    let owned: [String: OwnedFigures]
    var edgeRefusals = EdgeRefusals.Figures()
    let takenAt: Moment

    /// Workers in the middle of a flip may differ in their routes; then the newest table's routes are summed by their
    /// ids.
    init(_ snapshots: [WorkerSnapshot]) {
        revisions = snapshots.map(\.table.revision)
        owned = OwnedFigures.sums(snapshots.map(\.owned))
        takenAt = snapshots.map(\.takenAt).max() ?? .read()
        let newest = snapshots.max { $0.table.revision < $1.table.revision }
        routes = newest?.table.document.routes.map { WorkerSnapshot.Route(id: $0.id) } ?? []
        places = newest?.table.places ?? [:]
        groups = newest?.groups ?? []
        for index in groups.indices {
            groups[index].inFlight = 0
            groups[index].refusals = RefusalCounts()
            for place in groups[index].endpoints.indices {
                groups[index].endpoints[place].idle = 0
                groups[index].endpoints[place].active = 0
                groups[index].endpoints[place].long = 0
            }
        }
        for snapshot in snapshots {
            connections += snapshot.connections
            inFlight += snapshot.inFlight
            unrouted.add(snapshot.unrouted)
            refused.add(snapshot.refused)
            droppedFields.add(snapshot.droppedFields)
            refusedConnections &+= snapshot.refusedConnections
            refusedHeaders &+= snapshot.refusedHeaders
            shed.add(snapshot.shed)
            edgeRefusals.add(snapshot.edgeRefusals)
            for route in snapshot.routes {
                guard let place = places[route.id] else { continue }
                routes[place].legacy.add(route.legacy)
                routes[place].service.add(route.service)
                routes[place].mirror.add(route.mirror)
                routes[place].limits.add(route.limits)
            }
            for group in snapshot.groups { add(group) }
        }
    }

    /// The counts of a route; none when no table has it.
    func route(_ id: String) -> WorkerSnapshot.Route { places[id].map { routes[$0] } ?? WorkerSnapshot.Route(id: id) }

    private mutating func add(_ group: WorkerSnapshot.Group) {
        guard let place = groups.firstIndex(where: { $0.name == group.name }) else { return }
        groups[place].inFlight += group.inFlight
        groups[place].refusals.add(group.refusals)
        for endpoint in group.endpoints {
            // A worker in the middle of a change may have one that the newest has not.
            guard let index = groups[place].endpoints.firstIndex(where: { $0.address == endpoint.address }) else {
                continue
            }
            groups[place].endpoints[index].idle += endpoint.idle
            groups[place].endpoints[index].active += endpoint.active
            groups[place].endpoints[index].long += endpoint.long
            // Unwell for one worker is unwell.
            if case .unhealthy = endpoint.health {
                groups[place].endpoints[index].health = endpoint.health
                groups[place].endpoints[index].changedAt = endpoint.changedAt
            } else if case .unknown = groups[place].endpoints[index].health {
                groups[place].endpoints[index].health = endpoint.health
            }
        }
    }

    /// healthy, degraded, unhealthy or unknown.
    func health(ofUpstream index: Int) -> String {
        guard groups.indices.contains(index) else { return "unknown" }
        let states = groups[index].endpoints.map(\.health)
        let bad = states.count { if case .unhealthy = $0 { true } else { false } }
        if bad == states.count { return "unhealthy" }
        if bad > 0 { return "degraded" }
        return states.contains(.healthy) ? "healthy" : "unknown"
    }
}

extension CircuitBreaker.State {
    var name: String {
        switch self {
        case .closed: "closed"
        case .open: "open"
        case .halfOpen: "half-open"
        }
    }
}
