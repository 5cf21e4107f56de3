import DurableFiles
import Glibc
import Routing

/// What is served and not on disk: only ever a rollback, because everything else is written before it is served.
extension ConfigurationStore {
    /// What a start found in the journal.
    enum JournalFinding: Equatable {
        case nothing
        /// The file says what the rollbacks said.
        case agrees
        /// The file was edited after them, by somebody who knew.
        case later
        /// They are served over an older file, or over a copy of one that is bad.
        case stands
    }

    enum Attempt: Equatable {
        /// Nothing is left to be written.
        case nothing
        case written(revision: UInt64)
        /// Not yet; try again after so many milliseconds.
        case failed(problem: String, again: Int64)
    }

    /// Writes a rollback that is served already. What cannot be written goes into the journal.
    func writeServed(_ table: ServedTable, _ entries: [UnwrittenRollbacks.Entry]) -> Attempt {
        guard let problem = write(table) else { return wrote(table) }
        let seen = (try? file.read()).map(Self.checksum) ?? 0
        let why = cause(problem)
        return .failed(
            problem: why,
            again: journal.note(entries, seen: seen, problem: why, now: WallClock.milliseconds()))
    }

    /// Tries again to write what is served.
    func writeAgain() -> Attempt {
        guard let current, !journal.rollbacks.isEmpty else { return .nothing }
        guard let problem = write(current) else { return wrote(current) }
        let why = cause(problem)
        return .failed(
            problem: why,
            again: journal.stillUnwritten(why, now: WallClock.milliseconds()))
    }

    /// To load an edited file is no advice here: one that undoes the rollback is refused.
    private func cause(_ problem: ConfigurationProblem) -> String {
        problem.code == "file_changed" ? "\(path) was edited and is not what is served" : problem.message
    }

    private func wrote(_ table: ServedTable) -> Attempt {
        noteSettled()
        return .written(revision: table.revision)
    }

    /// The file says what is served, or what its author, who knew of the rollbacks, wanted.
    func noteSettled() {
        let settled = journal.settle()
        if let problem = settled.problem {
            RouterLog.write(
                .warning, "the journal of rollbacks could not be emptied",
                ["file": journal.path, "problem": "\(problem)"])
        }
        if settled.isNews { RouterLog.write(.info, "what is served is on disk", ["file": path]) }
    }

    var unwritten: PendingWrite.Unwritten? { journal.pending.unwritten }

    /// Something is served that a start would know nothing of.
    var isInMemoryOnly: Bool {
        if case .memory = unwritten?.keeping { true } else { false }
    }

    /// Why no change can be written, as far as that can be told beforehand, and what follows; nil: nothing speaks
    /// against it.
    func persistenceProblem() -> String? {
        guard let problem = file.replacementProblem() else { return nil }
        let journalled = journal.isReserved && access(journal.path, W_OK) == 0
        return "\(problem): shifts are refused, and rollbacks live in memory only"
            + (journalled ? ", and in \(journal.path), where a start finds them" : "; a restart forgets them")
    }
}
