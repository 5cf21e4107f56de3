import AdminAPI
import Routing

/// The newest changes of what is served, so that a command that was cut off can be recorded all the same. Confined to
/// the control loop.
final class RecentChanges {
    static let limit = 256
    /// Of one change: ten thousand routes may change together.
    static let routeLimit = 100
    /// Characters of an author's name, or of a reason: a request may bring a MiB of them.
    static let textLimit = 1000
    private var changes: [RecordedChange] = []

    func add(_ change: RecordedChange) {
        var change = change
        change.changes = Array(change.changes.prefix(Self.routeLimit))
        change.actor = Self.cut(change.actor)
        change.reason = Self.cut(change.reason)
        if changes.count == Self.limit { changes.removeFirst() }
        changes.append(change)
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count > textLimit ? String(String.UnicodeScalarView(text.unicodeScalars.prefix(textLimit))) : text
    }

    /// `GET /v1/changes`: those after a revision, the oldest first.
    func response(after revision: Int) -> RecentChangesResponse {
        RecentChangesResponse(changes: changes.filter { $0.revision > revision })
    }
}

/// What was asked for, as the ledger of the command line calls it.
enum ChangeVerb: String {
    case shift, mirror, rollback, apply, undo
    /// A new document, from whom did not say why.
    case put
    /// The file was read again.
    case reload
}
