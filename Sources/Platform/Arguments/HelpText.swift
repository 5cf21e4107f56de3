/// The help of a program or of one of its commands, for 80 columns and more.
struct HelpText {
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
        var sections = [command.summary + "\n\n" + usage]
        if !command.discussion.isEmpty { sections.append(command.discussion) }
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
        if !program.options.isEmpty {
            let title = chain.count > 1 ? "options of every command:\n" : "options:\n"
            sections.append(title + columns(program.options.map(row)))
        }
        if !command.examples.isEmpty {
            sections.append("examples:\n" + command.examples.map { "  " + $0 }.joined(separator: "\n"))
        }
        if !commands.isEmpty {
            sections.append("More about one: \(chain.map(\.name).joined(separator: " ")) COMMAND --help")
        }
        return sections.joined(separator: "\n\n") + "\n"
    }

    private func row(_ option: OptionSpec) -> (String, String) {
        (option.usage, option.help + (option.environment.map { " [\($0)]" } ?? ""))
    }

    private func columns(_ rows: [(String, String)]) -> String {
        let width = rows.map { $0.0.count }.max() ?? 0
        return rows.map { row in
            "  " + row.0 + String(repeating: " ", count: width - row.0.count) + "  " + row.1
        }.joined(separator: "\n")
    }
}
