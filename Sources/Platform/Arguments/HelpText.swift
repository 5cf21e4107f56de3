/// The help of a program or of one of its commands, in 80 columns.
struct HelpText {
    private static let width = 80
    /// What every program and command takes.
    private static let always: [(name: String, meaning: String)] = [
        ("-h, --help", "this page, or that of a command"), ("    --version", "name and version of the program"),
    ]
    private let program: CommandSpec
    private let chain: [CommandSpec]

    /// - Parameter path: the program and the commands down to the one that is explained.
    init(_ program: CommandSpec, path: [CommandSpec]) {
        self.program = program
        chain = path.isEmpty ? [program] : path
    }

    private var command: CommandSpec { chain[chain.count - 1] }

    /// The line that shows what the command takes.
    var usage: String {
        var words = chain.map(\.name)
        if !command.commands.isEmpty { words.append("COMMAND") }
        for positional in command.positionals {
            switch positional.count {
            case .one: words.append(positional.name)
            case .optional: words.append("[\(positional.name)]")
            case .many: words.append("[\(positional.name) ...]")
            }
        }
        if !command.options.isEmpty || chain.count > 1 { words.append("[options]") }
        return "usage: " + words.joined(separator: " ")
    }

    var text: String {
        var sections = [
            paragraphs(command.summary) + "\n\n"
                + WrappedText.lines(usage, width: Self.width).joined(separator: "\n    ")
        ]
        if !command.discussion.isEmpty { sections.append(paragraphs(command.discussion)) }
        let commands = command.commands.filter { !$0.isHidden }
        if !commands.isEmpty {
            let rows = commands.map { ($0.name, $0.summary) }
            sections.append("commands:\n" + columns(rows))
        }
        if !command.positionals.isEmpty {
            sections.append("arguments:\n" + columns(command.positionals.map { ($0.name, $0.help) }))
        }
        if chain.count > 1, !command.options.isEmpty {
            sections.append("options:\n" + columns(command.options.map(row)))
        }
        let title = chain.count > 1 ? "options of every command:\n" : "options:\n"
        sections.append(title + columns(program.options.map(row) + Self.always))
        // Examples are copied, so they are not broken.
        if !command.examples.isEmpty {
            sections.append(
                "examples:\n"
                    + command.examples.map(example).joined(separator: "\n"))
        }
        if !commands.isEmpty {
            sections.append("More about one: \(chain.map(\.name).joined(separator: " ")) COMMAND --help")
        }
        return sections.joined(separator: "\n\n") + "\n"
    }

    /// Line breaks of the source are where an author's line ended; a paragraph ends with an empty line.
    private func paragraphs(_ text: String) -> String {
        let lines = text.split(separator: "\n" as Character, omittingEmptySubsequences: false)
        return lines.split(separator: "").map { paragraph in
            WrappedText.lines(paragraph.joined(separator: " "), width: Self.width).joined(separator: "\n")
        }.joined(separator: "\n\n")
    }

    private func example(_ text: String) -> String {
        "  " + text.split(separator: "\n" as Character).joined(separator: "\n    ")
    }

    private func row(_ option: OptionSpec) -> (name: String, meaning: String) {
        (option.usage, option.help + (option.environment.map { " [\($0)]" } ?? ""))
    }

    private func columns(_ rows: [(name: String, meaning: String)]) -> String {
        WrappedText.columns(rows, width: Self.width).joined(separator: "\n")
    }
}
