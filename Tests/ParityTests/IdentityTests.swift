import Parity
import Testing

@Suite struct IdentityTests {
    private let rules: RuleSet
    init() throws {
        rules = try Samples.bodyRules(#"{"path":"/**/id","check":"id"}"#)
    }

    private func run(_ pairs: [(String, String)]) -> [[String]] {
        var identities = IdentityMap()
        let comparator = Comparator(rules: rules)
        return pairs.map { left, right in
            Samples.summary(
                comparator.compare(Samples.json(left), Samples.json(right), identities: &identities))
        }
    }

    @Test func `ids of a run stand for each other in every later answer`() {
        let results = run([(#"{"id":"a"}"#, #"{"id":"x"}"#), (#"{"id":"a"}"#, #"{"id":"x"}"#)])
        #expect(results == [[], []])
    }

    @Test func `swapped ids are caught in a later answer`() {
        let results = run([
            (#"{"id":"a"}"#, #"{"id":"x"}"#), (#"{"id":"b"}"#, #"{"id":"y"}"#), (#"{"id":"a"}"#, #"{"id":"y"}"#),
        ])
        #expect(results == [[], [], ["identity /id"]])
    }

    @Test func `swapped ids in a list are an order of ids, not of elements`() {
        let results = run([
            (#"[{"id":"a"},{"id":"b"}]"#, #"[{"id":"x"},{"id":"y"}]"#),
            (#"[{"id":"a"},{"id":"b"}]"#, #"[{"id":"y"},{"id":"x"}]"#),
        ])
        #expect(results == [[], ["order body"]])
    }

    @Test func `an answer that is not comparable teaches nothing`() {
        var identities = IdentityMap()
        let comparator = Comparator(rules: rules)
        let nested = String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
        var large = rules
        large.mostBodyBytes = 10
        let refused = Comparator(rules: large).compare(
            Samples.json(#"{"id":"aaaaaaaaaa"}"#), Samples.json(#"{"id":"x"}"#), identities: &identities)
        #expect(refused.verdict.incomparableReason != nil)
        _ = comparator.compare(Samples.json(nested), Samples.json(nested), identities: &identities)
        let later = comparator.compare(
            Samples.json(#"{"id":"aaaaaaaaaa"}"#), Samples.json(#"{"id":"y"}"#), identities: &identities)
        #expect(later.verdict == .match)
    }

    @Test func `spaces keep identifiers of different things apart`() throws {
        let rules = try Samples.bodyRules(
            #"{"path":"/user","check":"id","space":"user"},{"path":"/job","check":"id","space":"job"}"#)
        let result = Samples.compare(
            Samples.json(#"{"user":1,"job":1}"#), Samples.json(#"{"user":7,"job":8}"#), rules)
        #expect(result.verdict == .match)
    }
}
