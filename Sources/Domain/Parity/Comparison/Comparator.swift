/// Compares two responses to one request: transport outcome, then status class and code, content type, the named
/// headers, and the body by its kind. Pure: what it returns depends on nothing but its arguments.
package struct Comparator: Sendable {
    /// Turns the bytes of an image into pixels; throws when they are no image that it can read.
    package typealias ImageDecoder = @Sendable ([UInt8]) throws -> Picture

    private let rules: RuleSet
    private let decodeImage: ImageDecoder?

    /// Without a decoder, images that are not the same bytes are incomparable.
    package init(rules: RuleSet, decodeImage: ImageDecoder? = nil) {
        self.rules = rules
        self.decodeImage = decodeImage
    }

    /// `left` is the side that is right by definition, `right` the candidate. `identities` carries what earlier pairs
    /// of the same run have shown; it keeps what this pair adds only when the pair is comparable.
    package func compare(
        _ left: RecordedResponse, _ right: RecordedResponse, identities: inout IdentityMap
    ) -> Comparison {
        var result = Comparison()
        guard compareOutcomes(left.outcome, right.outcome, into: &result) else { return result }
        let mark = identities.mark
        if compareStatus(left.status, right.status, into: &result) {
            let bodiesAreAlike = compareContentTypes(left, right, into: &result)
            HeaderComparison(checks: rules.headers).compare(left, right, identities: &identities, into: &result)
            if bodiesAreAlike { compareBodies(left, right, identities: &identities, into: &result) }
        }
        compareLatency(left.took, right.took, into: &result)
        if result.incomparable != nil { identities.rollBack(to: mark) }
        return result
    }

    // MARK: Outcome, status, content type, delay

    /// False when there are no two responses to compare.
    private func compareOutcomes(
        _ left: RecordedResponse.Outcome, _ right: RecordedResponse.Outcome, into result: inout Comparison
    ) -> Bool {
        switch (left, right) {
        case (.answered, .answered): return true
        case (.answered, .failed(let reason)):
            result.add(.outcome, at: "outcome", left: "answered", right: reason, rule: "exact")
        case (.failed(let reason), _): result.incomparable = "the left side did not answer: \(reason)"
        case (.timedOut, _): result.incomparable = "the left side did not answer in time"
        case (.tooLarge, _), (_, .tooLarge): result.incomparable = "an answer is too large to be compared"
        case (_, .timedOut): result.incomparable = "the right side did not answer in time"
        }
        return false
    }

    /// False when the classes differ: a success beside an error has nothing more to compare.
    private func compareStatus(_ left: Int, _ right: Int, into result: inout Comparison) -> Bool {
        result.compared += 1
        guard left != right else { return true }
        let isSameClass = left / 100 == right / 100
        result.add(
            .status, at: "status", left: "\(left)", right: "\(right)", rule: isSameClass ? "exact" : "status class")
        return isSameClass
    }

    /// False when the bodies are of different kinds and comparing them would say the same thing again.
    private func compareContentTypes(
        _ left: RecordedResponse, _ right: RecordedResponse, into result: inout Comparison
    ) -> Bool {
        let check = rules.headers["content-type"] ?? .mediaType
        let mine = left.values(of: "content-type")
        let theirs = right.values(of: "content-type")
        let myType = MediaType(mine.first ?? "")
        let theirType = MediaType(theirs.first ?? "")
        let areAlike = myType.essence == theirType.essence || (left.isJSON && right.isJSON)
        let isKept =
            switch check {
            case .ignore: true
            case .present: mine.isEmpty == theirs.isEmpty
            case .exact: mine == theirs
            default: myType == theirType
            }
        result.compared += 1
        if !isKept {
            result.add(
                .contentType, at: "header content-type", left: mine.first, right: theirs.first, rule: check.rawValue)
        }
        return areAlike || check == .ignore
    }

    private func compareLatency(_ left: Duration?, _ right: Duration?, into result: inout Comparison) {
        guard let left, let right, right > left + rules.latency.slack, right > left * rules.latency.factor else {
            return
        }
        result.add(
            .delay, at: "duration", left: left.roundedText, right: right.roundedText,
            rule: "within \(rules.latency.slack.shortText) or ×\(rules.latency.factor)")
    }

    // MARK: Bodies

    private func compareBodies(
        _ left: RecordedResponse, _ right: RecordedResponse, identities: inout IdentityMap,
        into result: inout Comparison
    ) {
        if let problem = left.codingProblem ?? right.codingProblem {
            compareCoded(left, right, problem, into: &result)
            return
        }
        result.bodies = Self.bodies(left, right)
        if left.isJSON && right.isJSON {
            compareJSON(left, right, identities: &identities, into: &result)
            return
        }
        // A recorded JSON value beside bytes of no JSON type: compared as the text it is written as.
        let mine = left.bytes
        let theirs = right.bytes
        result.compared += 1
        if mine == theirs { return }
        if mine.count > rules.mostBodyBytes || theirs.count > rules.mostBodyBytes {
            result.incomparable = "a body is larger than \(rules.mostBodyBytes) bytes"
            return
        }
        let type = MediaType(left.values(of: "content-type").first ?? "")
        if type.isImage {
            compareImages(mine, theirs, into: &result)
        } else if type.isText {
            compareTexts(mine, theirs, into: &result)
        } else {
            let place = zip(mine, theirs).enumerated().first { $1.0 != $1.1 }?.offset ?? min(mine.count, theirs.count)
            result.add(
                .bytes, at: "body byte \(place)", left: Self.excerpt(mine, from: place),
                right: Self.excerpt(theirs, from: place), rule: "exact")
        }
    }

    private static func bodies(_ left: RecordedResponse, _ right: RecordedResponse) -> Comparison.Bodies {
        if left.bytesIfRaw?.isEmpty ?? false, right.bytesIfRaw?.isEmpty ?? false { return .empty }
        return left.isJSON && right.isJSON ? .json : .other(left.mediaType)
    }

    /// At least one body could not be decoded. The same bytes in the same coding are equal nevertheless.
    private func compareCoded(
        _ left: RecordedResponse, _ right: RecordedResponse, _ problem: RecordedResponse.CodingProblem,
        into result: inout Comparison
    ) {
        result.compared += 1
        let codings = [left, right].map { answer in answer.values(of: "content-encoding").map { $0.lowercased() } }
        if left.bytes == right.bytes, codings[0] == codings[1] { return }
        guard left.codingProblem == nil, case .malformed(let reason) = problem else {
            result.incomparable = "a body cannot be read: \(problem.reason)"
            return
        }
        result.add(.syntax, at: "body", left: "readable", right: reason, rule: "exact")
    }

    private func compareJSON(
        _ left: RecordedResponse, _ right: RecordedResponse, identities: inout IdentityMap,
        into result: inout Comparison
    ) {
        let areEmpty = (left.bytesIfRaw?.isEmpty ?? false, right.bytesIfRaw?.isEmpty ?? false)
        if areEmpty == (true, true) { return }
        if max(left.bytesIfRaw?.count ?? 0, right.bytesIfRaw?.count ?? 0) > rules.mostBodyBytes {
            result.incomparable = "a body is larger than \(rules.mostBodyBytes) bytes"
            return
        }
        switch (left.parsed, right.parsed) {
        case (.success(let mine), .success(let theirs)):
            var effective = rules
            if left.mediaType == "application/problem+json" && right.mediaType == "application/problem+json" {
                effective.body += Self.problemDefaults
            }
            var walk = ValueComparison(rules: effective, identities: identities)
            walk.walk(mine, theirs, at: [])
            identities = walk.identities
            result.take(walk.result)
        case (.success, .failure(let error)):
            result.add(.syntax, at: "body", left: "JSON", right: error.reason, rule: "exact")
        case (.failure(let error), .success):
            result.add(.syntax, at: "body", left: error.reason, right: "JSON", rule: "exact")
        case (.failure(let error), .failure):
            // Two broken bodies are equal only byte by byte.
            result.compared += 1
            if left.bytes != right.bytes { result.incomparable = "neither body is JSON: \(error.reason)" }
        }
    }

    /// In problem documents `detail` and `instance` are prose and an occurrence's address (RFC 9457 §3.1.4, §3.1.5),
    /// not meant for programs; `type`, `title`, `status` and extensions such as `code` are compared.
    private static let problemDefaults: [BodyRule] = ["/detail", "/instance"].compactMap { path in
        (try? PathPattern(path)).map { BodyRule(path: $0, check: .ignore) }
    }

    private func compareImages(_ left: [UInt8], _ right: [UInt8], into result: inout Comparison) {
        guard let decodeImage else {
            result.incomparable = "the images are not the same bytes and nothing is given to decode them"
            return
        }
        guard let mine = try? decodeImage(left) else {
            result.incomparable = "the left side's image cannot be decoded"
            return
        }
        guard let theirs = try? decodeImage(right) else {
            result.add(
                .image, at: "image", left: "\(mine.width)×\(mine.height)", right: "cannot be decoded", rule: "image")
            return
        }
        guard let distance = mine.distance(to: theirs) else {
            result.add(
                .image, at: "image size", left: "\(mine.width)×\(mine.height)",
                right: "\(theirs.width)×\(theirs.height)",
                rule: "image")
            return
        }
        if mine.hasAlpha != theirs.hasAlpha {
            result.add(
                .image, at: "image transparency", left: "\(mine.hasAlpha)", right: "\(theirs.hasAlpha)", rule: "image")
        }
        if distance.greatest > rules.image.greatestDelta || distance.signalToNoise < rules.image.signalToNoise {
            let ratio = (distance.signalToNoise * 10).rounded() / 10
            result.add(
                .image, at: "image pixels",
                left: "max Δ ≤ \(rules.image.greatestDelta), PSNR ≥ \(rules.image.signalToNoise) dB",
                right: "max Δ \(distance.greatest), PSNR \(ratio) dB", rule: "image")
        }
    }

    private func compareTexts(_ left: [UInt8], _ right: [UInt8], into result: inout Comparison) {
        let mine = left.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let theirs = right.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let line = zip(mine, theirs).enumerated().first { $1.0 != $1.1 }?.offset ?? min(mine.count, theirs.count)
        func shown(_ lines: [ArraySlice<UInt8>]) -> String? {
            lines.indices.contains(line) ? Value.string(String(decoding: lines[line], as: UTF8.self)).text : nil
        }
        result.add(.text, at: "body line \(line + 1)", left: shown(mine), right: shown(theirs), rule: "exact")
    }

    private static func excerpt(_ bytes: [UInt8], from place: Int) -> String {
        let few = bytes.dropFirst(place).prefix(8).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }
        return few.joined(separator: " ") + " (\(bytes.count) bytes)"
    }
}

extension RecordedResponse {
    /// Whether the body is JSON by its content type, or was recorded as a JSON value.
    var isJSON: Bool {
        if case .json = body { return true }
        return MediaType(values(of: "content-type").first ?? "").isJSON
    }

    var bytesIfRaw: [UInt8]? {
        if case .bytes(let bytes) = body { bytes } else { nil }
    }

    var bytes: [UInt8] {
        switch body {
        case .bytes(let bytes): bytes
        case .json(let value): Array(value.text.utf8)
        }
    }

    var parsed: Result<Value, MalformedValue> {
        switch body {
        case .json(let value): .success(value)
        case .bytes(let bytes): Result { () throws(MalformedValue) in try Value(parsing: bytes) }
        }
    }
}

extension Duration {
    /// Milliseconds, for people.
    package var roundedText: String {
        let (seconds, attoseconds) = components
        return "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)ms"
    }
}
