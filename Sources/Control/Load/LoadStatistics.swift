package import ControlKit
package import Telemetry

/// What the background traffic saw, in all and by the side that answered. A value: recorded into, merged, rendered.
package struct LoadStatistics: Equatable, Sendable {
    /// One side's responses.
    package struct Side: Equatable, Sendable {
        package var answered = 0
        package var latencies = LatencyHistogram(.thirtySeconds)

        package init() {}
    }

    /// How one request ended.
    package enum Outcome: Equatable, Sendable {
        /// A response that the request expected; side and route are what the router said in `x-strangler-side` and
        /// `x-strangler-route`.
        case answered(side: String?, route: String? = nil, status: Int)
        /// A response that the request did not expect, such as any 5xx.
        case refused(side: String?, status: Int)
        /// No response: the reason.
        case failed(String)
    }

    package struct Failure: Equatable, Sendable {
        package var request: String
        package var reason: String
    }

    package private(set) var sent = 0
    package private(set) var failed = 0
    /// Due, and not sent: the generator had as many under way as it can.
    package private(set) var unsent = 0
    package private(set) var sides: [String: Side] = [:]
    /// Answers by route and side.
    package private(set) var routes: [String: [String: Int]] = [:]
    /// The first failures, for the closing words; not more than ten.
    package private(set) var failures: [Failure] = []

    package init() {}

    package var completed: Int { sides.values.reduce(0) { $0 + $1.answered } + failed }

    /// How many responses of a route came from the service, and how many there were.
    package func share(of route: String) -> (service: Int, all: Int) {
        let counts = routes[route] ?? [:]
        return (counts["service"] ?? 0, counts.values.reduce(0, +))
    }

    package mutating func recordSent() { sent += 1 }

    package mutating func recordUnsent() { unsent += 1 }

    /// - Parameter latency: from the scheduled arrival, not from the moment of sending.
    package mutating func record(_ outcome: Outcome, of request: String, latency: Duration) {
        switch outcome {
        case .answered(let side, let route, _):
            let name = side ?? "direct"
            if let route { routes[route, default: [:]][name, default: 0] += 1 }
            sides[name, default: Side()].answered += 1
            sides[name, default: Side()].latencies.record(latency)
        case .refused(let side, let status):
            fail(request, "status \(status)" + (side.map { " from \($0)" } ?? ""))
        case .failed(let reason): fail(request, reason)
        }
    }

    private mutating func fail(_ request: String, _ reason: String) {
        failed += 1
        if failures.count < 10 { failures.append(Failure(request: request, reason: reason)) }
    }

    package mutating func merge(_ other: LoadStatistics) {
        sent += other.sent
        failed += other.failed
        unsent += other.unsent
        failures = Array((failures + other.failures).prefix(10))
        for (route, counts) in other.routes {
            routes[route, default: [:]].merge(counts, uniquingKeysWith: +)
        }
        for (name, side) in other.sides {
            sides[name, default: Side()].answered += side.answered
            sides[name, default: Side()].latencies.add(side.latencies)
        }
    }

    /// The live line: rate, errors, and each side's share and latencies.
    ///
    /// - Parameter window: the time the statistics cover.
    package func line(over window: Duration) -> String {
        let seconds = max(window.seconds, 0.001)
        var parts = [
            "\(Decimal.fixed(Double(completed) / seconds, places: 0)) req/s",
            failed == 1 ? "1 error" : "\(failed) errors",
        ]
        if unsent > 0 { parts.append("\(unsent) not sent") }
        for name in sides.keys.sorted() {
            guard let side = sides[name] else { continue }
            let p50 = side.latencies.quantile(0.5).map(Decimal.milliseconds) ?? "-"
            let p99 = side.latencies.quantile(0.99).map(Decimal.milliseconds) ?? "-"
            parts.append("\(name) \(side.answered): p50 \(p50) p99 \(p99)")
        }
        return parts.joined(separator: " · ")
    }

    /// The figures as data.
    package func datum(over window: Duration) -> OutputValue {
        var bySide: [OutputValue.Member] = []
        for name in sides.keys.sorted() {
            guard let side = sides[name] else { continue }
            bySide.append(
                OutputValue.Member(
                    name,
                    [
                        "answered": .integer(Int64(side.answered)),
                        "p50_ms": .optional(side.latencies.quantile(0.5).map { $0.seconds * 1000 }),
                        "p99_ms": .optional(side.latencies.quantile(0.99).map { $0.seconds * 1000 }),
                        "max_ms": .number(side.latencies.maximum.seconds * 1000),
                    ]))
        }
        return [
            "sent": .integer(Int64(sent)), "completed": .integer(Int64(completed)),
            "failed": .integer(Int64(failed)), "unsent": .integer(Int64(unsent)), "seconds": .number(window.seconds),
            "rate": .number(Double(completed) / max(window.seconds, 0.001)), "sides": .object(bySide),
            "failures": .array(failures.map { ["request": .string($0.request), "reason": .string($0.reason)] }),
        ]
    }
}
