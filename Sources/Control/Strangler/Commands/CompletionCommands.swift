import Arguments
import ControlKit
import JSON
import Ledger
import Operations
import Telemetry

/// `strangler completion SHELL`, and the command that its scripts ask for every word.
enum CompletionCommands {
    static let completion = Command(
        CommandSpec(
            "completion", "Completions for a shell: verbs, options, and the routes and values of the moment",
            positionals: [.init("SHELL", "bash, zsh or fish", choices: ["bash", "zsh", "fish"])],
            examples: [
                "source <(strangler completion bash)", "source <(strangler completion zsh)",
                "strangler completion fish | source",
            ]),
        run: { invocation in
            let shell = CompletionScript.Shell(rawValue: try invocation.required("SHELL")) ?? .bash
            let text = CompletionScript("strangler", asking: "completion-words").text(for: shell)
            return Answer([.raw(text)], data: ["shell": .string(shell.rawValue), "script": .string(text)])
        })

    static let words = Command(
        CommandSpec(
            "completion-words", "What may come next, for the scripts of completion",
            positionals: [.init("WORD", "the words so far, the last one being typed", .many)], isHidden: true),
        run: { invocation in
            let query = CompletionQuery(StranglerProgram.table, invocation.inputs.all("WORD"))
            let candidates: [CompletionQuery.Candidate]
            switch query.answer {
            case .words(let words): candidates = words
            case .value(let name):
                guard let known = CompletionValues(query, invocation).candidates(for: name) else {
                    return Answer([.raw(CompletionScript.files + "\n")], data: ["files": true])
                }
                candidates = known
            }
            let fitting = candidates.filter { $0.word.hasPrefix(query.typed) }
            let lines = fitting.map { "\(query.prefix)\(Printable.line($0.word))\t\(Printable.line($0.meaning))\n" }
            return Answer(
                [.raw(lines.joined())], data: ["words": .array(fitting.map { .string(query.prefix + $0.word) })])
        })
}

/// The values that only the configuration, or custom, knows. Reads files, asks no router: a key press must not wait for
/// the network.
struct CompletionValues {
    private let query: CompletionQuery
    private let invocation: Invocation

    init(_ query: CompletionQuery, _ invocation: Invocation) {
        self.query = query
        self.invocation = invocation
    }

    private static let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    /// By the name of a positional or the placeholder of an option; nil: a path helps, if anything does.
    func candidates(for name: String) -> [CompletionQuery.Candidate]? {
        switch name {
        case "ROUTE", "ID": routes.filter { !query.taken.contains($0.word) }
        case "GROUP": groups.filter { !query.taken.contains($0.word) }
        case "REVISION": revisions
        case "METHOD", "NAME": words(Self.methods)
        case "PERCENT": words(["0", "1", "5", "10", "25", "50", "100", "+5", "-5"])
        case "LIST": words(["GET", "GET,HEAD"])
        case "CODE": words(["2xx", "3xx", "4xx", "5xx", "502", "503", "504"])
        case "1/N": words(["1/10", "1/100", "1/1000"])
        case "TIME": words(["500ms", "1s", "10s", "30s", "1m"])
        case "SIDES": words(["legacy,service", "service,legacy"])
        case "FILE", "FOLDER", "DIR", "LEFT", "RIGHT": nil
        // Numbers, reasons, addresses: nobody else knows them.
        default: []
        }
    }

    private func words(_ texts: [String]) -> [CompletionQuery.Candidate] { texts.map { .init($0) } }

    /// The file that the line names, else the one that a command would take.
    private var config: String { query.options["config"] ?? invocation.configPath }

    private var routes: [CompletionQuery.Candidate] {
        guard let sketch = FileSystem.read(config).flatMap({ RoutesSketch($0) }) else { return [] }
        return sketch.routes.map { route in
            .init(
                route.id,
                route.service.map { "\(route.legacy) -> \($0), \(Decimal.percent(route.percent))" } ?? route.legacy)
        }
    }

    private var groups: [CompletionQuery.Candidate] {
        let file = query.options["data"] ?? FileSystem.resolve("data.json", in: FileSystem.directory(of: config))
        guard let bytes = FileSystem.read(file), let document = try? JSONDocument(bytes) else { return [] }
        return document.root["groups"]?.members.map { .init($0.key, $0.value["target"]?.string ?? "") } ?? []
    }

    private var revisions: [CompletionQuery.Candidate] {
        let path = FileSystem.resolve("run/ledger.db", in: FileSystem.directory(of: config))
        // Looking must not make one.
        guard FileSystem.exists(path), let entries = try? Ledger(path: path).entries(limit: 20) else { return [] }
        return entries.map { .init("\($0.previousRevision)", "before \($0.verb) of \($0.route), \($0.at)") }
    }
}
