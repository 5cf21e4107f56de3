import DurableFiles
import Routing

/// Rollbacks that are served and not in the configuration file yet, kept in `.NAME.unwritten` beside it, in room that
/// was taken at the start: a full disk, a file that was edited or one that is mounted by itself do not make a restart
/// forget them.
///
/// Only the control loop uses it; it blocks on the disk.
final class RollbackJournal {
    private let file: ReservedFile
    private(set) var rollbacks = UnwrittenRollbacks()
    private(set) var pending = PendingWrite()
    private var reserved = 0

    init(beside configuration: DurableFile, calls: FileCalls) {
        file = ReservedFile(path: "\(configuration.folder)/.\(configuration.name).unwritten", calls: calls)
    }

    var path: String { file.path }
    var isReserved: Bool { reserved > 0 }

    /// Reads what an earlier process, or the one that is about to hand over, has left.
    func load() { rollbacks = file.read().flatMap { UnwrittenRollbacks($0) } ?? UnwrittenRollbacks() }

    /// Takes the room that a rollback of this document may need.
    func reserve(for document: RoutesDocument) throws(FileError) {
        let room = UnwrittenRollbacks.room(for: document)
        guard room > reserved else { return }
        try file.reserve(room)
        reserved = room
    }

    /// A rollback is served, and the file could not be written.
    /// - Parameter seen: checksum of what is in the file instead; 0: nothing that can be read.
    /// - Returns: milliseconds until the next attempt.
    func note(_ entries: [UnwrittenRollbacks.Entry], seen: UInt64, problem: String, now: Int64) -> Int64 {
        rollbacks.note(entries, seen: seen)
        return keep(problem, now: now)
    }

    /// Another attempt failed, or the first after a start.
    func stillUnwritten(_ problem: String, now: Int64) -> Int64 {
        // What is kept already is not written again.
        if let unwritten = pending.unwritten, unwritten.keeping == .journal {
            return pending.failed(problem, keeping: .journal, now: now)
        }
        return keep(problem, now: now)
    }

    private func keep(_ problem: String, now: Int64) -> Int64 {
        do throws(FileError) {
            try file.write(rollbacks.bytes)
            return pending.failed(problem, keeping: .journal, now: now)
        } catch {
            return pending.failed(problem, keeping: .memory("\(error)"), now: now)
        }
    }

    /// The file says what the rollbacks said, or its author knew of them.
    /// - Returns: whether that is news; a problem: the journal could not be emptied, and a start will look at it again.
    func settle() -> (isNews: Bool, problem: FileError?) {
        let isNews = pending.succeeded()
        guard !rollbacks.isEmpty else { return (isNews, nil) }
        rollbacks = UnwrittenRollbacks()
        do throws(FileError) {
            try file.write([])
            return (isNews, nil)
        } catch {
            return (isNews, error)
        }
    }
}
