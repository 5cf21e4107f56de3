import Parity
import Testing

@Suite struct TextPatternTests {
    @Test(
        arguments: [
            ("", "", true), ("", "a", false), ("a", "a", true), ("a", "aa", false), ("a*", "aaa", true),
            ("a+", "", false), ("a?b", "b", true), ("a|bc", "bc", true), ("(ab)+", "abab", true),
            ("(ab)+", "aba", false),
            ("[a-c]{2}", "bc", true), ("[a-c]{2}", "b", false), ("[a-c]{2,}", "abcabc", true),
            ("[a-c]{1,2}", "abc", false), ("[^0-9]", "x", true), ("[^0-9]", "5", false),
            (#"\d{4}-\d\d"#, "2026-01", true),
            (#"\."#, ".", true), (#"\."#, "x", false), (".", "é", true), (".", "\n", false), ("^ab$", "ab", true),
            (#"[\w.]+@\w+"#, "a.b@c", true), (#"[]a]+"#, "]a", true), (#"[a\-z]"#, "-", true), (#"\S+"#, "a b", false),
            ("(?:ab|c)d", "cd", true), ("a{0}", "", true),
        ])
    func `a pattern describes whole texts`(_ pattern: String, _ text: String, _ expected: Bool) throws {
        #expect(try TextPattern(pattern).matches(text) == expected)
    }

    @Test(
        arguments: [
            "(", ")", "a)", "[", "[a", "[z-a]", "*", "a{", "a{2", "a{3,2}", "a{9999}", #"\"#, #"\q"#, "(?=a)", "a^b",
        ])
    func `what it does not understand is refused`(_ pattern: String) {
        #expect(throws: TextPattern.Malformed.self) { try TextPattern(pattern) }
    }

    @Test func `a pattern that would need too many states is refused`() {
        #expect(throws: TextPattern.Malformed.self) { try TextPattern("((a{1000}){1000}){1000}") }
        #expect(throws: TextPattern.Malformed.self) { try TextPattern("((){1000}){1000}") }
    }
}

@Suite struct PathPatternTests {
    @Test(
        arguments: [
            ("", [], true), ("", ["a"], false), ("/a", ["a"], true), ("/*", ["a"], true), ("/*", ["a", "b"], false),
            ("/a/*/c", ["a", "0", "c"], true), ("/**", [], true), ("/**", ["a", "b"], true), ("/**/id", ["id"], true),
            ("/**/id", ["a", "b", "id"], true), ("/**/id", ["a", "ids"], false), ("/a/**/b/**", ["a", "b"], true),
            ("/a/**/b/**", ["a", "x", "b", "y"], true), ("/a/**/b", ["a", "b", "c"], false),
            ("/a~1b/~0", ["a/b", "~"], true),
            ("/", [""], true),
        ] as [(String, [String], Bool)])
    func `stars stand for one token or any number`(_ pattern: String, _ path: [String], _ expected: Bool) throws {
        #expect(try PathPattern(pattern).matches(path) == expected)
    }

    @Test(arguments: ["a", "/~", "/~2", "a/b"]) func `what is no pointer is refused`(_ pattern: String) {
        #expect(throws: PathPattern.Malformed.self) { try PathPattern(pattern) }
    }

    @Test func `a pointer survives splitting and joining`() throws {
        #expect(PathPattern.join(try PathPattern.split("/a~1b/~0/")) == "/a~1b/~0/")
    }
}
