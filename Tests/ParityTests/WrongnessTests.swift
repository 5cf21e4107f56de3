import Parity
import Testing

@Suite struct WrongnessTests {
    private static let profile = Samples.json(
        #"{"id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","at":"2026-01-01T00:00:00Z","name":"Ada","n":1,"links":["/a","/b"]}"#,
        headers: [("cache-control", "private")])

    private static let rules = #"""
        {"path":"/id","check":"id"},{"path":"/at","check":"time","within":"2s"},{"path":"/links/*","check":"url-host"}
        """#

    @Test(arguments: Wrongness.allCases.filter { $0 != .delay && $0 != .outcome })
    func `every wrongness in an answer is reported under its class`(_ wrongness: Wrongness) throws {
        let right =
            wrongness == .image ? Samples.bytes(Samples.picture(4, 4, grey: 9), type: "image/png") : Self.profile
        let wrong = try #require(
            wrongness.applied(to: right) { bytes in bytes.prefix(2) + bytes.dropFirst(2).map { 255 - $0 / 2 } })
        let result = Samples.compare(right, wrong, try Samples.bodyRules(Self.rules))
        #expect(result.differences.map(\.kind).contains(wrongness.reportedAs), "\(Samples.summary(result))")
        #expect(result.verdict == (wrongness == .extra ? .match : .mismatch))
    }

    @Test func `a header is wrong also where no cache rule stands`() throws {
        let right = Samples.json("{}")
        let wrong = try #require(Wrongness.header.applied(to: right) { _ in nil })
        #expect(Samples.summary(Samples.compare(right, wrong)) == ["extra header set-cookie"])
    }

    @Test(arguments: [Wrongness.order, .length, .value, .image, .delay, .outcome])
    func `what has nothing to be wrong stays as it is`(_ wrongness: Wrongness) {
        #expect(wrongness.applied(to: Samples.json("[]")) { _ in nil } == nil)
    }

    @Test func `ids, times and addresses are passed over`() throws {
        let body = Samples.json(#"{"a":{"id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","u":"/x"},"b":[{"name":"Ada"}]}"#)
        let wrong = try #require(Wrongness.value.applied(to: body) { _ in nil })
        #expect(Samples.summary(Samples.compare(body, wrong)) == ["value /b/0/name"])
    }
}

extension Wrongness {
    /// The class under which a comparison must report it.
    fileprivate var reportedAs: Difference.Class {
        switch self {
        case .status: .status
        case .contentType: .contentType
        case .header: .header
        case .value: .value
        case .missing: .missing
        case .extra: .extra
        case .type, .null: .type
        case .order: .order
        case .length: .length
        case .duplicate: .duplicate
        case .syntax: .syntax
        case .image: .image
        case .delay: .delay
        case .outcome: .outcome
        }
    }
}
