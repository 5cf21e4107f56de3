import Routing

/// Why a configuration was not taken, in words for its author and in a word for programs.
struct ConfigurationProblem: Error, Sendable {
    /// One of the words of the admin API.
    let code: String
    /// Status of the admin API's answer.
    let status: UInt16
    let message: String
    var diagnostics: [Diagnostic] = []

    static func invalid(_ diagnostics: [Diagnostic]) -> ConfigurationProblem {
        ConfigurationProblem(
            code: "invalid_configuration", status: 422,
            message: diagnostics.map { $0.render() }.joined(separator: "\n"), diagnostics: diagnostics)
    }

    static func invalid(_ message: String) -> ConfigurationProblem {
        ConfigurationProblem(code: "invalid_configuration", status: 422, message: message)
    }

    static let busy = ConfigurationProblem(
        code: "busy", status: 503, message: "too many changes wait for their turn; try again")

    static let takenOver = ConfigurationProblem(
        code: "taken_over", status: 503, message: "another process takes over from this router")

    static func storage(_ message: String) -> ConfigurationProblem {
        ConfigurationProblem(code: "storage_failed", status: 503, message: message)
    }

    /// The text would undo rollbacks that are served and not on disk.
    static func undoesRollback(_ entries: [UnwrittenRollbacks.Entry], path: String) -> ConfigurationProblem {
        let newest = entries.reduce(0) { max($0, $1.revision) }
        let list = entries.map { entry in
            let what = entry.field == .percent ? "\"\(entry.route)\"" : "the mirror of \"\(entry.route)\""
            let why = entry.reason.isEmpty ? "" : ": \(entry.reason)"
            return "\(what) was at \(entry.before)% until \(entry.actor) rolled it back at \(WallClock.text(entry.at))"
                + " (revision \(entry.revision)\(why))"
        }
        return ConfigurationProblem(
            code: "undoes_rollback", status: 409,
            message: "\(path) would undo a rollback that could not be written to it: \(list.joined(separator: "; ")); "
                + "set its percentages as they are to be, with \"revision\": \(newest), or apply it with --over-rollback"
        )
    }
}
