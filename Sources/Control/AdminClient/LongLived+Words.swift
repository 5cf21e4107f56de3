package import AdminAPI
package import ControlKit

extension LongLived {
    /// Only kinds of which there are some, in the order in which they are told.
    private var kinds: [(name: String, count: Int)] {
        [
            ("tunnel", tunnel), ("stream", stream), ("download", download), ("upload", upload), ("waiting", waiting),
        ].filter { $0.1 > 0 }
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

    fileprivate var kindsDatum: OutputValue {
        .object(kinds.map { OutputValue.Member($0.name, .integer(Int64($0.count))) })
    }
}

extension LongLivedLeft {
    /// What a change of the percentage leaves behind, in one sentence; nil when that is nothing.
    package func sentence(upstream: String) -> String? {
        guard open.count > 0 || open.closing > 0 else { return nil }
        let left =
            open.count > 0
            ? "Open for long on \(upstream): \(open.words)" : "\(open.closing) began on \(upstream) just before"
        guard open.closing > 0 else { return left + "; they end by themselves." }
        switch policy {
        case "close": return left + "; \(open.closing) will be closed one after the other (longLived.jitter)."
        default: return left + "; \(open.closing) will be closed at longLived.deadline."
        }
    }

    package var datum: OutputValue {
        [
            "count": .integer(Int64(open.count)), "closing": .integer(Int64(open.closing)), "side": .string(side),
            "policy": .string(policy), "kinds": open.kindsDatum, "oldest_ms": .optional(open.oldestMilliseconds),
        ]
    }
}
