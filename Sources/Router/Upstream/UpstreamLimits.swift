import EventLoop
import HTTPTransport
import Routing
import Synchronization

/// What all loops of the process together may have of one upstream, whatever its configuration becomes. Requests do not come here: only the
/// opening and closing of connections, the beginning and end of streams, and requests that wait.
final class UpstreamLimits: Sendable {
    /// Of one endpoint; it gets its share, so that one that is stuck does not take the others' connections with it.
    private struct Place {
        let connections: ConnectionBudget
        /// Of mirrored copies: their own, so that they take none from users.
        let copies: ConnectionBudget
    }

    let streams: SharedLimit
    let waiting: SharedLimit
    private let loops: Int
    private let places = Mutex<[SocketAddress: Place]>([:])

    init(_ upstream: Upstream, loops: Int) {
        streams = SharedLimit(upstream.streams)
        waiting = SharedLimit(upstream.pending)
        self.loops = loops
    }

    /// Takes over what a configuration says. Called by every loop, each time with the same.
    func follow(_ upstream: Upstream, endpoints: [SocketAddress]) {
        streams.limit = upstream.streams
        waiting.limit = upstream.pending
        let limit = Self.share(upstream.connections, endpoints.count)
        let all = places.withLock { places in
            for address in endpoints where places[address] == nil {
                places[address] = Place(
                    connections: ConnectionBudget(limit, loops: loops), copies: ConnectionBudget(limit, loops: loops))
            }
            // Of those that left, what is open ends with its requests; should one come back, it is counted from nothing.
            for address in places.keys where !endpoints.contains(address) { places[address] = nil }
            return Array(places.values)
        }
        for place in all {
            place.connections.changeLimit(limit)
            place.copies.changeLimit(limit)
        }
    }

    /// What an endpoint may have of an upstream's connections; at least one.
    static func share(_ connections: Int, _ endpoints: Int) -> Int { max(1, connections / max(1, endpoints)) }

    func connections(at address: SocketAddress) -> ConnectionBudget? {
        places.withLock { $0[address]?.connections }
    }

    func copies(at address: SocketAddress) -> ConnectionBudget? {
        places.withLock { $0[address]?.copies }
    }
}

/// The limits of a process's upstreams, by name: what loops have in common.
final class ProcessLimits: Sendable {
    private struct Entry {
        weak var limits: UpstreamLimits?
    }

    private let loops: Int
    private let known = Mutex<[String: Entry]>([:])

    init(loops: Int) { self.loops = max(1, loops) }

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
