/// The result of comparing two responses.
package struct Comparison: Sendable, Equatable {
    package enum Verdict: Sendable, Equatable {
        case match
        case mismatch
        /// Nothing can be said, so it counts neither for nor against parity.
        case incomparable(reason: String)
    }

    /// The kind of two bodies that were compared.
    package enum Bodies: Sendable, Equatable {
        case json
        case empty
        /// Compared as this media type, which is empty when none was given.
        case other(String)
    }

    package internal(set) var differences: [Difference] = []
    /// Differences beyond the most that are kept.
    package internal(set) var omitted = 0
    /// Values that were compared, and values that `ignore` rules hid although they differed.
    package internal(set) var compared = 0
    package internal(set) var masked = 0
    package internal(set) var incomparable: String?
    /// The kind of the two bodies; nil when they were not compared.
    package var bodies: Bodies?

    package init() {}

    package var verdict: Verdict {
        if let incomparable { return .incomparable(reason: incomparable) }
        return hasMismatch ? .mismatch : .match
    }

    package var hasMismatch: Bool {
        mismatches > 0
    }

    /// Counted apart, because `differences` is bounded.
    package private(set) var mismatches = 0

    /// A body of a million wrong values says no more than its first thousand.
    private static let mostKept = 1000

    mutating func add(_ difference: Difference) {
        if difference.severity == .mismatch { mismatches += 1 }
        if differences.count < Self.mostKept {
            differences.append(difference)
        } else {
            omitted += 1
        }
    }

    mutating func add(
        _ kind: Difference.Class, at path: String, left: String?, right: String?, rule: String,
        severity: Severity = .mismatch
    ) {
        add(Difference(kind, at: path, left: left, right: right, rule: rule, severity: severity))
    }

    /// Takes over the result of comparing a part.
    mutating func take(_ part: Comparison) {
        for difference in part.differences { add(difference) }
        omitted += part.omitted
        // Differences of the part that were too many to be kept.
        mismatches += part.mismatches - part.differences.count { $0.severity == .mismatch }
        compared += part.compared
        masked += part.masked
        incomparable = incomparable ?? part.incomparable
    }

    /// A verdict without a comparison, for pairs that were never compared.
    package static func incomparable(_ reason: String) -> Comparison {
        var result = Comparison()
        result.incomparable = reason
        return result
    }

    /// A comparison that is one difference, for pairs whose wrongness lies outside the two responses.
    package static func mismatch(_ difference: Difference) -> Comparison {
        var result = Comparison()
        result.add(difference)
        return result
    }
}
