import Arguments
import Testing

@Suite struct CompletionQueryTests {
    private static let program = CommandSpec(
        "tool", "Does things",
        options: [
            .value("output", short: "o", "table|json", "form", choices: ["table", "json"]),
            .value("config", "FILE", "file"), .flag("quiet", short: "q", "less"),
        ],
        commands: [
            CommandSpec(
                "shift", "Move users", positionals: [.init("ROUTE", "which"), .init("PERCENT", "how many")],
                options: [.flag("dry-run", "only say"), .repeated("header", short: "H", "FIELD", "a field")]),
            CommandSpec(
                "parity", "Compare",
                commands: [CommandSpec("run", "Run", positionals: [.init("ROUTE", "routes", .many)])]),
            CommandSpec("completion", "Complete", positionals: [.init("SHELL", "which", choices: ["bash", "zsh"])]),
            CommandSpec("secret", "Not listed", isHidden: true), CommandSpec("status", "Look"),
        ])

    private func query(_ line: String) -> CompletionQuery {
        CompletionQuery(Self.program, line.split(separator: " ", omittingEmptySubsequences: false).map(String.init))
    }

    @Test(
        arguments: [
            ("", ["shift", "parity", "completion", "status"]), ("sh", ["shift", "parity", "completion", "status"]),
            ("parity ", ["run"]), ("completion ", ["bash", "zsh"]), ("-o ", ["table", "json"]),
            ("status --output ", ["table", "json"]), ("--output=", ["table", "json"]),
            ("-o json pa", ["shift", "parity", "completion", "status"]),
            ("shift -", ["--dry-run", "--header", "--output", "--config", "--quiet", "--help", "--version"]),
            ("shift --dry-run -H a -q -", ["--header", "--output", "--config", "--help", "--version"]),
            ("status ", ["--output", "--config", "--quiet", "--help", "--version"]), ("status -- ", []),
        ] as [(String, [String])])
    func `verbs, choices and options come from the table`(_ line: String, _ expected: [String]) {
        guard case .words(let words) = query(line).answer else {
            Issue.record("\(line): \(query(line).answer)")
            return
        }
        #expect(words.map(\.word) == expected)
    }

    @Test(arguments: [
        ("shift ", "ROUTE"), ("shift pro", "ROUTE"), ("shift profile ", "PERCENT"),
        ("shift --dry-run profile ", "PERCENT"),
        ("shift -H ", "FIELD"), ("--config ", "FILE"), ("--config=ro", "FILE"), ("parity run a b ", "ROUTE"),
        ("--config x shift ", "ROUTE"), ("-ojson shift ", "ROUTE"), ("shift -- ", "ROUTE"),
    ])
    func `values are asked for by their name`(_ line: String, _ expected: String) {
        #expect(query(line).answer == .value(expected))
    }

    @Test func `what stands before is told as well`() {
        #expect(query("--config a.json --config=b.json shift ").options == ["config": "b.json"])
        #expect(query("parity run a b ").taken == ["a", "b"])
        #expect(query("shift a ").taken == [])
        let attached = query("status --output=j")
        #expect(attached.prefix == "--output=" && attached.typed == "j")
        // As bash breaks it.
        let broken = query("status --output = j")
        #expect(broken.prefix == "" && broken.typed == "j" && broken.answer == attached.answer)
        #expect(query("status --output =").answer == attached.answer)
    }
}
