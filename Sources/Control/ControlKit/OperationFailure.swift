/// Why an operation of the control plane could not do what it was asked: of which kind that is, what happened, and what
/// helps. The command line makes an exit code of the kind; another caller decides by it.
package struct OperationFailure: Error, Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        /// It was refused, or something that it needs failed.
        case failed
        /// The request makes no sense as it was put.
        case usage
        /// A configuration is wrong, or cannot be read.
        case configuration
        /// Somebody else changed the routes in between.
        case conflict
        /// A gate keeps the change from being made.
        case gateFailed
        /// No router answers.
        case unreachable
        /// It was asked for, but not observed in time.
        case timedOut
        /// The user called it off.
        case interrupted
    }

    package var kind: Kind
    /// What happened and where, in one sentence without a final full stop.
    package var message: String
    /// What the user can do about it: commands or short sentences, best first.
    package var fixes: [String]
    /// Diagnostics that are already rendered (`file:line:column: error: …` with caret); printed as they are.
    package var diagnostics: [String]
    /// What the router calls its refusal (`code` of its problem); nil: it was not the router who refused.
    package var code: String?
    /// The router was there and went away in the middle of it.
    package var isBroken = false

    package init(_ kind: Kind, _ message: String, fix: String..., diagnostics: [String] = []) {
        self.kind = kind
        self.message = message
        self.fixes = fix
        self.diagnostics = diagnostics
    }
}
