import AdminClient
package import JSON

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

    package init(_ value: JSONValue) {
        let status = AdminStatus(value)
        startedAt = "\(status.pid) " + (value["router"]?["started_at"]?.string ?? "")
        uptimeSeconds = status.uptimeSeconds
        revision = status.revision
        connections = status.connections
        routes = (value["routes"]?.elements.map { $0 } ?? []).map { route in
            var sides: [Side] = []
            for name in ["legacy", "service"] {
                guard let side = route[name], !side.isNull else { continue }
                sides.append(Self.side(name, side))
            }
            let mirror = route["mirror"].flatMap { mirror -> Mirror? in
                guard !mirror.isNull else { return nil }
                let skipped = mirror["skipped"]?.members.reduce(0) { $0 + ($1.value.int ?? 0) } ?? 0
                return Mirror(
                    to: mirror["to"]?.string ?? "", answered: mirror["answered"]?.int ?? 0,
                    failed: mirror["failed"]?.int ?? 0, skipped: skipped)
            }
            return Route(id: route["id"]?.string ?? "", sides: sides, mirror: mirror)
        }
    }

    private static func side(_ name: String, _ value: JSONValue) -> Side {
        var latency: LatencyDifference.Counts = [:]
        for bucket in value["latency"]?.elements.map({ $0 }) ?? [] {
            guard let behind = bucket[0]?.int, let count = bucket[1]?.int, behind > 0 else { continue }
            latency[UInt64(behind)] = UInt32(truncatingIfNeeded: count)
        }
        return Side(
            name: name, upstream: value["upstream"]?.string ?? "", percent: value["percent"]?.double ?? 0,
            requests: value["requests"]?.int ?? 0, errors: value["errors"]?.int ?? 0,
            inFlight: value["in_flight"]?.int ?? 0, longLived: value["long_lived"]?["count"]?.int ?? 0,
            latency: latency)
    }

    package func route(_ id: String) -> Route? { routes.first { $0.id == id } }
}
