import DurableFiles
import EventLoop
import Routing

extension RouterProcess {
    /// From the start on, when this process is the one that serves: says what a change will come to, and takes up what an earlier process
    /// could not write.
    func beginPersisting() {
        guard let table = handedOutOrServed else { return }
        do throws(FileError) {
            try store.journal.reserve(for: table.document)
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
            writeUnwritten()
        }
    }

    private var handedOutOrServed: ServedTable? { store.current ?? handedOut }
}
