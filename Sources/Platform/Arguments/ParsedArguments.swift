/// What a command line said, by the names of the command's table.
package struct ParsedArguments: Equatable, Sendable {
    /// The words that chose the command, without the program's name: `["parity", "run"]`.
    package var path: [String]
    package private(set) var values: [String: [String]]
    package private(set) var flags: Set<String>

    package init(path: [String] = [], values: [String: [String]] = [:], flags: Set<String> = []) {
        self.path = path
        self.values = values
        self.flags = flags
    }

    /// The last value of a positional or an option.
    package subscript(name: String) -> String? { values[name]?.last }

    /// Every value, in order.
    package func all(_ name: String) -> [String] { values[name] ?? [] }

    package func has(_ flag: String) -> Bool { flags.contains(flag) }

    mutating func add(_ value: String, to name: String) { values[name, default: []].append(value) }
    mutating func set(_ flag: String) { flags.insert(flag) }
}

/// What a command line means.
package enum ParseResult: Equatable, Sendable {
    case run(ParsedArguments)
    /// Help was asked for: print it to standard output and exit 0.
    case help(String)
    /// The version was asked for: print it to standard output and exit 0.
    case version
    /// The line makes no sense: print it to standard error and exit 64 (`EX_USAGE`).
    case failure(UsageFailure)
}

/// What is wrong with a command line.
package struct UsageFailure: Equatable, Sendable {
    /// One sentence without a final full stop.
    package var message: String
    /// `usage: …`: what the command takes.
    package var usage: String
    /// The command that explains more.
    package var help: String
    /// The page that is shown instead of a message: of a group that was called without its verb.
    var page: String?

    /// The text for a person, without a line break at its end.
    package var text: String {
        page ?? "error: \(message)\n\(usage)\n  help: \(help)"
    }
}
