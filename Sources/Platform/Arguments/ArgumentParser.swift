/// Reads a command line against a program's table. Pure: the environment comes in as a value.
///
/// Options may stand before or after the verb and between positionals; `--` ends them. What looks like a negative
/// number is a value, not an option, so that `shift profile -5` is about the value -5.
package struct ArgumentParser: Sendable {
    /// The program itself: its name, its commands, and in `options` those that every command takes.
    package let program: CommandSpec
    private let environment: [String: String]

    package init(_ program: CommandSpec, environment: [String: String] = [:]) {
        self.program = program
        self.environment = environment
    }

    /// - Parameter arguments: without the program's own path.
    package func parse(_ arguments: [String]) -> ParseResult {
        var line = Line(program: program)
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if let failure = line.take(word, &rest) { return .failure(usage(failure, line)) }
        }
        if line.wantsHelp { return .help(HelpText(program, path: line.chain).text) }
        if line.wantsVersion { return .version }
        if !line.command.commands.isEmpty {
            // A group without its verb shows its commands; that is a success only when help was asked for.
            var failure = usage("\(line.words(of: program)) needs a command", line)
            failure.page = String(HelpText(program, path: line.chain).text.dropLast())
            return .failure(failure)
        }
        if let failure = line.bindPositionals() { return .failure(usage(failure, line)) }
        line.fill(from: environment)
        if let failure = line.checkChoices() { return .failure(usage(failure, line)) }
        return .run(line.parsed)
    }

    private func usage(_ message: String, _ line: Line) -> UsageFailure {
        UsageFailure(
            message: message, usage: HelpText(program, path: line.chain).usage,
            help: "\(line.words(of: program)) --help")
    }

    /// Whether an option of the program has this value, also in a line that cannot be parsed. It decides in which form
    /// the error is written.
    package func isAsked(for value: String, as name: String, in arguments: [String]) -> Bool {
        guard let option = program.options.first(where: { $0.name == name }) else { return false }
        var found = option.environment.flatMap { environment[$0] }
        var rest = arguments[...]
        while let word = rest.popFirst(), word != "--" {
            if word == "--\(name)" || option.short.map({ word == "-\($0)" }) ?? false {
                found = rest.popFirst() ?? found
            } else if word.hasPrefix("--\(name)=") {
                found = String(word.dropFirst(name.count + 3))
            } else if let short = option.short, word.hasPrefix("-\(short)"), !word.hasPrefix("--") {
                found = String(word.dropFirst(2))
            }
        }
        return found == value
    }
}

/// A command line being read.
private struct Line {
    let program: CommandSpec
    /// The program, and each command that was named since.
    var chain: [CommandSpec]
    var parsed = ParsedArguments()
    var words: [String] = []
    var wantsHelp = false
    var wantsVersion = false
    private var optionsEnded = false

    init(program: CommandSpec) {
        self.program = program
        chain = [program]
    }

    var command: CommandSpec { chain[chain.count - 1] }

    /// The program and the commands that were named, as they are typed.
    func words(of program: CommandSpec) -> String {
        ([program.name] + chain.dropFirst().map(\.name)).joined(separator: " ")
    }

    private var options: [OptionSpec] { chain.flatMap(\.options) }

    /// Takes one word and the words that belong to it; returns what is wrong with them.
    mutating func take(_ word: String, _ rest: inout ArraySlice<String>) -> String? {
        if optionsEnded || word == "-" || !word.hasPrefix("-") || Self.isNumber(word) { return takeWord(word) }
        if word == "--" {
            optionsEnded = true
            return nil
        }
        if word == "--help" || word == "-h" {
            wantsHelp = true
            return nil
        }
        if word == "--version" {
            wantsVersion = true
            return nil
        }
        return word.hasPrefix("--") ? takeLong(word, &rest) : takeShort(word, &rest)
    }

    private mutating func takeWord(_ word: String) -> String? {
        guard !command.commands.isEmpty else {
            words.append(word)
            return nil
        }
        if let next = command.command(word) {
            chain.append(next)
            parsed.path.append(word)
            return nil
        }
        if word == "help", chain.count == 1 {
            wantsHelp = true
            return nil
        }
        let known = command.commands.filter { !$0.isHidden }.map(\.name)
        return "no command \"\(word)\"" + Suggestion.phrase(for: word, among: known)
    }

    private mutating func takeLong(_ word: String, _ rest: inout ArraySlice<String>) -> String? {
        let body = word.dropFirst(2)
        let equals = body.firstIndex(of: "=")
        let name = String(equals.map { body[..<$0] } ?? body)
        let attached = equals.map { String(body[body.index(after: $0)...]) }
        guard let option = options.first(where: { $0.name == name }) else {
            return "no option --\(name)"
                + Suggestion.phrase(for: name, among: options.map(\.name) + ["help", "version"], prefix: "--")
        }
        return take(option, called: "--\(name)", attached: attached, &rest)
    }

    private mutating func takeShort(_ word: String, _ rest: inout ArraySlice<String>) -> String? {
        let letters = word.dropFirst()
        guard let letter = letters.first, let option = options.first(where: { $0.short == letter }) else {
            return "no option \(word)"
        }
        let attached = letters.count > 1 ? String(letters.dropFirst()) : nil
        if !option.takesValue, attached != nil { return "\(word): flags are given one by one" }
        return take(option, called: "-\(letter)", attached: attached, &rest)
    }

    private mutating func take(
        _ option: OptionSpec, called name: String, attached: String?, _ rest: inout ArraySlice<String>
    ) -> String? {
        switch option.kind {
        case .flag:
            if attached != nil { return "\(name) takes no value" }
            parsed.set(option.name)
        case .value(let placeholder), .repeated(let placeholder):
            guard let value = attached ?? rest.popFirst() else { return "\(name) needs \(placeholder)" }
            parsed.add(value, to: option.name)
        }
        return nil
    }

    mutating func bindPositionals() -> String? {
        var left = words[...]
        for positional in command.positionals {
            switch positional.count {
            case .one:
                guard let word = left.popFirst() else { return "\(positional.name) is missing: \(positional.help)" }
                parsed.add(word, to: positional.name)
            case .optional:
                if let word = left.popFirst() { parsed.add(word, to: positional.name) }
            case .many:
                while let word = left.popFirst() { parsed.add(word, to: positional.name) }
            }
        }
        return left.first.map { "\"\($0)\" is one word too many" }
    }

    mutating func fill(from environment: [String: String]) {
        for option in options {
            guard let variable = option.environment, let value = environment[variable], !value.isEmpty else { continue }
            if option.takesValue {
                if parsed[option.name] == nil { parsed.add(value, to: option.name) }
            } else if !["0", "false", "no", "off"].contains(value.lowercased()) {
                parsed.set(option.name)
            }
        }
    }

    func checkChoices() -> String? {
        for option in options where !option.choices.isEmpty {
            for value in parsed.all(option.name) where !option.choices.contains(value) {
                return "--\(option.name) \"\(value)\" is not one of \(option.choices.joined(separator: ", "))"
                    + Suggestion.phrase(for: value, among: option.choices)
            }
        }
        for positional in command.positionals where !positional.choices.isEmpty {
            for value in parsed.all(positional.name) where !positional.choices.contains(value) {
                return "\(positional.name) \"\(value)\" is not one of \(positional.choices.joined(separator: ", "))"
                    + Suggestion.phrase(for: value, among: positional.choices)
            }
        }
        return nil
    }

    private static func isNumber(_ word: String) -> Bool {
        guard let second = word.dropFirst().first else { return false }
        return ("0"..."9").contains(second) && Double(word.hasSuffix("%") ? String(word.dropLast()) : word) != nil
    }
}
