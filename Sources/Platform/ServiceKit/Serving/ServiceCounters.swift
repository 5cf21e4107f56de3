import HTTP
import Synchronization

/// The counters that every service has. They are shared by its loops.
final class ServiceCounters: Sendable {
    private let inFlight = Atomic<Int>(0)
    /// Answers by class: 1xx … 5xx.
    private let classes = Mutex<[Int]>([0, 0, 0, 0, 0])

    func began() { inFlight.add(1, ordering: .relaxed) }

    func ended(_ status: HTTPStatus) {
        inFlight.subtract(1, ordering: .relaxed)
        let place = Int(status.rawValue / 100) - 1
        classes.withLock { if $0.indices.contains(place) { $0[place] += 1 } }
    }

    /// In the text format of Prometheus.
    var exposition: String {
        var text = """
            # HELP service_inflight_requests Requests whose answer has not been decided.
            # TYPE service_inflight_requests gauge
            service_inflight_requests \(inFlight.load(ordering: .relaxed))
            # HELP service_requests_total Answers by class of status.
            # TYPE service_requests_total counter

            """
        for (place, count) in classes.withLock({ $0 }).enumerated() {
            text += "service_requests_total{class=\"\(place + 1)xx\"} \(count)\n"
        }
        return text
    }
}
