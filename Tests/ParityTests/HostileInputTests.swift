import Parity
import Testing

@Suite struct HostileInputTests {
    @Test func `nesting beyond the bound is equal only byte by byte`() {
        let deep = String(repeating: "[", count: 100_000)
        let closed = deep + String(repeating: "]", count: 100_000)
        #expect(Samples.compare(Samples.json(closed), Samples.json(closed)).verdict == .match)
        #expect(Samples.compare(Samples.json(closed), Samples.json(deep)).verdict.incomparableReason != nil)
        #expect(Samples.summary(Samples.compare(Samples.json("[]"), Samples.json(closed))) == ["syntax body"])
    }

    @Test(
        arguments: [
            "1e99999999999999999999", "-1e-99999999999999999999", "1" + String(repeating: "0", count: 5000),
            "0." + String(repeating: "3", count: 5000), "123456789012345678901234567890e-5",
        ])
    func `huge numbers equal themselves and not their neighbour`(_ text: String) {
        #expect(Samples.compare(Samples.json(text), Samples.json(text)).verdict == .match)
        #expect(Samples.compare(Samples.json(text), Samples.json("1")).verdict == .mismatch)
    }

    @Test func `patterns that make others backtrack are matched in no time`() throws {
        let rules = try Samples.bodyRules(#"{"path":"","check":"regex","pattern":"(a+)+(a|aa)*b?(a*)*"}"#)
        let text = "\"" + String(repeating: "a", count: 20_000) + "!\""
        #expect(Samples.summary(Samples.compare(Samples.json(text), Samples.json(text), rules)) == ["value body"])
    }

    @Test func `sets within sets stop at a bound instead of multiplying`() throws {
        var rules = try Samples.bodyRules(
            #"{"path":"/**/v","check":"num","abs":0.1},{"path":"/**","check":"multiset"}"#)
        rules.mostVisitedValues = 20_000
        func nest(_ depth: Int, _ offset: Int) -> String {
            if depth == 0 {
                return "[" + (0..<40).map { "{\"v\":\($0 * 2 + offset)}" }.joined(separator: ",") + "]"
            }
            return "[" + (0..<40).map { _ in nest(depth - 1, offset) }.joined(separator: ",") + "]"
        }
        let result = Samples.compare(Samples.json(nest(2, 0)), Samples.json(nest(2, 1)), rules)
        #expect(result.verdict.incomparableReason?.contains("values to compare") == true)
    }

    @Test func `a million differences keep a thousand`() {
        let left = "[" + Array(repeating: "1", count: 5000).joined(separator: ",") + "]"
        let right = "[" + Array(repeating: "2", count: 5000).joined(separator: ",") + "]"
        let result = Samples.compare(Samples.json(left), Samples.json(right))
        #expect(result.differences.count == 1000)
        #expect(result.omitted == 4000)
        #expect(result.verdict == .mismatch)
    }

    @Test func `control characters are shown escaped`() {
        let result = Samples.compare(Samples.json(#""\u001b[2J""#), Samples.json(#""x""#))
        #expect(result.differences.first?.left == #""\u001b[2J""#)
    }

    @Test(.timeLimit(.minutes(1))) func `many equal elements are matched in linear time`() {
        let left = "[" + Array(repeating: "1", count: 60_000).joined(separator: ",") + "]"
        let right = "[" + Array(repeating: "1", count: 59_999).joined(separator: ",") + "]"
        let result = Samples.compare(Samples.json(left), Samples.json(right))
        #expect(Samples.summary(result) == ["length body", "missing /59999"])
    }
}
