import AdminAPI
import DurableFiles
import EventLoop
import Routing

extension RouterProcess {
    /// Called when this process begins to serve: says what a change will come to, and takes up what an earlier process
    /// could not write.
    func beginPersisting() {
        do throws(FileError) {
            try store.journal.reserve(for: handedOut.document)
        } catch {
            RouterLog.write(
                .warning, "no room could be reserved for rollbacks that cannot be written",
                ["file": store.journal.path, "problem": "\(error)"])
        }
        if let problem = store.persistenceProblem() {
            RouterLog.write(
                .warning, "changes will live in memory only", ["file": store.path, "problem": problem])
        }
        switch store.finding {
        case .nothing: break
        case .agrees: store.noteSettled()
        case .later:
            RouterLog.write(
                .warning, "the file was edited after a rollback that was never on disk, and is served",
                ["file": store.path])
            store.noteSettled()
        case .stands:
            RouterLog.write(
                .error, "rolled back before this start and not on disk: that is served, not what the file says",
                each: store.journal.rollbacks.entries
            ) { entry in
                [
                    "route": entry.route, "field": entry.field.rawValue, "before": "\(entry.before)",
                    "revision": "\(entry.revision)", "at": WallClock.text(entry.at), "actor": entry.actor,
                    "reason": entry.reason,
                ]
            }
            rememberUnwritten()
            // This happens after the table that was adopted from another process is served, because what this process
            // had read first is older.
            _ = inTurn(.other) { [self] _, finished in
                writeUnwritten()
                finished(false)
            }
        }
    }

    /// The commands that asked for these rollbacks may not have been able to record them: the ledger may lie on the
    /// same full disk.
    private func rememberUnwritten() {
        let entries = store.journal.rollbacks.entries
        for revision in Set(entries.map(\.revision)).sorted() {
            let parts = entries.filter { $0.revision == revision }
            guard let first = parts.first else { continue }
            recentChanges.add(
                RecordedChange(
                    at: WallClock.text(first.at), verb: ChangeVerb.rollback.rawValue, actor: first.actor,
                    reason: first.reason, previousRevision: Int(clamping: revision > 0 ? revision - 1 : 0),
                    revision: Int(clamping: revision),
                    changes: parts.map { entry in
                        RouteChange(
                            route: entry.route, field: entry.field.rawValue, before: entry.before.number, after: 0)
                    }))
        }
    }
}
