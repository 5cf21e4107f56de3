import Parity

/// Answers and rules in one line, for tables.
enum Samples {
    static func json(
        _ body: String, status: Int = 200, headers: [(name: String, value: String)] = [],
        type: String = "application/json"
    ) -> RecordedResponse {
        RecordedResponse(status: status, headers: [("Content-Type", type)] + headers, body: .bytes(Array(body.utf8)))
    }

    static func bytes(_ body: [UInt8], type: String) -> RecordedResponse {
        RecordedResponse(status: 200, headers: [("content-type", type)], body: .bytes(body))
    }

    static func rules(_ document: String) throws -> RuleSet {
        try RuleSet(document: Array(document.utf8), file: "rules.json")
    }

    /// Body rules alone, as they stand in a rule file's `body`.
    static func bodyRules(_ list: String) throws -> RuleSet {
        try rules("{\"body\": [\(list)]}")
    }

    static func compare(
        _ left: RecordedResponse, _ right: RecordedResponse, _ rules: RuleSet = RuleSet()
    ) -> Comparison {
        var identities = IdentityMap()
        return Comparator(rules: rules, decodeImage: Samples.decode).compare(left, right, identities: &identities)
    }

    /// The differences as `class path`, with `!` before warnings.
    static func summary(_ comparison: Comparison) -> [String] {
        if let reason = comparison.verdict.incomparableReason { return ["incomparable: \(reason)"] }
        return comparison.differences.map { ($0.severity == .warning ? "!" : "") + "\($0.kind.rawValue) \($0.path)" }
    }

    struct NotAPicture: Error {}

    /// The tests' own picture format: width, height, then RGBA.
    static func decode(_ bytes: [UInt8]) throws -> Picture {
        guard bytes.count > 2 else { throw NotAPicture() }
        let pixels = Array(bytes.dropFirst(2))
        let hasAlpha = pixels.indices.contains { $0 % 4 == 3 && pixels[$0] != 255 }
        guard
            let picture = Picture(width: Int(bytes[0]), height: Int(bytes[1]), hasAlpha: hasAlpha, pixels: pixels)
        else { throw NotAPicture() }
        return picture
    }

    static func picture(_ width: UInt8, _ height: UInt8, grey: UInt8, alpha: UInt8 = 255) -> [UInt8] {
        [width, height] + (0..<Int(width) * Int(height)).flatMap { _ in [grey, grey, grey, alpha] }
    }
}

extension Comparison.Verdict {
    var incomparableReason: String? {
        if case .incomparable(let reason) = self { reason } else { nil }
    }
}
