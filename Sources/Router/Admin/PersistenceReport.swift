import Routing

/// Whether the file says what is served, and whether a change could be written, for `GET /v1/status` and
/// `GET /readyz?verbose`.
struct PersistenceReport {
    let store: ConfigurationStore

    init(_ store: ConfigurationStore) { self.store = store }

    var members: [(String, JSONText.Value)] {
        [("unwritten", unwritten), ("not_writable", .optional(store.persistenceProblem()))]
    }

    private var unwritten: JSONText.Value {
        guard let unwritten = store.unwritten, let table = store.current else { return .null }
        var kept = JSONText.Value.text("journal")
        var forgotten = JSONText.Value.null
        if case .memory(let reason) = unwritten.keeping {
            kept = .text("memory")
            forgotten = .text(reason)
        }
        return .object([
            ("revision", .count(table.revision)), ("since", .text(WallClock.text(unwritten.since))),
            ("attempts", .count(unwritten.attempts)), ("problem", .text(unwritten.problem)), ("kept", kept),
            ("not_kept_because", forgotten),
            (
                "rollbacks",
                .array(
                    store.journal.rollbacks.entries.prefix(RecentChanges.routeLimit).map { entry in
                        .object([
                            ("route", .text(entry.route)), ("field", .text(entry.field.rawValue)),
                            ("before", .percent(entry.before)), ("revision", .count(entry.revision)),
                            ("at", .text(WallClock.text(entry.at))), ("actor", .text(entry.actor)),
                            ("reason", .text(entry.reason)),
                        ])
                    })
            ),
        ])
    }
}
