import HTTP
import Routing

/// For want of what a request was refused by an upstream's limits.
enum UpstreamLack: UInt8, CaseIterable, Sendable {
    /// It waited for a connection, and none was free in time.
    case connections
    /// Too many waited already.
    case pending
    /// All streams were under way.
    case streams

    /// The key that says how many there may be.
    var key: String {
        switch self {
        case .connections: "connections"
        case .pending: "pending"
        case .streams: "streams"
        }
    }

    /// In `strangler_shed_requests_total`.
    var reason: String {
        switch self {
        case .connections: "upstream_connections"
        case .pending: "upstream_queue"
        case .streams: "upstream_streams"
        }
    }
}

/// What one loop refused for want of one upstream's capacity: since the start, and in the last minute. Outlives
/// reloads.
final class UpstreamRefusals {
    private var lacks = LimitTally<UpstreamLack>()
    /// Responses of this upstream that broke a rule.
    var responses = RefusedMessages()
    private var failures = FailureCounts()

    func count(_ failure: Failure, _ violation: HTTPViolation?) { failures.count(failure, violation) }
    func count(_ lack: UpstreamLack, now: Int64) { lacks.count(lack, now: now) }

    func snapshot(now: Int64) -> RefusalCounts {
        RefusalCounts(lacks: lacks.figures(now: now), responses: responses.counts, failures: failures)
    }
}

/// Those of all loops, to be read anywhere.
struct RefusalCounts: Sendable {
    private(set) var lacks = LimitTally<UpstreamLack>.Figures()
    private(set) var responses = ViolationCounts()
    private(set) var failures = FailureCounts()

    mutating func add(_ other: RefusalCounts) {
        lacks.add(other.lacks)
        responses.add(other.responses)
        failures.add(other.failures)
    }
}

extension Upstream {
    func limit(_ lack: UpstreamLack) -> Int {
        switch lack {
        case .connections: connections
        case .pending: pending
        case .streams: streams
        }
    }
}
