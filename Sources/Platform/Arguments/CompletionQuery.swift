/// What may stand at the end of a command line that is being typed: read from the same table as parsing and help. Pure.
package struct CompletionQuery: Equatable, Sendable {
    package struct Candidate: Equatable, Sendable {
        package var word: String
        package var meaning: String

        package init(_ word: String, _ meaning: String = "") {
            self.word = word
            self.meaning = meaning
        }
    }

    package enum Answer: Equatable, Sendable {
        /// One of these.
        case words([Candidate])
        /// A value that the table does not list: by the name of a positional (`ROUTE`) or the placeholder of an option
        /// (`FILE`).
        case value(String)
    }

    package let answer: Answer
    /// Before every candidate: `--output=` when option and value are one word.
    package let prefix: String
    /// The part of the candidate that is typed already.
    package let typed: String
    /// Options that stand before it, such as the file that the candidates are read from.
    package let options: [String: String]
    /// Positionals of the same name that stand before.
    package let taken: [String]

    /// - Parameter words: without the program's own path; the last one is being typed.
    package init(_ program: CommandSpec, _ words: [String]) {
        var reading = Reading(program)
        // Where bash breaks words, `--output=json` is three.
        var words = words
        while let equals = words.lastIndex(of: "="), equals > 0, words[equals - 1].hasPrefix("--") {
            words[equals - 1] += "=" + (equals + 1 < words.count ? words[equals + 1] : "")
            words.removeSubrange(equals...min(equals + 1, words.count - 1))
            reading.isBroken = true
        }
        let typed = words.last ?? ""
        for word in words.dropLast() { reading.take(word) }
        (answer, prefix, self.typed) = reading.finish(typed)
        options = reading.values
        taken = reading.taken
    }
}

/// A command line as far as it goes.
private struct Reading {
    private let program: CommandSpec
    private var chain: [CommandSpec]
    private(set) var values: [String: String] = [:]
    private var given: Set<String> = []
    /// The options of the command that was reached.
    private var positionals: [String] = []
    /// Its value comes next.
    private var open: OptionSpec?
    private var optionsEnded = false
    /// Option and value came as words of their own, although they were typed as one.
    var isBroken = false

    init(_ program: CommandSpec) {
        self.program = program
        chain = [program]
    }

    private var command: CommandSpec { chain[chain.count - 1] }
    private var options: [OptionSpec] { chain.flatMap(\.options) }

    mutating func take(_ word: String) {
        if let option = open {
            values[option.name] = word
            open = nil
        } else if word == "--", !optionsEnded {
            optionsEnded = true
        } else if !optionsEnded, word.hasPrefix("--") {
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if let option = options.first(where: { $0.name == parts.first ?? "" }) {
                take(option, parts.count > 1 ? String(parts[1]) : nil)
            }
        } else if !optionsEnded, word.hasPrefix("-"), word.count > 1,
            let option = options.first(where: { $0.short == word.dropFirst().first })
        {
            take(option, word.count > 2 ? String(word.dropFirst(2)) : nil)
        } else if let next = command.command(word) {
            chain.append(next)
        } else {
            positionals.append(word)
        }
    }

    private mutating func take(_ option: OptionSpec, _ value: String?) {
        given.insert(option.name)
        guard option.takesValue else { return }
        if let value { values[option.name] = value } else { open = option }
    }

    /// What the word that is being typed may be: answer, what stands before every candidate, and what is typed of it.
    func finish(_ typed: String) -> (CompletionQuery.Answer, String, String) {
        if let open { return (answer(to: open), "", typed) }
        if !optionsEnded, typed.hasPrefix("--"), let equals = typed.firstIndex(of: "="),
            let option = options.first(where: { $0.name == typed[..<equals].dropFirst(2) }), option.takesValue
        {
            let prefix = isBroken ? "" : String(typed[...equals])
            return (answer(to: option), prefix, String(typed[typed.index(after: equals)...]))
        }
        if !optionsEnded, typed.hasPrefix("-") { return (.words(optionWords), "", typed) }
        let commands = command.commands.filter { !$0.isHidden }.map {
            CompletionQuery.Candidate($0.name, $0.summary)
        }
        if !commands.isEmpty { return (.words(commands), "", typed) }
        guard let positional else { return (.words(optionsEnded ? [] : optionWords), "", typed) }
        guard positional.choices.isEmpty else {
            return (.words(positional.choices.map { .init($0) }), "", typed)
        }
        return (.value(positional.name), "", typed)
    }

    /// The positional that the word being typed would be.
    private var positional: PositionalSpec? {
        if command.positionals.indices.contains(positionals.count) { return command.positionals[positionals.count] }
        guard let last = command.positionals.last, last.count == .many else { return nil }
        return last
    }

    var taken: [String] { positional?.count == .many ? positionals : [] }

    private func answer(to option: OptionSpec) -> CompletionQuery.Answer {
        if !option.choices.isEmpty { return .words(option.choices.map { .init($0) }) }
        switch option.kind {
        case .flag: return .words([])
        case .value(let placeholder), .repeated(let placeholder): return .value(placeholder)
        }
    }

    private var optionWords: [CompletionQuery.Candidate] {
        let open = options.filter { option in
            if case .repeated = option.kind { return true }
            return !given.contains(option.name)
        }
        // Those of the command go before those that every command takes.
        let own = open.filter { option in !program.options.contains { $0.name == option.name } }
        let common = open.filter { option in program.options.contains { $0.name == option.name } }
        return (own + common).map { .init("--" + $0.name, $0.help) }
            + [.init("--help", "this page"), .init("--version", "name and version")]
    }
}
