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

    static func status(_ state: State) -> String {
        let routes = RoutesSketch(state.document)?.routes ?? []
        let document = try? RoutesDocument.parse(state.document, file: "routes.json").get()
        let list = routes.enumerated().map { place, route in
            let refusal = document?.refusal(ofRoute: place, percent: .all).map { "\"\($0.because)\"" } ?? "null"
            let percent = state.percents[route.id] ?? 0
            let isBusy = route.id == "profile"
            let legacy = side(
                route.legacy, 100 - percent, 1000, "\"p50_ms\":1.5,\"p99_ms\":12", "null",
                Second(requests: isBusy ? 90 : 10, latency: [1500: isBusy ? 80 : 9, 12000: isBusy ? 10 : 1]),
                state.looks)
            let service = route.service.map {
                side(
                    $0, percent, 100, "\"p50_ms\":0.9,\"p99_ms\":3.25", state.longLived,
                    Second(
                        requests: isBusy ? 10 : 0, errors: isBusy ? 1 : 0, latency: isBusy ? [900: 9, 3250: 1] : [:]),
                    state.looks, kept: isBusy ? state.kept : 0)
            }
            let copies =
                isBusy && state.looks > 0
                ? "{\"to\":\"profile\",\"answered\":\(88 * state.looks),\"failed\":0,\"skipped\":{\"busy\":\(2 * state.looks)}}"
                : "null"
            return "{\"id\":\"\(route.id)\",\"match\":\"prefix /\(route.id)\",\"immovable\":\(refusal),"
                + "\"percent\":\(percent),\"requests\":1100,"
                + "\"errors\":0,\"legacy\":\(legacy),\"service\":\(service ?? "null"),\"mirror\":\(copies)}"
        }
        return "{\"router\":{\"version\":\"1\",\"pid\":4711,\"uptime_seconds\":\(42 + state.looks),"
            + "\"state\":\"serving\",\"listening\":[\"http://127.0.0.1:8080\"],\"connections\":3},"
            + "\"revision\":\(state.revision),\"revisions\":[\(state.revision)],"
            + "\"config\":{\"file\":\"/etc/routes.json\",\"source\":\"file\",\"last_reload\":null},"
            + "\"routes\":[\(list.joined(separator: ","))],"
            + "\"upstreams\":[{\"name\":\"monolith\",\"health\":\"healthy\",\"endpoints\":[]}]}"
    }

    private static func side(
        _ upstream: String, _ percent: Double, _ requests: Int, _ quantiles: String, _ open: String, _ second: Second,
        _ looks: Int, kept: Int = 0
    ) -> String {
        let buckets = second.latency.sorted { $0.key < $1.key }.map { "[\($0.key),\($0.value * looks)]" }
        return
            "{\"upstream\":\"\(upstream)\",\"percent\":\(percent),\"requests\":\(requests + second.requests * looks),"
            + "\"errors\":\(second.errors * looks),\"in_flight\":\(kept),\(quantiles),\"fallbacks\":0,"
            + "\"health\":\"healthy\",\"circuit\":\"closed\",\"long_lived\":\(open)"
            + (looks > 0 ? ",\"latency\":[\(buckets.joined(separator: ","))]}" : "}")
    }
}
