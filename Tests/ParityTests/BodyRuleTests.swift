import Parity
import Testing

/// One line per rule and outcome: rules, left body, right body, and what is reported.
struct BodyCase: Sendable, CustomTestStringConvertible {
    var rules: String
    var left: String
    var right: String
    var expected: [String]

    init(_ rules: String, _ left: String, _ right: String, _ expected: [String] = []) {
        self.rules = rules
        self.left = left
        self.right = right
        self.expected = expected
    }

    var testDescription: String { "\(rules) \(left) | \(right)" }
}

@Suite struct BodyRuleTests {
    static let exact = [
        BodyCase("", "1", "1"),
        BodyCase("", "1", "2", ["value body"]),
        BodyCase("", "1", "1.0"),
        BodyCase("", "100", "1e2"),
        BodyCase("", "-0", "0"),
        BodyCase("", "0.1", "0.10000000000000000001"),
        BodyCase("", "0.1", "0.11", ["value body"]),
        BodyCase("", "9007199254740993", "9007199254740992", ["value body"]),
        BodyCase("", "1e999999999999", "1e999999999998", ["value body"]),
        BodyCase("", "1", "\"1\"", ["type body"]),
        BodyCase("", "true", "false", ["value body"]),
        BodyCase("", #"{"a":1,"b":2}"#, #"{"b":2,"a":1}"#),
        BodyCase("", #"{"a":1,"b":2}"#, #"{"a":1}"#, ["missing /b"]),
        BodyCase("", #"{"a":1}"#, #"{"a":1,"b":2}"#, ["!extra /b"]),
        BodyCase("", #"{"a":null}"#, "{}", ["missing /a"]),
        BodyCase("", #"{"a":null}"#, #"{"a":""}"#, ["type /a"]),
        BodyCase("", #"{"a":""}"#, "{}", ["missing /a"]),
        BodyCase("", #"{"a":[]}"#, #"{"a":null}"#, ["type /a"]),
        BodyCase("", #"{"a":1,"a":2}"#, #"{"a":1,"a":2}"#),
        BodyCase("", #"{"a":1,"a":2}"#, #"{"a":1}"#, ["duplicate /a"]),
        BodyCase("", #"{"a":1}"#, #"{"a":1,"a":2}"#, ["duplicate /a"]),
        BodyCase("", #"{"a/b":1,"c~d":2}"#, #"{"a/b":2,"c~d":3}"#, ["value /a~1b", "value /c~0d"]),
        BodyCase("", #"["\u00e9"]"#, #"["e\u0301"]"#, ["value /0"]),
        BodyCase("", #"{"\u00e9":1}"#, #"{"e\u0301":1}"#, ["missing /é", "!extra /e\u{301}"]),
        BodyCase("", "[1,2,3]", "[1,2,3]"),
        BodyCase("", "[1,2,3]", "[1,3,2]", ["order body"]),
        BodyCase("", "[1,2,3]", "[1,2,4]", ["value /2"]),
        BodyCase("", "[1,2,3]", "[1,2]", ["length body", "missing /2"]),
        BodyCase("", "[1,2]", "[0,1,2]", ["length body", "extra /0"]),
        BodyCase("", #"[{"a":1},{"a":2}]"#, #"[{"a":2},{"a":1}]"#, ["order body"]),
        BodyCase("", #"{"x":[{"a":1,"b":[1,2]}]}"#, #"{"x":[{"a":1,"b":[2,1]}]}"#, ["order /x/0/b"]),
    ]

    static let tolerant = [
        BodyCase(#"{"path":"/a","check":"ignore"}"#, #"{"a":1}"#, #"{"a":{}}"#),
        BodyCase(#"{"path":"/a","check":"ignore"}"#, #"{"a":1}"#, "{}"),
        BodyCase(#"{"path":"/a","check":"present"}"#, #"{"a":1}"#, #"{"a":"x"}"#),
        BodyCase(#"{"path":"/a","check":"present"}"#, #"{"a":1}"#, "{}", ["missing /a"]),
        BodyCase(#"{"path":"/a","check":"type"}"#, #"{"a":"x"}"#, #"{"a":"y"}"#),
        BodyCase(#"{"path":"/a","check":"type"}"#, #"{"a":"x"}"#, #"{"a":1}"#, ["type /a"]),
        BodyCase(#"{"path":"/a","check":"type"}"#, #"{"a":{"b":1}}"#, #"{"a":{"c":1}}"#),
        BodyCase(#"{"path":"/a","check":"regex","pattern":"v[0-9]+"}"#, #"{"a":"v1"}"#, #"{"a":"v22"}"#),
        BodyCase(#"{"path":"/a","check":"regex","pattern":"v[0-9]+"}"#, #"{"a":"v1"}"#, #"{"a":"v"}"#, ["value /a"]),
        BodyCase(#"{"path":"/a","check":"num","abs":0.5}"#, #"{"a":1}"#, #"{"a":1.5}"#),
        BodyCase(#"{"path":"/a","check":"num","abs":0.5}"#, #"{"a":1}"#, #"{"a":1.6}"#, ["value /a"]),
        BodyCase(#"{"path":"/a","check":"num","rel":0.01}"#, #"{"a":1000}"#, #"{"a":1009}"#),
        BodyCase(#"{"path":"/a","check":"num"}"#, #"{"a":1.0000000001}"#, #"{"a":1.0000000002}"#),
        BodyCase(#"{"path":"/a","check":"num"}"#, #"{"a":1}"#, #"{"a":"1"}"#, ["type /a"]),
        BodyCase(
            #"{"path":"/t","check":"time","within":"2s"}"#, #"{"t":"2026-01-01T00:00:00Z"}"#,
            #"{"t":"2026-01-01T01:00:02+01:00"}"#),
        BodyCase(
            #"{"path":"/t","check":"time","within":"2s"}"#, #"{"t":"2026-01-01T00:00:00Z"}"#,
            #"{"t":"2026-01-01T00:00:02.001Z"}"#, ["value /t"]),
        BodyCase(#"{"path":"/t","check":"time","within":"2s"}"#, #"{"t":1767225600}"#, #"{"t":1767225601}"#),
        BodyCase(
            #"{"path":"/t","check":"time","within":"2s"}"#, #"{"t":1767225600000}"#, #"{"t":1767225603000}"#,
            ["value /t"]),
        BodyCase(#"{"path":"/t","check":"time","within":"2s"}"#, #"{"t":null}"#, #"{"t":null}"#),
        BodyCase(
            #"{"path":"/t","check":"time","within":"2s"}"#, #"{"t":"2026-01-01T00:00:00Z"}"#, #"{"t":"yesterday"}"#,
            ["value /t"]),
        BodyCase(#"{"path":"/*/id","check":"id"}"#, #"[{"id":"a"},{"id":"b"}]"#, #"[{"id":"x"},{"id":"y"}]"#),
        BodyCase(
            #"{"path":"/**/id","check":"id"}"#, #"{"me":{"id":"a"},"by":{"id":"a"}}"#,
            #"{"me":{"id":"x"},"by":{"id":"y"}}"#, ["identity /by/id"]),
        BodyCase(
            #"{"path":"/**/id","check":"id"}"#, #"{"me":{"id":"a"},"by":{"id":"b"}}"#,
            #"{"me":{"id":"x"},"by":{"id":"x"}}"#, ["identity /by/id"]),
        BodyCase(#"{"path":"/id","check":"id"}"#, #"{"id":"a"}"#, #"{"id":1}"#, ["type /id"]),
        BodyCase(#"{"path":"","check":"set"}"#, "[1,2,2]", "[2,1]"),
        BodyCase(#"{"path":"","check":"set"}"#, "[1,2]", "[2,3]", ["value /0"]),
        BodyCase(#"{"path":"","check":"multiset"}"#, "[1,2,2]", "[2,1,2]"),
        BodyCase(#"{"path":"","check":"multiset"}"#, "[1,2,2]", "[1,2]", ["missing /2"]),
        BodyCase(
            #"{"path":"","check":"multiset"}"#, #"[{"a":1,"b":1},{"a":2,"b":2}]"#, #"[{"a":2,"b":9},{"a":1,"b":1}]"#,
            ["value /1/b"]),
        BodyCase(
            #"{"path":"","check":"multiset"},{"path":"/*/t","check":"num","abs":5}"#, #"[{"t":100},{"t":200}]"#,
            #"[{"t":201},{"t":99}]"#),
        BodyCase(
            #"{"path":"","check":"by","key":"/k"}"#, #"[{"k":1,"v":1},{"k":2,"v":2}]"#,
            #"[{"k":2,"v":2},{"k":1,"v":3}]"#, ["value /0/v"]),
        BodyCase(
            #"{"path":"","check":"by","key":"/k"}"#, #"[{"k":1},{"k":2}]"#, #"[{"k":2},{"k":3}]"#,
            ["missing /0", "extra /1"]),
        BodyCase(
            #"{"path":"","check":"by","key":"/id"},{"path":"/*/id","check":"id"}"#,
            #"[{"id":"a","n":"Ada"},{"id":"b","n":"Bo"}]"#, #"[{"id":"y","n":"Bo"},{"id":"x","n":"Ada"}]"#),
        BodyCase(
            #"{"path":"/u","check":"url-host"}"#, #"{"u":"http://old:9000/a/b?x=1"}"#,
            #"{"u":"https://new.example/a/b?x=1"}"#),
        BodyCase(
            #"{"path":"/u","check":"url-host"}"#, #"{"u":"http://old/a"}"#, #"{"u":"http://old/b"}"#, ["value /u"]),
        BodyCase(
            #"{"path":"/u","check":"url-host"},{"path":"/id","check":"id"}"#,
            #"{"id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","u":"/i/01ARZ3NDEKTSV4RRFFQ69G5FAV"}"#,
            #"{"id":"01BX5ZZKBKACTAV9WEVGEMMVRZ","u":"/i/01BX5ZZKBKACTAV9WEVGEMMVS0"}"#, ["value /u"]),
        BodyCase(
            #"{"path":"/u","check":"url-host"},{"path":"/id","check":"id"}"#,
            #"{"id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","u":"/i?job=01ARZ3NDEKTSV4RRFFQ69G5FAV&n=1"}"#,
            #"{"id":"01BX5ZZKBKACTAV9WEVGEMMVRZ","u":"/i?job=01BX5ZZKBKACTAV9WEVGEMMVRZ&n=1"}"#),
        BodyCase(
            #"{"path":"/u","check":"url-host"}"#, #"{"u":"/i?job=1&n=1"}"#, #"{"u":"/i?job=1&n=2"}"#, ["value /u"]),
        BodyCase(
            #"{"path":"/a/b","check":"exact"},{"path":"/a/*","check":"ignore"}"#, #"{"a":{"b":1,"c":1}}"#,
            #"{"a":{"b":2,"c":2}}"#, ["value /a/b"]),
    ]

    @Test(arguments: exact) func `without rules values are compared exactly`(_ sample: BodyCase) throws {
        try check(sample)
    }

    @Test(arguments: tolerant) func `a rule tolerates what it names and nothing else`(_ sample: BodyCase) throws {
        try check(sample)
    }

    private func check(_ sample: BodyCase) throws {
        let rules = try Samples.bodyRules(sample.rules)
        let result = Samples.compare(Samples.json(sample.left), Samples.json(sample.right), rules)
        #expect(Samples.summary(result) == sample.expected)
    }

    @Test func `an extra member is a mismatch when the rules say so`() throws {
        let rules = try Samples.rules(#"{"extra": "mismatch"}"#)
        let result = Samples.compare(Samples.json("{}"), Samples.json(#"{"a":1}"#), rules)
        #expect(Samples.summary(result) == ["extra /a"])
        #expect(result.verdict == .mismatch)
    }

    @Test func `what an ignore rule hid is counted`() throws {
        let rules = try Samples.bodyRules(#"{"path":"/*","check":"ignore"}"#)
        let result = Samples.compare(Samples.json(#"{"a":1,"b":1}"#), Samples.json(#"{"a":2,"b":1}"#), rules)
        #expect(result.masked == 1)
        #expect(result.verdict == .match)
    }

    @Test func `a difference shows path, left, right and rule`() throws {
        let rules = try Samples.bodyRules(#"{"path":"/t","check":"time","within":"2s"}"#)
        let result = Samples.compare(
            Samples.json(#"{"t":"2026-01-01T00:00:00Z"}"#), Samples.json(#"{"t":"2026-01-01T00:00:09Z"}"#), rules)
        #expect(
            result.differences == [
                Difference(
                    .value, at: "/t", left: "\"2026-01-01T00:00:00Z\"", right: "\"2026-01-01T00:00:09Z\"",
                    rule: "time within 2s")
            ])
    }
}
