import Parity
import Testing

@Suite struct RuleConflictTests {
    @Test(
        arguments: [
            ("/a", ["/a"], true), ("/a", ["/*"], true), ("/a", ["/**"], true), ("/a", ["/b"], false),
            ("/*", ["/a"], false),
            ("/a/b", ["/**"], true), ("/a/*", ["/a/**"], true), ("/a/**", ["/a/*"], false), ("/**", ["/**"], true),
            ("/a/**/b", ["/a/**"], true), ("/a/**", ["/a/**/b"], false), ("/**/**", ["/**"], true), ("", ["/**"], true),
            ("/a", ["/b", "/*"], true), ("/*", ["/a", "/b"], false), ("/**/id", ["/**/*"], true),
            ("/a/0", ["/a/*"], true),
            ("/a", [], false),
        ] as [(String, [String], Bool)])
    func `whether a pattern is covered by others is decided on patterns alone`(
        _ pattern: String, _ others: [String], _ expected: Bool
    ) throws {
        let others = try others.map { try PathPattern($0) }
        #expect(try PathPattern(pattern).isCovered(by: others) == expected)
    }

    @Test(
        arguments: [
            ("/a/b", "/a", true), ("/a", "/a", false), ("/a/b/c", "/a", true), ("/a/b", "/*", true), ("/b", "", true),
            ("", "", false), ("/**/x", "/a", false), ("/a/**/x", "/a", true), ("/a/**", "/a", false),
            ("/*/x", "/a", false),
            ("/items/0/id", "/items/*", true),
        ] as [(String, String, Bool)])
    func `and whether it lies beneath them`(_ pattern: String, _ other: String, _ expected: Bool) throws {
        #expect(try PathPattern(pattern).isCovered(by: [try PathPattern(other)], beneath: true) == expected)
    }

    @Test(
        arguments: [
            ("/a", "/a", true), ("/a", "/b", false), ("/a", "/*", true), ("/a/b", "/*", false), ("/**/b", "/a/*", true),
            ("", "/**", true), ("/a/**", "/b/**", false),
        ] as [(String, String, Bool)])
    func `two patterns overlap when one path is described by both`(_ one: String, _ other: String, _ expected: Bool)
        throws
    {
        #expect(try PathPattern(one).overlaps(try PathPattern(other)) == expected)
        #expect(try PathPattern(other).overlaps(try PathPattern(one)) == expected)
    }

    /// Coverage agrees with matching, on every short path of a small alphabet.
    @Test func `a pattern is covered exactly when no path tells otherwise`() throws {
        let tokens = ["a", "b", "*", "**"]
        let texts = [""] + tokens.map { "/" + $0 } + tokens.flatMap { one in tokens.map { "/\(one)/\($0)" } }
        let patterns = try texts.map { try PathPattern($0) }
        var paths: [[String]] = [[]]
        for length in 1...4 {
            paths += paths.filter { $0.count == length - 1 }.flatMap { path in ["a", "b", "c"].map { path + [$0] } }
        }
        for one in patterns {
            for other in patterns {
                let mine = paths.filter { one.matches($0) }
                #expect(
                    one.isCovered(by: [other]) == mine.allSatisfy { other.matches($0) }, "\(one.source) \(other.source)"
                )
                #expect(one.overlaps(other) == mine.contains { other.matches($0) }, "\(one.source) \(other.source)")
                let isBeneath = mine.allSatisfy { path in path.indices.contains { other.matches(Array(path[..<$0])) } }
                #expect(one.isCovered(by: [other], beneath: true) == isBeneath, "\(one.source) beneath \(other.source)")
            }
        }
    }

    @Test(arguments: [
        // The same again, and something wider before it.
        (
            #"{"path": "/a", "check": "ignore"}, {"path": "/a", "check": "type"}"#,
            #"1:55: error: this rule cannot take effect: the "ignore" of "/a" in line 1 decides first"#
        ),
        (
            #"{"path": "/**", "check": "type"}, {"path": "/a/b", "check": "ignore"}"#,
            #"the "type" of "/**" in line 1 decides first"#
        ),
        (
            #"{"path": "/*/id", "check": "id"}, {"path": "/0/id", "check": "exact"}"#,
            #"the "id" of "/*/id" in line 1 decides first"#
        ),
        // A container that is not looked into, before and behind.
        (
            #"{"path": "/a", "check": "type"}, {"path": "/a/b", "check": "ignore"}"#,
            #"the "type" of "/a" in line 1 looks at nothing beneath"#
        ),
        (
            #"{"path": "/a/b", "check": "ignore"}, {"path": "/a", "check": "present"}"#,
            #"1:20: error: this rule cannot take effect: the "present" of "/a" in line 1 looks at nothing beneath"#
        ),
        (
            #"{"path": "/items/*", "check": "ignore"}, {"path": "/items/*/at", "check": "time", "within": "2s"}"#,
            "looks at nothing beneath"
        ),
        (
            #"{"path": "", "check": "type"}, {"path": "/a", "check": "id"}"#,
            #"the "type" of the whole body in line 1 looks at nothing beneath"#
        ),
    ])
    func `a rule that cannot take effect is an error with its place`(_ rules: String, _ expected: String) {
        do throws(DocumentProblems) {
            _ = try RuleSet(document: Array("{\"body\": [\(rules)]}".utf8), file: "rules.json")
            Issue.record("accepted \(rules)")
        } catch {
            #expect(error.problems.count == 1)
            #expect(error.problems.contains { $0.rendered.contains(expected) }, "\(error.problems.map(\.rendered))")
        }
    }

    @Test(arguments: [
        #"{"path": "/a/b", "check": "ignore"}, {"path": "/a/*", "check": "type"}"#,
        #"{"path": "/a", "check": "type"}, {"path": "/*/b", "check": "ignore"}"#,
        #"{"path": "/items", "check": "by", "key": "/id"}, {"path": "/items/*/id", "check": "id"}"#,
        #"{"path": "/a", "check": "set"}, {"path": "/a/*/b", "check": "ignore"}"#,
        // The first decides the container and looks beneath it.
        #"{"path": "/a", "check": "exact"}, {"path": "/*", "check": "type"}, {"path": "/a/b", "check": "ignore"}"#,
        #"{"path": "/**/at", "check": "time", "within": "1s"}, {"path": "/**/id", "check": "id"}"#,
    ])
    func `a rule that may take effect is accepted`(_ rules: String) throws {
        _ = try RuleSet(document: Array("{\"body\": [\(rules)]}".utf8), file: "rules.json")
    }

    @Test(arguments: [
        (#"{"con tent": "exact"}"#, #"1:14: error: no header can be called "con tent""#),
        (#"{"": "exact"}"#, "no header can be called"),
        (#"{"Connection": "exact"}"#, #""connection" is of one connection"#),
        (#"{"transfer-encoding": "present"}"#, "is of one connection"),
        (
            #"{"content-type": "tokens"}"#,
            "1:30: error: content-type is compared by one of media-type, exact, present, ignore"
        ),
        (#"{"ETag": "exact", "etag": "ignore"}"#, #"1:31: error: "etag" has a rule already"#),
    ])
    func `so is a rule for a header that is never compared, or not so`(_ headers: String, _ expected: String) {
        do throws(DocumentProblems) {
            _ = try RuleSet(document: Array("{\"headers\": \(headers)}".utf8), file: "rules.json")
            Issue.record("accepted \(headers)")
        } catch {
            #expect(error.problems.contains { $0.rendered.contains(expected) }, "\(error.problems.map(\.rendered))")
        }
    }

    @Test func `a step may overrule its file, but not look into what the file hides`() throws {
        func read(_ step: String) throws(DocumentProblems) -> ScenarioFile {
            let text = #"""
                {"version": 1, "context": "c", "rules": {"body": [{"path": "/a", "check": "type"}, {"path": "/b", "check": "exact"}]},
                 "scenarios": [{"name": "s", "steps": [{"request": {"path": "/"}, "rules": {"body": [\#(step)]}}]}]}
                """#
            return try ScenarioFile(document: Array(text.utf8), file: "c.json")
        }
        _ = try read(#"{"path": "/a", "check": "ignore"}, {"path": "/b", "check": "ignore"}"#)
        do throws(DocumentProblems) {
            _ = try read(#"{"path": "/a/x", "check": "ignore"}"#)
            Issue.record("accepted")
        } catch {
            #expect(error.problems.map(\.rendered).joined().contains("c.json:2:"))
            #expect(error.problems[0].message.contains(#"the "type" of "/a" in line 1 looks at nothing beneath"#))
        }
    }
}
