import Routing

/// The newest changes of what is served, so that a command that was cut off can be recorded all the same. Confined to
/// the control loop.
final class RecentChanges {
    struct Change {
        var at: Int64
        var verb: ChangeVerb
        var actor: String
        var reason: String
        var previousRevision: UInt64
        var revision: UInt64
        var changes: [RouteChange]
    }

    static let limit = 256
    /// Of one change: ten thousand routes may change together.
    static let routeLimit = 100
    /// Characters of an author's name, or of a reason: a request may bring a MiB of them.
    static let textLimit = 1000
    private var changes: [Change] = []

    func add(_ change: Change) {
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
    func answer(after revision: UInt64) -> AdminAnswer {
        let rows = changes.filter { $0.revision > revision }.map { change -> JSONText.Value in
            .object([
                ("at", .text(WallClock.text(change.at))), ("verb", .text(change.verb.rawValue)),
                ("actor", .text(change.actor)), ("reason", .text(change.reason)),
                ("previous_revision", .count(change.previousRevision)), ("revision", .count(change.revision)),
                ("changes", .array(change.changes.map { $0.json })),
            ])
        }
        return .json([("changes", .array(rows))])
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
