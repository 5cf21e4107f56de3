import AdminAPI
import Operations
import Routing
import Strangler

extension FakeRouter {
    /// What a look at the counters finds: requests, errors and latencies of one second.
    private struct Second {
        var requests: Int
        var errors = 0
        /// Microseconds to count.
        var latency: [Int: Int] = [:]
    }

    static func status(_ state: State) -> AdminStatus {
        let routes = RoutesSketch(state.document)?.routes ?? []
        let document = try? RoutesDocument.parse(state.document, file: "routes.json").get()
        var status = AdminStatus()
        status.router = .init(
            version: "1", pid: 4711, startedAt: "2026-11-23T12:00:00.000Z", uptimeSeconds: Double(42 + state.looks),
            threads: 1, state: "serving", listening: ["http://127.0.0.1:8080"], connections: 3, inFlight: 0)
        status.revision = state.revision
        status.revisions = [state.revision]
        status.config = .init(
            file: "/etc/routes.json", loadedAt: "2026-11-23T12:00:00.000Z", lastReload: nil, source: "file",
            sourceIsCurrent: true, persistence: Persistence(unwritten: nil, notWritable: nil))
        status.routes = routes.enumerated().map { place, sketch in
            let percent = state.percents[sketch.id] ?? 0
            let isBusy = sketch.id == "profile"
            var route = AdminStatus.Route()
            (route.id, route.match) = (sketch.id, "prefix /\(sketch.id)")
            route.immovable = document?.refusal(ofRoute: place, percent: .all)?.because
            (route.percent, route.requests) = (percent, 1100)
            route.longLivedPolicy.policy = "pin"
            route.legacy = side(
                sketch.legacy, 100 - percent, 1000, (1.5, 12),
                Second(requests: isBusy ? 90 : 10, latency: [1500: isBusy ? 80 : 9, 12000: isBusy ? 10 : 1]),
                state.looks)
            route.service = sketch.service.map {
                var side = side(
                    $0, percent, 100, (0.9, 3.25),
                    Second(
                        requests: isBusy ? 10 : 0, errors: isBusy ? 1 : 0, latency: isBusy ? [900: 9, 3250: 1] : [:]),
                    state.looks)
                side.inFlight = isBusy ? state.kept : 0
                side.longLived = state.longLived?.open ?? LongLived()
                return side
            }
            if isBusy, state.looks > 0 {
                var mirror = AdminStatus.Mirror()
                (mirror.to, mirror.answered) = ("profile", 88 * state.looks)
                mirror.skipped = WireCounts([("busy", 2 * state.looks)])
                route.mirror = mirror
            }
            return route
        }
        var monolith = AdminStatus.Upstream()
        (monolith.name, monolith.health, monolith.circuit) = ("monolith", "healthy", "closed")
        status.upstreams = [monolith]
        return status
    }

    private static func side(
        _ upstream: String, _ percent: Double, _ requests: Int, _ quantiles: (Double, Double), _ second: Second,
        _ looks: Int
    ) -> AdminStatus.Side {
        var side = AdminStatus.Side()
        (side.upstream, side.percent, side.requests) = (upstream, percent, requests + second.requests * looks)
        (side.errors, side.p50, side.p99) = (second.errors * looks, quantiles.0, quantiles.1)
        (side.health, side.circuit) = ("healthy", "closed")
        if looks > 0 {
            side.latency = second.latency.sorted { $0.key < $1.key }.map {
                LatencyBucket(behindMicroseconds: $0.key, count: $0.value * looks)
            }
        }
        return side
    }
}
