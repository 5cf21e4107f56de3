package import AdminAPI
import ControlKit

/// What the router serves and could not write to its file yet, in words.
extension Unwritten {
    /// Whether a start of the router would find it.
    private var isKept: Bool { kept == "journal" }

    /// `profile (100% -> 0% by alice, 2026-11-23T12:00:00Z: it burns)`.
    package var list: String {
        let shown = rollbacks.prefix(3).map { rollback in
            let what = rollback.field == "mirror" ? "the mirror of \(rollback.route)" : rollback.route
            let why = rollback.reason.isEmpty ? "" : ": \(rollback.reason)"
            return "\(what) (\(Decimal.percent(rollback.before)) -> 0% by \(rollback.actor), \(rollback.at)\(why))"
        }
        let more = rollbacks.count - shown.count
        return shown.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }

    /// `The rollback of profile (100% -> 0% by alice, …), revision 42`.
    package var what: String { "The rollback of \(list), revision \(revision)," }

    /// Why it is not on disk, and what a restart would do.
    package var reason: String {
        problem
            + (isKept
                ? "; a restart serves it all the same"
                : "; a restart now would forget it, as nothing beside the file can be written")
    }

    /// What is so, for `doctor`.
    package func sentence(file: String) -> String {
        "\(what) is served since \(since), but not on disk in \(file): \(reason)"
    }

    package func advice(file: String) -> String {
        "if \(file) was edited, set its percentages as they are to be, with \"revision\": \(revision), and send SIGHUP; "
            + "if not, free the disk, or mend what keeps it from being written; strangler apply \(file) --over-rollback undoes the rollback"
    }
}
