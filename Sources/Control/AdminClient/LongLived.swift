package import ControlKit
package import JSON

/// What one side of a route has open for long, as the router counts it.
package struct LongLived: Equatable, Sendable {
    /// Kinds in the order in which they are told.
    private static let kinds = ["tunnel", "stream", "download", "upload", "waiting"]

    package var count = 0
    /// Only kinds of which there are some.
    package var kinds: [(name: String, count: Int)] = []
    package var oldestMilliseconds: Int?
    /// How many the route's policy will end, because their key moved to the other side.
    package var closing = 0
    /// Told with a change: the side that lost keys, and what the route does about it (`pin`, `drain`, `close`).
    package var side: String?
    package var policy: String?

    package init?(_ value: JSONValue?) {
        guard let value, !value.isNull else { return nil }
        count = value["count"]?.int ?? 0
        oldestMilliseconds = value["oldest_ms"]?.int
        closing = value["closing"]?.int ?? 0
        side = value["side"]?.string
        policy = value["policy"]?.string
        kinds = Self.kinds.map { ($0, value[$0]?.int ?? 0) }.filter { $0.1 > 0 }
    }

    package static func == (left: LongLived, right: LongLived) -> Bool {
        left.count == right.count && left.closing == right.closing && left.side == right.side
            && left.policy == right.policy && left.oldestMilliseconds == right.oldestMilliseconds
            && left.kinds.elementsEqual(right.kinds, by: ==)
    }

    /// `3 tunnels and 1 stream, the oldest for 12 min`.
    package var words: String {
        let parts = kinds.map { kind in
            let plural = kind.name == "waiting" ? "waiting for an answer" : kind.name + (kind.count == 1 ? "" : "s")
            return "\(kind.count) \(plural)"
        }
        var text = parts.dropLast().joined(separator: ", ")
        if let last = parts.last { text += text.isEmpty ? last : " and " + last }
        guard let oldestMilliseconds else { return text }
        return text + ", the oldest for " + Decimal.age(seconds: Double(oldestMilliseconds) / 1000)
    }

    /// What a change of the percentage leaves behind, in one sentence; nil when that is nothing.
    package func sentence(upstream: String) -> String? {
        guard count > 0 || closing > 0 else { return nil }
        let left =
            count > 0 ? "Open for long on \(upstream): \(words)" : "\(closing) began on \(upstream) just before"
        guard closing > 0 else { return left + "; they end by themselves." }
        switch policy {
        case "close": return left + "; \(closing) will be closed one after the other (longLived.jitter)."
        default: return left + "; \(closing) will be closed at longLived.deadline."
        }
    }

    package var datum: OutputValue {
        var datum: OutputValue = ["count": .integer(Int64(count)), "closing": .integer(Int64(closing))]
        if let side { datum["side"] = .string(side) }
        if let policy { datum["policy"] = .string(policy) }
        datum["kinds"] = .object(kinds.map { OutputValue.Member($0.name, .integer(Int64($0.count))) })
        datum["oldest_ms"] = .optional(oldestMilliseconds)
        return datum
    }
}
