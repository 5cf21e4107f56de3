import HTTP

/// How often each failure happened at one upstream: `strangler_upstream_failures_total`.
///
/// Counted are attempts that failed, repeated or not, and requests that were refused in the upstream's name. The memory
/// is taken once, so that a failure allocates nothing.
struct FailureCounts: Sendable {
    private var byFailure = [UInt64](repeating: 0, count: Failure.allCases.count)
    /// Of `.malformedResponse`: by the rule that the response broke.
    private var byRule = [UInt64](repeating: 0, count: HTTPViolation.allCases.count)

    mutating func count(_ failure: Failure, _ violation: HTTPViolation?) {
        if case .malformedResponse = failure, let violation {
            byRule[Int(violation.rawValue)] &+= 1
        } else {
            byFailure[Int(failure.rawValue)] &+= 1
        }
    }

    mutating func add(_ other: FailureCounts) {
        for index in byFailure.indices { byFailure[index] &+= other.byFailure[index] }
        for index in byRule.indices { byRule[index] &+= other.byRule[index] }
    }

    /// Those that happened at all, by their label.
    var figures: [(reason: String, count: UInt64)] {
        let failures = Failure.allCases.map { (reason: $0.reason.description, count: byFailure[Int($0.rawValue)]) }
        let rules = HTTPViolation.allCases.map { (reason: $0.label, count: byRule[Int($0.rawValue)]) }
        return (failures + rules).filter { $0.count > 0 }
    }
}
