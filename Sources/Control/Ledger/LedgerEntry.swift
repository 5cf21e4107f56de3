package import AdminAPI
package import ControlKit

/// One change of the routes, as the ledger keeps it.
package struct LedgerEntry: Equatable, Sendable {
    /// Order of recording; 0 before it is recorded.
    package var number: Int
    /// RFC 3339, UTC.
    package var at: String
    /// Of the change's author.
    package var actor: String
    /// `shift`, `rollback`, `mirror`, `apply`, `undo`, or `outside` for a change that did not come through this CLI.
    package var verb: String
    /// Route id, or `*` for several.
    package var route: String
    package var reason: String?
    package var changes: [RouteChange]
    package var previousRevision: Int
    package var revision: Int

    package init(
        number: Int = 0, at: String, actor: String, verb: String, route: String, reason: String?,
        changes: [RouteChange], previousRevision: Int, revision: Int
    ) {
        self.number = number
        self.at = at
        self.actor = actor
        self.verb = verb
        self.route = route
        self.reason = reason
        self.changes = changes
        self.previousRevision = previousRevision
        self.revision = revision
    }

    /// `10% -> 50%`; mirrors and structure say what they are.
    package var summary: String {
        let parts = changes.map { change in
            let before = change.before.map { Decimal.percent($0) } ?? "-"
            let after = change.after.map { Decimal.percent($0) } ?? "-"
            switch change.field {
            case "percent": return "\(before) -> \(after)"
            case "mirror": return "mirror \(before) -> \(after)"
            default: return change.field
            }
        }
        guard Set(changes.map(\.route)).count > 1 else { return parts.joined(separator: ", ") }
        return zip(changes, parts).map { "\($0.route) \($1)" }.joined(separator: ", ")
    }

    package var datum: OutputValue {
        [
            "number": .integer(Int64(number)), "at": .string(at), "who": .string(actor), "verb": .string(verb),
            "route": .string(route), "reason": .optional(reason), "revision": .integer(Int64(revision)),
            "previous_revision": .integer(Int64(previousRevision)),
            "changes": .array(changes.map(\.datum)),
        ]
    }
}

extension RouteChange {
    package var datum: OutputValue {
        [
            "route": .string(route), "field": .string(field), "before": .optional(before), "after": .optional(after),
        ]
    }
}
