import Parity
import TestSupport
import Testing

@Suite struct PropertyTests {
    private func value(_ random: inout SplitMix, depth: Int) -> Value {
        switch Int.random(in: 0..<(depth == 0 ? 5 : 8), using: &random) {
        case 0: .null
        case 1: .bool(Bool.random(using: &random))
        case 2: .number(DecimalText("\(Int.random(in: -5...5, using: &random))"))
        case 3: .number(DecimalText("\(Double.random(in: -9...9, using: &random))"))
        case 4: .string(["", "a", "é", "\n\"", "2026-01-01T00:00:00Z"].randomElement(using: &random) ?? "")
        case 5:
            .array((0..<Int.random(in: 0...4, using: &random)).map { _ in value(&random, depth: depth - 1) })
        default:
            .object(
                (0..<Int.random(in: 0...4, using: &random)).map {
                    Value.Member(name: "k\($0)", value: value(&random, depth: depth - 1))
                })
        }
    }

    private func shuffled(_ value: Value, _ random: inout SplitMix) -> Value {
        switch value {
        case .object(let members):
            .object(
                members.map { Value.Member(name: $0.name, value: shuffled($0.value, &random)) }
                    .shuffled(using: &random))
        case .array(let elements): .array(elements.map { shuffled($0, &random) })
        default: value
        }
    }

    private func answer(_ value: Value) -> RecordedResponse {
        RecordedResponse(status: 200, headers: [("content-type", "application/json")], body: .json(value))
    }

    private let ruleSets: [String] = [
        "", #"{"path":"/**","check":"multiset"}"#, #"{"path":"/**","check":"set"}"#, #"{"path":"/**/k1","check":"id"}"#,
        #"{"path":"/*","check":"by","key":"/k0"}"#,
        #"{"path":"/k0","check":"type"},{"path":"/**","check":"num","abs":1}"#,
    ]

    @Test(arguments: 0..<200) func `everything equals itself, under any rules`(_ seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        let sample = answer(value(&random, depth: 4))
        for rules in ruleSets {
            let result = Samples.compare(sample, sample, try Samples.bodyRules(rules))
            #expect(result.verdict == .match, "\(rules) \(sample) \(Samples.summary(result))")
            #expect(result.differences.isEmpty)
        }
    }

    @Test(arguments: 0..<200) func `the order of members says nothing`(_ seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        let sample = value(&random, depth: 4)
        let result = Samples.compare(answer(sample), answer(shuffled(sample, &random)))
        #expect(Samples.summary(result) == [])
    }

    @Test(arguments: 0..<300) func `a mismatch is one from either side`(_ seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        let left = answer(value(&random, depth: 3))
        let right = answer(value(&random, depth: 3))
        // Extra members count differently by side unless both count fully.
        let rules = try Samples.rules(#"{"extra": "mismatch"}"#)
        let there = Samples.compare(left, right, rules)
        let back = Samples.compare(right, left, rules)
        #expect(there.verdict == back.verdict)
    }

    @Test(arguments: 0..<100) func `order within a multiset says nothing`(_ seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        let elements = (0..<8).map { _ in value(&random, depth: 2) }
        let rules = try Samples.bodyRules(#"{"path":"","check":"multiset"}"#)
        let result = Samples.compare(
            answer(.array(elements)), answer(.array(elements.shuffled(using: &random))), rules)
        #expect(Samples.summary(result) == [])
    }
}
