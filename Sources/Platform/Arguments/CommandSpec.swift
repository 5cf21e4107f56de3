/// A command of a program as data: its name, what it takes, and its sub-commands. Parsing, help and completions are
/// all read from this one table.
package struct CommandSpec: Sendable {
    /// The word that calls it.
    package var name: String
    /// One line, without a full stop.
    package var summary: String
    /// Paragraphs of the command's own help.
    package var discussion: String
    package var positionals: [PositionalSpec]
    package var options: [OptionSpec]
    package var commands: [CommandSpec]
    /// Command lines, shown in help; one that is long goes on after a backslash and a line break.
    package var examples: [String]
    /// Neither listed nor completed, but it works.
    package var isHidden: Bool

    package init(
        _ name: String, _ summary: String, discussion: String = "", positionals: [PositionalSpec] = [],
        options: [OptionSpec] = [], commands: [CommandSpec] = [], examples: [String] = [], isHidden: Bool = false
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.positionals = positionals
        self.options = options
        self.commands = commands
        self.examples = examples
        self.isHidden = isHidden
    }

    /// The sub-command with this name.
    package func command(_ name: some StringProtocol) -> CommandSpec? { commands.first { $0.name == name } }
}

/// An argument that is recognised by its position.
package struct PositionalSpec: Sendable {
    package enum Count: Sendable { case one, optional, many }

    /// Shown in capitals, and the key of the value.
    package var name: String
    package var help: String
    package var count: Count
    /// The only words allowed, for completion and for refusing others; empty: any.
    package var choices: [String]

    package init(_ name: String, _ help: String, _ count: Count = .one, choices: [String] = []) {
        self.name = name
        self.help = help
        self.count = count
        self.choices = choices
    }
}

/// An argument that is recognised by its name: `--name VALUE`, `--name=VALUE`, or a flag without a value.
package struct OptionSpec: Sendable {
    package enum Kind: Sendable {
        case flag
        /// Takes a value; the last one counts.
        case value(String)
        /// Takes a value each time it is given; all count.
        case repeated(String)
    }

    /// Without dashes, and the key of the value.
    package var name: String
    package var short: Character?
    package var kind: Kind
    package var help: String
    /// The variable that gives the value when the option is absent.
    package var environment: String?
    package var choices: [String]

    package static func flag(
        _ name: String, short: Character? = nil, _ help: String, environment: String? = nil
    ) -> OptionSpec {
        OptionSpec(name: name, short: short, kind: .flag, help: help, environment: environment, choices: [])
    }

    package static func value(
        _ name: String, short: Character? = nil, _ placeholder: String, _ help: String, environment: String? = nil,
        choices: [String] = []
    ) -> OptionSpec {
        OptionSpec(
            name: name, short: short, kind: .value(placeholder), help: help, environment: environment,
            choices: choices)
    }

    package static func repeated(
        _ name: String, short: Character? = nil, _ placeholder: String, _ help: String
    ) -> OptionSpec {
        OptionSpec(name: name, short: short, kind: .repeated(placeholder), help: help, environment: nil, choices: [])
    }

    /// `-o, --output table|json`.
    var usage: String {
        var text = short.map { "-\($0), " } ?? "    "
        text += "--\(name)"
        switch kind {
        case .flag: break
        case .value(let placeholder), .repeated(let placeholder): text += " " + placeholder
        }
        return text
    }

    var takesValue: Bool { if case .flag = kind { false } else { true } }
}
