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

/// What one loop refused for want of one upstream's capacity: since the start, and in the last minute. Outlives reloads.
final class UpstreamRefusals {
    private(set) var totals = InlineArray<3, UInt64>(repeating: 0)
    private var recent = InlineArray<3, RecentCount>(repeating: RecentCount())
    /// Answers of its that broke a rule.
    var answers = RefusedMessages()

    func count(_ lack: UpstreamLack, now: Int64) {
        totals[Int(lack.rawValue)] &+= 1
        recent[Int(lack.rawValue)].count(now: now)
    }

    func snapshot(now: Int64) -> RefusalCounts {
        var counts = RefusalCounts(answers: answers)
        for index in 0..<3 {
            counts.totals[index] = totals[index]
            counts.lastMinute[index] = recent[index].total(now: now)
        }
        return counts
    }
}

/// Those of all loops, to be read anywhere.
struct RefusalCounts: Sendable {
    fileprivate(set) var totals = InlineArray<3, UInt64>(repeating: 0)
    fileprivate(set) var lastMinute = InlineArray<3, Int>(repeating: 0)
    fileprivate(set) var answers = RefusedMessages()

    func total(_ lack: UpstreamLack) -> UInt64 { totals[Int(lack.rawValue)] }
    func lastMinute(_ lack: UpstreamLack) -> Int { lastMinute[Int(lack.rawValue)] }

    mutating func add(_ other: RefusalCounts) {
        answers.add(other.answers)
        for index in 0..<3 {
            totals[index] &+= other.totals[index]
            lastMinute[index] += other.lastMinute[index]
        }
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
