import AdminAPI
import Routing

extension Persistence {
    /// What `GET /v1/status` and `GET /readyz?verbose` say of the file.
    init(_ store: ConfigurationStore) {
        self.init(unwritten: Unwritten(store), notWritable: store.persistenceProblem())
    }
}

extension Unwritten {
    init?(_ store: ConfigurationStore) {
        guard let unwritten = store.unwritten, let table = store.current else { return nil }
        var kept = "journal"
        var forgotten: String?
        if case .memory(let reason) = unwritten.keeping { (kept, forgotten) = ("memory", reason) }
        self.init(
            revision: Int(clamping: table.revision), since: WallClock.text(unwritten.since),
            attempts: unwritten.attempts, problem: unwritten.problem, kept: kept, notKeptBecause: forgotten,
            rollbacks: store.journal.rollbacks.entries.prefix(RecentChanges.routeLimit).map { entry in
                Rollback(
                    route: entry.route, field: entry.field.rawValue, before: entry.before.number,
                    revision: Int(clamping: entry.revision), at: WallClock.text(entry.at), actor: entry.actor,
                    reason: entry.reason)
            })
    }
}
