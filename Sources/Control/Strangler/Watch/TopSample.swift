package import AdminAPI

/// What a router had counted at one moment, as `strangler top` needs it.
package struct TopSample: Equatable, Sendable {
    package struct Side: Equatable, Sendable {
        package var name: String
        package var upstream: String
        package var percent: Double
        package var requests: Int
        package var errors: Int
        package var inFlight: Int
        package var longLived: Int
        package var latency: LatencyDifference.Counts
    }

    package struct Mirror: Equatable, Sendable {
        /// The upstream that gets the copies.
        package var to: String
        package var answered: Int
        package var failed: Int
        package var skipped: Int
    }

    package struct Route: Equatable, Sendable {
        package var id: String
        package var sides: [Side]
        package var mirror: Mirror?
    }

    /// Tells one run of a router from the next.
    package var startedAt: String
    package var uptimeSeconds: Double
    package var revision: Int
    package var connections: Int
    package var routes: [Route]

    package init(_ status: AdminStatus) {
        startedAt = "\(status.router.pid) " + status.router.startedAt
        uptimeSeconds = status.router.uptimeSeconds
        revision = status.revision
        connections = status.router.connections
        routes = status.routes.map { route in
            let sides = [("legacy", route.legacy as AdminStatus.Side?), ("service", route.service)]
            return Route(
                id: route.id, sides: sides.compactMap { name, side in side.map { Self.side(name, $0) } },
                mirror: route.mirror.map {
                    Mirror(to: $0.to, answered: $0.answered, failed: $0.failed, skipped: $0.skipped.total)
                })
        }
    }

    private static func side(_ name: String, _ side: AdminStatus.Side) -> Side {
        var latency: LatencyDifference.Counts = [:]
        for bucket in side.latency ?? [] where bucket.behindMicroseconds > 0 {
            latency[UInt64(bucket.behindMicroseconds)] = UInt32(truncatingIfNeeded: bucket.count)
        }
        return Side(
            name: name, upstream: side.upstream, percent: side.percent, requests: side.requests, errors: side.errors,
            inFlight: side.inFlight, longLived: side.longLived.count, latency: latency)
    }

    package func route(_ id: String) -> Route? { routes.first { $0.id == id } }
}
