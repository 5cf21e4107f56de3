import Arguments
import Testing

@Suite struct ArgumentParserTests {
    static let program = CommandSpec(
        "tool", "Does things",
        options: [
            .value(
                "output", short: "o", "table|json", "Form of the answer", environment: "TOOL_OUTPUT",
                choices: ["table", "json"]),
            .flag("quiet", short: "q", "Say less", environment: "TOOL_QUIET"),
        ],
        commands: [
            CommandSpec(
                "shift", "Move users", positionals: [.init("ROUTE", "which route"), .init("PERCENT", "how many")],
                options: [.flag("dry-run", "Only say what would happen")]),
            CommandSpec(
                "explain", "Say why", positionals: [.init("METHOD", "verb"), .init("PATH", "target")],
                options: [.repeated("header", short: "H", "NAME: VALUE", "a field")]),
            CommandSpec("status", "Look", positionals: [.init("ROUTE", "one route", .optional)]),
            CommandSpec(
                "parity", "Compare",
                commands: [CommandSpec("run", "Run", positionals: [.init("ROUTE", "routes", .many)])]),
            CommandSpec(
                "completion", "Complete", positionals: [.init("SHELL", "which", choices: ["bash", "zsh", "fish"])]),
        ])

    struct Case: Sendable, CustomTestStringConvertible {
        var line: String
        var path: [String]
        var values: [String: [String]] = [:]
        var flags: Set<String> = []
        var environment: [String: String] = [:]
        var testDescription: String { line }
    }

    @Test(arguments: [
        Case(line: "shift profile 10", path: ["shift"], values: ["ROUTE": ["profile"], "PERCENT": ["10"]]),
        Case(line: "shift profile -5", path: ["shift"], values: ["ROUTE": ["profile"], "PERCENT": ["-5"]]),
        Case(line: "shift profile -0.5%", path: ["shift"], values: ["ROUTE": ["profile"], "PERCENT": ["-0.5%"]]),
        Case(line: "shift profile +5", path: ["shift"], values: ["ROUTE": ["profile"], "PERCENT": ["+5"]]),
        Case(
            line: "-o json shift --dry-run profile 1", path: ["shift"],
            values: ["output": ["json"], "ROUTE": ["profile"], "PERCENT": ["1"]], flags: ["dry-run"]),
        Case(line: "status --output=json", path: ["status"], values: ["output": ["json"]]),
        Case(line: "status -ojson -q", path: ["status"], values: ["output": ["json"]], flags: ["quiet"]),
        Case(
            line: "explain GET /a -H a:1 --header b:2", path: ["explain"],
            values: ["METHOD": ["GET"], "PATH": ["/a"], "header": ["a:1", "b:2"]]),
        Case(line: "parity run a b", path: ["parity", "run"], values: ["ROUTE": ["a", "b"]]),
        Case(line: "status -- --odd", path: ["status"], values: ["ROUTE": ["--odd"]]),
        Case(
            line: "status", path: ["status"], values: ["output": ["json"]], flags: ["quiet"],
            environment: ["TOOL_OUTPUT": "json", "TOOL_QUIET": "1"]),
        Case(
            line: "status -o table", path: ["status"], values: ["output": ["table"]],
            environment: ["TOOL_OUTPUT": "json", "TOOL_QUIET": "no"]),
    ])
    func `a line is read as its table says`(_ example: Case) {
        let parser = ArgumentParser(Self.program, environment: example.environment)
        let expected = ParsedArguments(path: example.path, values: example.values, flags: example.flags)
        #expect(parser.parse(example.line.split(separator: " ").map(String.init)) == .run(expected))
    }

    @Test(arguments: [
        ("shfit profile 10", "no command \"shfit\"; did you mean \"shift\"?"),
        ("shift profile", "PERCENT is missing: how many"),
        ("shift profile 10 20", "\"20\" is one word too many"),
        ("shift profile 10 --dryrun", "no option --dryrun; did you mean \"--dry-run\"?"),
        ("status -o xml", "--output \"xml\" is not one of table, json"),
        ("status -o", "-o needs table|json"),
        ("status --quiet=yes", "--quiet takes no value"),
        ("completion tcsh", "SHELL \"tcsh\" is not one of bash, zsh, fish"),
        ("status -x", "no option -x"),
    ])
    func `a line that makes no sense says what is wrong`(_ line: String, _ message: String) {
        let result = ArgumentParser(Self.program).parse(line.split(separator: " ").map(String.init))
        guard case .failure(let failure) = result else {
            Issue.record("\(line) was accepted: \(result)")
            return
        }
        #expect(failure.message.hasPrefix(message) && failure.text.hasPrefix("error: " + message))
        #expect(failure.usage.hasPrefix("usage: tool") && failure.help.hasSuffix("--help"))
    }

    @Test(
        arguments: [
            ("nonsense -o json", [:], true), ("-o json nonsense", [:], true), ("nonsense --output=json", [:], true),
            ("nonsense -ojson", [:], true), ("nonsense", ["TOOL_OUTPUT": "json"], true),
            ("nonsense -o table", ["TOOL_OUTPUT": "json"], false), ("nonsense -o json -o table", [:], false),
            ("nonsense -- -o json", [:], false), ("nonsense -o", [:], false), ("nonsense", [:], false),
        ] as [(String, [String: String], Bool)])
    func `how to tell of a wrong line stands in it, wherever`(
        _ line: String, _ environment: [String: String], _ isJSON: Bool
    ) {
        let parser = ArgumentParser(Self.program, environment: environment)
        #expect(parser.isAsked(for: "json", as: "output", in: line.split(separator: " ").map(String.init)) == isJSON)
    }

    @Test(arguments: ["--version", "status --version", "shift profile --version"])
    func `every command tells the version`(_ line: String) {
        #expect(ArgumentParser(Self.program).parse(line.split(separator: " ").map(String.init)) == .version)
    }

    @Test func `help is one page from the table, for the program and for a command`() {
        guard case .help(let text) = ArgumentParser(Self.program).parse(["shift", "--help"]) else {
            Issue.record("no help")
            return
        }
        #expect(
            text == """
                Move users

                usage: tool shift ROUTE PERCENT [options]

                arguments:
                  ROUTE    which route
                  PERCENT  how many

                options:
                      --dry-run  Only say what would happen

                options of every command:
                  -o, --output table|json  Form of the answer [TOOL_OUTPUT]
                  -q, --quiet              Say less [TOOL_QUIET]
                  -h, --help               this page, or that of a command
                      --version            name and version of the program

                """)
        guard case .help(let all) = ArgumentParser(Self.program).parse(["help"]) else {
            Issue.record("no help")
            return
        }
        #expect(all.contains("  shift       Move users\n"))
        guard case .failure(let group) = ArgumentParser(Self.program).parse(["parity"]) else {
            Issue.record("a group is not a command")
            return
        }
        #expect(group.message == "tool parity needs a command" && group.text.contains("usage: tool parity COMMAND"))
    }
}
