import EventLoop
import HTTPTransport
import Routing

/// What all loops of the process together may have of one upstream, whatever its configuration becomes. Requests do not
/// come here: only the opening and closing of connections, the beginning and end of streams, and requests that wait.
final class UpstreamLimits: Sendable {
    /// Of one endpoint; it gets its share, so that one that is stuck does not take the others' connections with it. The
    /// pools own what is counted: loops hear of other addresses one after the other, and one that comes back while its
    /// connections end is counted on.
    private struct Place {
        weak var connections: Owned?
        /// Of mirrored copies: their own, so that they take none from users.
        weak var copies: Owned?
    }

    /// A budget for as long as some pool holds this. Referred to weakly instead of the budget itself, which requests
    /// pass: it would pay for that with each count of its references (`Presence`).
    final class Owned: Sendable {
        let budget: ConnectionLimiter

        init(_ budget: ConnectionLimiter) { self.budget = budget }
    }

    private struct Places {
        /// What each endpoint may have.
        var limit: Int
        var byAddress: [SocketAddress: Place] = [:]
    }

    let streams: SharedLimit
    let waiting: SharedLimit
    private let loops: Int
    private let places: Guarded<Places>

    init(_ upstream: Upstream, loops: Int) {
        streams = SharedLimit(upstream.streams)
        waiting = SharedLimit(upstream.pending)
        places = Guarded(Places(limit: Self.share(upstream.connections, 1)))
        self.loops = loops
    }

    /// Takes over what a configuration says. Called by every loop, each time with the same.
    func follow(_ upstream: Upstream, endpoints: Int) {
        streams.limit = upstream.streams
        waiting.limit = upstream.pending
        let limit = Self.share(upstream.connections, endpoints)
        let all = places.withLock { places in
            places.limit = limit
            places.byAddress = places.byAddress.filter { $0.value.connections != nil || $0.value.copies != nil }
            return places.byAddress.values.flatMap { [$0.connections?.budget, $0.copies?.budget].compactMap(\.self) }
        }
        for budget in all { budget.changeLimit(limit) }
    }

    /// What an endpoint may have of an upstream's connections; at least one.
    static func share(_ connections: Int, _ endpoints: Int) -> Int { max(1, connections / max(1, endpoints)) }

    func connections(at address: SocketAddress) -> Owned { budget(\.connections, address) }

    func copies(at address: SocketAddress) -> Owned { budget(\.copies, address) }

    /// The one that other loops use already, or a new one.
    private func budget(
        _ kind: WritableKeyPath<Place, Owned?>, _ address: SocketAddress
    ) -> Owned {
        places.withLock { places in
            if let present = places.byAddress[address]?[keyPath: kind] { return present }
            let made = Owned(ConnectionLimiter(places.limit, loops: loops))
            places.byAddress[address, default: Place()][keyPath: kind] = made
            return made
        }
    }
}

/// The limits of a process's upstreams and of its holds, by name: what loops have in common.
final class ProcessLimits: Sendable {
    private struct Entry {
        weak var limits: UpstreamLimits?
    }

    private let loops: Int
    private let known = Guarded<[String: Entry]>([:])
    private let parkings = Guarded<[String: SharedLimit]>([:])

    let holds: HoldBounds

    init(loops: Int, holds: HoldBounds = HoldBounds()) {
        self.loops = max(1, loops)
        self.holds = holds
    }

    /// How many requests of an owned context may be held at once.
    func parking(of context: String) -> SharedLimit {
        parkings.withLock { parkings in
            if let places = parkings[context] { return places }
            let made = SharedLimit(LoopContext.mostHeld)
            parkings[context] = made
            return made
        }
    }

    /// Lives as long as some loop's group of this name.
    func of(_ upstream: Upstream) -> UpstreamLimits {
        known.withLock { known in
            if let limits = known[upstream.name]?.limits { return limits }
            known = known.filter { $0.value.limits != nil }
            let made = UpstreamLimits(upstream, loops: loops)
            known[upstream.name] = Entry(limits: made)
            return made
        }
    }
}
