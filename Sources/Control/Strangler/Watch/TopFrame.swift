import ControlKit

/// What happened on each side of each route between two samples. Pure.
package struct TopFrame: Equatable, Sendable {
    package struct Row: Equatable, Sendable {
        package var route: String
        package var side: String
        package var upstream: String
        /// Share of the keys that the side shall serve, 0 to 100.
        package var asked: Double
        /// Share of the interval's requests that it did serve; nil: there was none.
        package var seen: Double?
        /// Exchanges that ended, per second.
        package var rate: Double
        /// Share of them that failed, 0 to 1; nil: there was none.
        package var errorShare: Double?
        package var p50: Double?
        package var p90: Double?
        package var p99: Double?
        package var inFlight: Int
        package var longLived: Int
        /// Of the side that gets the copies; each per second.
        package var mirror: Mirror?
    }

    package struct Mirror: Equatable, Sendable {
        package var answered: Double
        package var failed: Double
        package var skipped: Double
    }

    package var revision: Int
    package var connections: Int
    package var seconds: Double
    /// The router began anew in between: there is nothing to compare.
    package var isRestart: Bool
    /// Routes with the highest rate first; the sides of a route together.
    package var rows: [Row]

    package init(from before: TopSample, to after: TopSample) {
        revision = after.revision
        connections = after.connections
        isRestart = before.startedAt != after.startedAt || after.uptimeSeconds <= before.uptimeSeconds
        let seconds = isRestart ? max(after.uptimeSeconds, 0.001) : after.uptimeSeconds - before.uptimeSeconds
        self.seconds = seconds
        let isRestart = isRestart
        let groups = after.routes.map { route in
            Self.rows(of: route, since: isRestart ? nil : before.route(route.id), seconds: seconds)
        }
        // Stable: routes without traffic keep the order of the file.
        let order = groups.indices.sorted { left, right in
            let (first, second) = (Self.rate(groups[left]), Self.rate(groups[right]))
            return first == second ? left < right : first > second
        }
        rows = order.flatMap { groups[$0] }
    }

    package var rate: Double { Self.rate(rows) }

    /// Of all requests of the interval; nil: there was none.
    package var errorShare: Double? {
        let rate = rate
        return rate > 0 ? rows.reduce(0) { $0 + $1.rate * ($1.errorShare ?? 0) } / rate : nil
    }

    private static func rate(_ rows: [Row]) -> Double { rows.reduce(0) { $0 + $1.rate } }

    private static func rows(of route: TopSample.Route, since before: TopSample.Route?, seconds: Double) -> [Row] {
        let old = Dictionary((before?.sides ?? []).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let ended = route.sides.map { max(0, $0.requests - (old[$0.name]?.requests ?? 0)) }
        let all = ended.reduce(0, +)
        return zip(route.sides, ended).map { side, count in
            let failed = max(0, side.errors - (old[side.name]?.errors ?? 0))
            let latency = LatencyDifference(from: old[side.name]?.latency ?? [:], to: side.latency)
            let mirror = route.mirror.flatMap { mirror -> Mirror? in
                guard mirror.to == side.upstream, side.name == copied(of: route) else { return nil }
                func perSecond(_ now: Int, _ then: Int?) -> Double { Double(max(0, now - (then ?? 0))) / seconds }
                return Mirror(
                    answered: perSecond(mirror.answered, before?.mirror?.answered),
                    failed: perSecond(mirror.failed, before?.mirror?.failed),
                    skipped: perSecond(mirror.skipped, before?.mirror?.skipped))
            }
            return Row(
                route: route.id, side: side.name, upstream: side.upstream, asked: side.percent,
                seen: all > 0 ? Double(count) * 100 / Double(all) : nil, rate: Double(count) / seconds,
                errorShare: count > 0 ? min(1, Double(failed) / Double(count)) : nil,
                p50: latency.milliseconds(at: 0.5), p90: latency.milliseconds(at: 0.9),
                p99: latency.milliseconds(at: 0.99), inFlight: side.inFlight, longLived: side.longLived, mirror: mirror)
        }
    }

    /// The side that gets copies: the service, until it serves everybody.
    private static func copied(of route: TopSample.Route) -> String {
        let service = route.sides.first { $0.name == "service" }
        return service == nil || service?.percent == 100 ? "legacy" : "service"
    }

    // MARK: As data

    var datum: OutputValue {
        [
            "revision": .integer(Int64(revision)), "interval_seconds": .number(seconds), "restarted": .bool(isRestart),
            "connections": .integer(Int64(connections)), "rate": .number(rate),
            "error_share": .optional(errorShare), "rows": .array(rows.map(\.datum)),
        ]
    }
}

extension TopFrame.Row {
    var datum: OutputValue {
        [
            "route": .string(route), "side": .string(side), "upstream": .string(upstream),
            "asked_percent": .number(asked),
            "seen_percent": .optional(seen), "rate": .number(rate), "error_share": .optional(errorShare),
            "p50_ms": .optional(p50), "p90_ms": .optional(p90), "p99_ms": .optional(p99),
            "in_flight": .integer(Int64(inFlight)), "long_lived": .integer(Int64(longLived)),
            "mirror": mirror.map {
                [
                    "answered_rate": .number($0.answered), "failed_rate": .number($0.failed),
                    "skipped_rate": .number($0.skipped),
                ]
            } ?? .null,
        ]
    }
}
