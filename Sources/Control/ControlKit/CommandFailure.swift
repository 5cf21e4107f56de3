/// Why a command could not do what it was asked: what happened, and what helps.
package struct CommandFailure: Error, Equatable, Sendable {
    package var exit: ExitCode
    /// What happened and where, in one sentence without a final full stop.
    package var message: String
    /// What the user can do about it: commands or short sentences, best first.
    package var fixes: [String]
    /// Diagnostics that are already rendered (`file:line:column: error: …` with caret); printed as they are.
    package var diagnostics: [String]
    /// The router was there and went away in the middle of it.
    package var isBroken = false

    package init(_ exit: ExitCode, _ message: String, fix: String..., diagnostics: [String] = []) {
        self.exit = exit
        self.message = message
        self.fixes = fix
        self.diagnostics = diagnostics
    }

    /// The same failure as data, for `-o json`.
    package var datum: OutputValue {
        [
            "error": .string(message), "exit": .integer(Int64(exit.rawValue)),
            "fixes": .array(fixes.map { .string($0) }),
            "diagnostics": .array(diagnostics.map { .string($0) }),
        ]
    }
}
