import HTTP

/// How often each rule of HTTP was broken.
struct ViolationCounts: Sendable {
    private var counts = [UInt64](repeating: 0, count: HTTPViolation.allCases.count)

    mutating func count(_ violation: HTTPViolation) { counts[Int(violation.rawValue)] &+= 1 }

    mutating func add(_ other: ViolationCounts) {
        for index in counts.indices { counts[index] &+= other.counts[index] }
    }

    /// Those that happened at all.
    var figures: [(violation: HTTPViolation, count: UInt64)] {
        HTTPViolation.allCases.map { ($0, counts[Int($0.rawValue)]) }.filter { $0.count > 0 }
    }
}

/// What one loop refused, by the rule that was broken; and how often the log has been told of it.
struct RefusedMessages {
    private(set) var counts = ViolationCounts()
    /// Of each rule: since the line in the log, and when that was, in milliseconds.
    private var untold = [UInt64](repeating: 0, count: HTTPViolation.allCases.count)
    private var toldAt = [Int64](repeating: .min, count: HTTPViolation.allCases.count)

    /// A peer that sends nothing but nonsense gets one line in the log for each rule in so many milliseconds, with the
    /// number of times.
    static let quiet: Int64 = 10_000

    /// Counts one. How many there were since the last line in the log, when it is time for another; else nil.
    mutating func count(_ violation: HTTPViolation, now: Int64) -> UInt64? {
        let index = Int(violation.rawValue)
        counts.count(violation)
        untold[index] &+= 1
        guard toldAt[index] == .min || now &- toldAt[index] >= Self.quiet else { return nil }
        toldAt[index] = now
        defer { untold[index] = 0 }
        return untold[index]
    }
}

/// One message that was refused, for the log: which line of it broke which rule.
struct RefusalNotice: Sendable {
    enum Message: Sendable {
        case request(peer: String)
        case answer(upstream: String, endpoint: String, route: String)
    }

    let message: Message
    let violation: HTTPViolation
    /// Of the head, counted from 1; 0: no single one.
    let line: Int
    /// As many since the last notice.
    let times: UInt64

    func tell() {
        let line = line > 0 ? "\(line)" : "-"
        let rule = violation.clause.description
        let reason = violation.reason.description
        switch message {
        case .request(let peer):
            RouterLog.write(
                .warning, "request refused",
                ["reason": reason, "line": line, "rule": rule, "peer": peer, "times": "\(times)"])
        case .answer(let upstream, let endpoint, let route):
            RouterLog.write(
                .warning, "answer refused",
                [
                    "upstream": upstream, "endpoint": endpoint, "route": route, "reason": reason, "line": line,
                    "rule": rule, "times": "\(times)",
                ])
        }
    }
}
