import AdminAPI

/// Which requests a hold is about: those of one context whose bucket lies in a range, and of these the writes or all.
struct HoldCohort: Equatable, Sendable {
    enum Kind: Sendable {
        /// Methods that may change state.
        case writes
        /// Reads too.
        case all
    }

    var context: String
    var buckets: Range<Int32>
    var kind: Kind

    func includes(bucket: Int32, isWrite: Bool) -> Bool {
        guard buckets.contains(bucket) else { return false }
        return switch kind {
        case .writes: isWrite
        case .all: true
        }
    }

    /// Whether some bucket is in both.
    func overlaps(_ other: HoldCohort) -> Bool { context == other.context && buckets.overlaps(other.buckets) }

    /// As a sentence names it: `profile [0,10000)`.
    var name: String { "\(context) [\(buckets.lowerBound),\(buckets.upperBound))" }
}

extension HoldCohort.Kind {
    /// nil: none of `Hold.kinds`.
    init?(_ word: String) {
        switch word {
        case "writes": self = .writes
        case "all": self = .all
        default: return nil
        }
    }

    var word: String {
        switch self {
        case .writes: "writes"
        case .all: "all"
        }
    }
}
