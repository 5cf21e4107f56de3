import Arguments
import ControlKit
import Strangler
import TestSupport
import Testing

@Suite struct ParityCompareTests {
    /// Runs the command on files in a folder of their own.
    private func compare(
        _ left: String, _ right: String, rules: String? = nil
    ) async throws -> Answer {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        var values: [String: [String]] = [:]
        for (name, key, text) in [("left.json", "LEFT", left), ("right.json", "RIGHT", right)] {
            try FileSystem.replace(folder.file(name), with: Array(text.utf8))
            values[key] = [folder.file(name)]
        }
        if let rules {
            try FileSystem.replace(folder.file("rules.json"), with: Array(rules.utf8))
            values["rules"] = [folder.file("rules.json")]
        }
        let console = Console(outlet: Outlet { _ in }, error: { _ in })
        let environment = CommandEnvironment(
            variables: [:], console: console, now: { "" }, actor: "test",
            connect: { _, _, _ in { _ in throw OperationFailure(.unreachable, "no router") } }, program: "strangler",
            interruption: Interruption())
        return try await ParityCompareCommand.run(
            Invocation(inputs: ParsedArguments(values: values), environment: environment))
    }

    @Test func `every difference is a row of path, left and right`() async throws {
        let answer = try await compare(
            #"{"status": 200, "headers": {"content-type": "application/json"}, "body": {"name": "Ada", "n": 1, "at": "2026-01-01T00:00:00Z"}}"#,
            #"{"status": 200, "headers": {"content-type": "application/json"}, "body": {"name": "Eve", "at": "2026-01-01T00:00:01Z", "x": []}}"#,
            rules: #"{"body": [{"path": "/at", "check": "time", "within": "2s"}]}"#)
        #expect(answer.exit == .failure)
        #expect(
            answer.text(.plain) == """
                The answers do not match: 2 differences.

                PATH   LEFT      RIGHT     CLASS            RULE
                /name  "Ada"     "Eve"     value            exact
                /n     1         (absent)  missing          exact
                /x     (absent)  []        extra (warning)  exact

                """)
        #expect(answer.document["verdict"] == "mismatch")
    }

    @Test func `equal answers exit 0`() async throws {
        let answer = try await compare(#"{"status": 200, "text": "a"}"#, #"{"status": 200, "text": "a"}"#)
        #expect(answer.exit == .done)
        #expect(answer.text(.plain) == "The answers match: 3 values compared.\n")
    }

    @Test func `answers that cannot be compared exit 2`() async throws {
        let answer = try await compare(#"{"status": 200, "text": "a"}"#, #"{"outcome": "timeout"}"#)
        #expect(answer.exit == .pending)
        #expect(
            answer.text(.plain)
                == "The answers cannot be compared: the right side did not answer in time.\n")
    }

    @Test func `a bad document exits 78 with its place`() async throws {
        do {
            _ = try await compare(#"{"status": 200}"#, "{\n  \"staus\": 200}")
            Issue.record("accepted")
        } catch let failure as OperationFailure {
            #expect(failure.exit == .configuration)
            let text = failure.diagnostics.joined()
            #expect(text.contains("right.json:2:3: error: unknown key \"staus\"; did you mean \"status\"?"))
        }
    }

    /// `{"a": 1}` in gzip (Python's), and in another layout as it is.
    private static let coded =
        #"{"status": 200, "headers": {"content-type": "text/json", "content-encoding": "CODING"}, "base64": "H4sIAAAAAAACA6tWSlSyUjCsBQCXjqH7CAAAAA=="}"#

    @Test func `a body in gzip is read, whatever the other side does`() async throws {
        let answer = try await compare(
            Self.coded.replacing("CODING", with: "gzip"),
            #"{"status": 200, "headers": {"content-type": "text/json"}, "text": "{ \"a\":1.0 }"}"#,
            rules: #"{"headers": {"content-encoding": "ignore"}, "body": [{"path": "/a", "check": "exact"}]}"#)
        #expect(answer.exit == .done)
    }

    @Test(arguments: [("br", "the content-encoding \"br\" is none that can be undone"), ("deflate", "deflate: ")])
    func `a coding that cannot be undone is named`(_ coding: String, _ expected: String) async throws {
        let answer = try await compare(
            Self.coded.replacing("CODING", with: coding),
            #"{"status": 200, "headers": {"content-type": "text/json"}, "text": "{}"}"#,
            rules: #"{"headers": {"content-encoding": "ignore"}}"#)
        #expect(answer.exit == .pending && answer.text(.plain).contains(expected))
    }

    @Test func `a JSON path for a text body is an error with its place`() async throws {
        do {
            _ = try await compare(
                #"{"status": 200, "text": "a"}"#, #"{"status": 200, "text": "a"}"#,
                rules: "{\"body\": [\n{\"path\": \"/a\", \"check\": \"ignore\"}]}")
            Issue.record("accepted")
        } catch let failure as OperationFailure {
            #expect(failure.exit == .configuration)
            #expect(failure.diagnostics.joined().contains("rules.json:2:10: error: this rule cannot take effect"))
        }
    }
}
