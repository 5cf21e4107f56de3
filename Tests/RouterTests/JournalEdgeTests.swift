import AdminAPI
import DurableFiles
import Glibc
import Routing
import TestSupport
import Testing

@testable import Router

/// The ends of what a store keeps beside its file.
struct JournalEdgeTests {
    private static let text = configuration(
        legacy: 1, service: 2, percent: "100", route: #""context": "all", "mirror": { "percent": 50 },"#,
        context: #""contexts": { "all": { "keys": ["header:x-user"], "mode": "stateless" } },"#)

    private func store(_ folder: String, _ calls: FileCalls = .kernel) throws -> (ConfigurationStore, ServedTable) {
        let store = ConfigurationStore(path: "\(folder)/routes.json", calls: calls)
        return (store, try store.start().get().table)
    }

    /// A folder with the file, and a journal in which everything was rolled back, mirrors too.
    private func rolledBack(_ folder: String, reason: String = "") throws -> RollbackOrder.Plan {
        try DurableFile(path: "\(folder)/routes.json").replace(with: Array(Self.text.utf8))
        let (store, table) = try store(folder)
        try store.journal.reserve(for: table.document)
        // Again is no more.
        try store.journal.reserve(for: table.document)
        var order = RollbackOrder(.all, by: ChangeAuthor(actor: "alice", reason: reason))
        order.stopsMirrors = true
        let plan = try order.plan(table.document, revision: 8, now: WallClock.milliseconds())
        _ = store.journal.note(plan.entries, seen: 1, problem: "full", now: 1)
        return plan
    }

    @Test func `what is refused names mirrors too, and a reason only when there is one`() throws {
        let scratch = try TemporaryFolder()
        let entries = try rolledBack(scratch.path).entries
        let plain = ConfigurationProblem.undoesRollback(entries, path: "routes.json").message
        #expect(plain.contains("the mirror of \"all\" was at 50%") && plain.contains("(revision 8)"))
        let other = try TemporaryFolder()
        let said = ConfigurationProblem.undoesRollback(try rolledBack(other.path, reason: "burns").entries, path: "x")
        #expect(said.message.contains("(revision 8: burns)"))
    }

    @Test func `a start gives the rollback the number that it had, if a copy of it was kept`() throws {
        let scratch = try TemporaryFolder()
        let plan = try rolledBack(scratch.path)
        let document = try RoutesDocument.parse(Array(Self.text.utf8), file: "routes.json").get()
        try Generations(of: DurableFile(path: scratch.file("routes.json"))).keep(
            document.edited(plan.edits + [.revision(8)]), revision: 8)
        #expect(try store(scratch.path).1.revision == 8)
    }

    @Test func `a start gives it a later number when another text had that one`() throws {
        let scratch = try TemporaryFolder()
        _ = try rolledBack(scratch.path)
        try Generations(of: DurableFile(path: scratch.file("routes.json"))).keep(Array(Self.text.utf8), revision: 8)
        let (store, table) = try store(scratch.path)
        #expect(table.revision == 9 && table.document.routes[0].percent == .zero)
        #expect(table.document.routes[0].mirror?.percent == .zero)
        // Who takes over from itself finds nothing new; a file that is gone is told.
        #expect(try store.startAgain().get() == nil)
        try store.file.remove()
        #expect(throws: ConfigurationProblem.self) { try store.startAgain().get() }
    }

    @Test func `who takes over serves a rollback under a number that its loops have not had`() throws {
        let scratch = try TemporaryFolder()
        try DurableFile(path: scratch.file("routes.json")).replace(
            with: Array(Self.text.replacing(": 7", with: ": 20").utf8))
        let (next, early) = try store(scratch.path)
        #expect(early.revision == 20)
        _ = try rolledBack(scratch.path)
        #expect(try next.startAgain().get()?.revision == 21)
    }

    @Test func `a journal that cannot be emptied does not keep the file from being written`() throws {
        let scratch = try TemporaryFolder()
        _ = try rolledBack(scratch.path)
        let journal = scratch.file(".routes.json.unwritten")
        var calls = FileCalls.kernel
        calls.open = { path, flags, mode in
            path == journal && flags & O_ACCMODE != O_RDONLY ? -Int(EIO) : FileCalls.kernel.open(path, flags, mode)
        }
        let (store, _) = try store(scratch.path, calls)
        #expect(store.writeAgain() == .written(revision: 8))
        #expect(store.journal.rollbacks.isEmpty)
        #expect(store.writeAgain() == .nothing)
        // The next start looks at it again, and sees that the file agrees.
        #expect(try self.store(scratch.path).0.finding == .agrees)
    }

    @Test func `what is kept is not written again with each attempt, what is not is`() throws {
        let scratch = try TemporaryFolder()
        _ = try rolledBack(scratch.path)
        let writes = SickDisk()
        let (store, _) = try store(scratch.path, writes.calls)
        writes.falls(.refuses(EROFS))
        #expect(store.journal.stillUnwritten("full", now: 1) == 100)
        #expect(store.isInMemoryOnly)
        writes.isCured()
        #expect(store.journal.stillUnwritten("full", now: 2) == 200)
        #expect(!store.isInMemoryOnly)
        writes.falls(.refuses(EROFS))
        #expect(store.journal.stillUnwritten("full", now: 3) == 400)
        #expect(!store.isInMemoryOnly)
    }

    @Test func `a file that cannot be replaced is told beforehand, with what becomes of a rollback`() throws {
        let scratch = try TemporaryFolder()
        _ = try rolledBack(scratch.path)
        let (store, table) = try store(scratch.path)
        #expect(store.persistenceProblem() == nil)
        try DurableFile(path: scratch.file("routes.json")).remove()
        #expect(symlink("routes.json", scratch.file("routes.json")) == 0)
        #expect(store.persistenceProblem()?.hasSuffix("a restart forgets them") == true)
        try store.journal.reserve(for: table.document)
        #expect(store.persistenceProblem()?.hasSuffix("where a start finds them") == true)
    }

    @Test func `a rehearsal of a reload tells what the reload would`() throws {
        let scratch = try TemporaryFolder()
        try DurableFile(path: scratch.file("routes.json")).replace(with: Array(Self.text.utf8))
        let (store, table) = try store(scratch.path)
        #expect(try store.candidate().get().bytes == table.bytes)
        let edited = Array(Self.text.replacing("\"percent\": 100 ", with: "\"percent\": 30 ").utf8)
        try DurableFile(path: scratch.file("routes.json")).replace(with: edited)
        #expect(try store.candidate().get().bytes == edited)
        #expect(try store.candidate(overRollback: true).get().bytes == edited)
    }

    @Test func `a start over a copy that was rolled back already keeps what the file does not say`() throws {
        let scratch = try TemporaryFolder()
        let plan = try rolledBack(scratch.path)
        let file = DurableFile(path: scratch.file("routes.json"))
        let document = try RoutesDocument.parse(Array(Self.text.utf8), file: "routes.json").get()
        try Generations(of: file).keep(document.edited(plan.edits + [.revision(8)]), revision: 8)
        try file.replace(with: Array("{".utf8))
        let (store, table) = try store(scratch.path)
        #expect(table.revision == 8 && store.finding == .stands && !store.journal.rollbacks.isEmpty)
    }

    @Test func `a file without a number is laid over as well`() throws {
        let scratch = try TemporaryFolder()
        _ = try rolledBack(scratch.path)
        let file = DurableFile(path: scratch.file("routes.json"))
        try file.replace(with: Array(Self.text.replacing("\"revision\": 7,", with: "").utf8))
        let (store, table) = try store(scratch.path)
        #expect(table.revision == 8 && store.finding == .stands)
    }

    @Test func `a file that is gone while the disk refuses is nothing that was seen`() throws {
        let scratch = try TemporaryFolder()
        let file = DurableFile(path: scratch.file("routes.json"))
        try file.replace(with: Array(Self.text.utf8))
        let disk = SickDisk()
        let (store, table) = try store(scratch.path, disk.calls)
        try store.journal.reserve(for: table.document)
        disk.falls(.full)
        try file.remove()
        let plan = try RollbackOrder(.all, by: ChangeAuthor(actor: "alice", reason: "")).plan(
            table.document, revision: 8, now: 1)
        guard case .failed = store.writeServed(try store.draft(plan.edits).get(), plan.entries) else {
            Issue.record("it was written")
            return
        }
        #expect(store.journal.rollbacks.seen == 0)
    }

    @Test func `a text that has served is read again, although rules came after it`() throws {
        let scratch = try TemporaryFolder()
        let file = DurableFile(path: scratch.file("routes.json"))
        try file.replace(with: Array(Self.text.utf8))
        let (store, _) = try store(scratch.path)
        // Writes by chance: refused of a new text, told of one that runs.
        let offending = Array(
            Self.text.replacing("\"percent\": 100 ", with: "\"percent\": 50 ").replacing(
                "\"context\": \"all\",", with: ""
            )
            .utf8)
        try file.replace(with: offending)
        #expect(throws: ConfigurationProblem.self) { try store.reread().get() }
        try Generations(of: file).keep(offending, revision: 9)
        #expect(try store.reread().get()?.document.routes[0].percent == Percent(ticks: 500_000))
    }
}
