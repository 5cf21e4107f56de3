import AdminAPI
import DurableFiles
import EventLoop
import Glibc
import JSON
import Routing
import TestSupport
import Testing

@testable import Router

/// A disk that refuses, until it is cured.
final class SickDisk: Sendable {
    enum Sickness: Sendable {
        /// Nothing new can be created; what is there can be overwritten: a full disk.
        case full
        /// Nothing can be written at all.
        case refuses(Int32)
    }

    private let sickness = Guarded<Sickness?>(nil)

    func falls(_ sickness: Sickness) { self.sickness.withLock { $0 = sickness } }
    func isCured() { sickness.withLock { $0 = nil } }

    var calls: FileCalls {
        var calls = FileCalls.kernel
        calls.open = { [sickness] path, flags, mode in
            switch sickness.withLock({ $0 }) {
            case .full? where flags & O_CREAT != 0: -Int(ENOSPC)
            case .refuses(let code)? where flags & O_ACCMODE != O_RDONLY: -Int(code)
            default: FileCalls.kernel.open(path, flags, mode)
            }
        }
        return calls
    }
}

/// Rollbacks that are served and cannot be written: kept, shown, tried again, and not undone by an older file.
struct RollbackPersistenceTests {
    private struct Bench {
        let disk = SickDisk()
        let old: EchoUpstream
        let new: EchoUpstream
        let router: RouterFixture

        init(percent: String = "100") throws {
            old = try EchoUpstream("old")
            new = try EchoUpstream("new")
            router = try RouterFixture(
                configuration(
                    legacy: old.port, service: new.port, percent: percent, route: RollbackPersistenceTests.stateless,
                    context: RollbackPersistenceTests.context),
                files: disk.calls)
        }

        var file: DurableFile { DurableFile(path: "\(router.folder)/routes.json") }
        func text() throws -> String { String(decoding: try file.read(), as: UTF8.self) }

        func rollBack() throws -> JSONDocument {
            let (status, json) = try router.admin(
                "POST", "/v1/rollback", #"{"all": true, "actor": "alice", "reason": "it burns"}"#)
            #expect(status == 200)
            return json
        }

        func unwritten() throws -> JSONValue? {
            let value = try router.admin("GET", "/v1/status").json.root["config"]?["unwritten"]
            return value?.isNull == true ? nil : value
        }

        func waitUntilWritten() throws {
            let patience = ContinuousClock.now + .seconds(20)
            while try unwritten() != nil {
                guard ContinuousClock.now < patience else {
                    throw RouterFixture.Failure(description: "never written")
                }
            }
        }

        func reload(_ query: String = "") throws -> (status: Int, json: JSONDocument) {
            try router.admin("POST", "/v1/reload\(query)")
        }
    }

    @Test(arguments: [.full, .refuses(EROFS), .refuses(EIO), .refuses(ENOSPC)] as [SickDisk.Sickness])
    func `a rollback that cannot be written is served, told, and written as soon as it can be`(
        _ sickness: SickDisk.Sickness
    ) throws {
        let bench = try Bench()
        let before = try bench.text()
        bench.disk.falls(sickness)
        let answer = try bench.rollBack()
        #expect(answer.root["changed"]?.bool == true)
        #expect(answer.root["warnings"]?.elements.contains { $0.string?.contains("not on disk") == true } == true)
        #expect(try bench.router.get("/").body == "old")
        #expect(try bench.text() == before)
        let unwritten = try #require(try bench.unwritten())
        #expect(unwritten["revision"]?.int == 8)
        #expect(unwritten["rollbacks"]?[0]?["actor"]?.string == "alice")
        var isKept = false
        if case .full = sickness { isKept = true }
        #expect(unwritten["kept"]?.string == (isKept ? "journal" : "memory"))
        try bench.router.waitForMetric("strangler_unwritten_revision 8")
        let ready = try bench.router.admin("GET", "/readyz?verbose")
        #expect(ready.status == 200 && ready.json.root["unwritten"]?["revision"]?.int == 8)
        bench.disk.isCured()
        try bench.waitUntilWritten()
        #expect(try bench.text() == before.replacing("100 ", with: "0 ").replacing(": 7", with: ": 8"))
        try bench.router.waitForMetric("strangler_unwritten_revision 0")
        #expect(try bench.reload().json.root["changed"]?.bool == false)
    }

    @Test func `while it is not on disk, an older file is refused with the name of the rollback`() throws {
        let bench = try Bench(percent: "50")
        // Edited by hand to a higher share, and not loaded yet.
        let edited = try bench.text().replacing("\"percent\": 50", with: "\"percent\": 75")
        try bench.router.write(edited)
        _ = try bench.rollBack()
        let refused = try bench.reload()
        #expect(refused.status == 409 && refused.json.root["code"]?.string == "undoes_rollback")
        let detail = try #require(refused.json.root["detail"]?.string)
        for part in ["\"all\"", "50%", "alice", "it burns", "revision 8", "--over-rollback"] {
            #expect(detail.contains(part), "\(part) in \(detail)")
        }
        #expect(try bench.reload("?dry_run=true").status == 409)
        #expect(try bench.router.get("/").body == "old")
        #expect(try bench.text() == edited)
        // The same as a whole document.
        let put = try bench.router.admin("PUT", "/v1/routes", edited, fields: "if-match: \"8\"\r\n")
        #expect(put.status == 409 && put.json.root["code"]?.string == "undoes_rollback")
        #expect(try bench.reload("?over_rollback=yes").status == 400)
        let over = try bench.reload("?over_rollback=true")
        #expect(over.status == 200 && over.json.root["revision"]?.int == 9)
        #expect(try bench.unwritten() == nil)
    }

    @Test func `an edit made after the rollback is taken, and nothing is left to be written`() throws {
        let bench = try Bench(percent: "50")
        let text = try bench.text()
        bench.disk.falls(.full)
        _ = try bench.rollBack()
        bench.disk.isCured()
        // Another share than the one that the rollback took away, in a file that is newer by a second at least.
        try bench.router.write(text.replacing("\"percent\": 50", with: "\"percent\": 25"))
        var times = [timespec(tv_sec: time(nil) + 5, tv_nsec: 0), timespec(tv_sec: time(nil) + 5, tv_nsec: 0)]
        #expect(utimensat(AT_FDCWD, bench.file.path, &times, 0) == 0)
        let reloaded = try bench.reload()
        #expect(reloaded.status == 200 && reloaded.json.root["changed"]?.bool == true)
        #expect(try bench.unwritten() == nil)
        #expect(try bench.router.admin("GET", "/v1/status").json.root["routes"]?[0]?["percent"]?.int == 25)
    }

    @Test
    func `a bad file mended to what it was is the router's own text, and the rollback is written over it`() throws {
        let bench = try Bench(percent: "50")
        let good = try bench.text()
        try bench.router.write("{")
        _ = try bench.rollBack()
        #expect(try bench.unwritten() != nil)
        try bench.router.write(good)
        let reloaded = try bench.reload()
        #expect(reloaded.status == 200 && reloaded.json.root["changed"]?.bool == false)
        #expect(try bench.unwritten() == nil)
        #expect(
            try bench.text() == good.replacing("\"percent\": 50", with: "\"percent\": 0").replacing(": 7", with: ": 8"))
    }

    @Test func `a change that is written later brings the rollback with it`() throws {
        let bench = try Bench()
        bench.disk.falls(.full)
        _ = try bench.rollBack()
        #expect(try bench.router.admin("POST", "/v1/routes/all/shift", #"{"percent": 5}"#).status == 503)
        #expect(try bench.unwritten() != nil)
        bench.disk.isCured()
        #expect(try bench.router.admin("POST", "/v1/routes/all/shift", #"{"percent": 5}"#).status == 200)
        #expect(try bench.unwritten() == nil)
        #expect(try bench.text().contains("\"percent\": 5"))
    }

    @Test func `it is not written while another change is under way, whose text may be in the file already`() throws {
        let bench = try Bench()
        bench.disk.falls(.full)
        _ = try bench.rollBack()
        let end = Guarded<(@Sendable () -> Void)?>(nil)
        let before = try bench.text()
        #expect(
            try bench.router.onLoop { router in
                router.inTurn(.other) { _, finished in
                    nonisolated(unsafe) let finished = finished
                    end.withLock { $0 = { finished(false) } }
                }
            })
        bench.disk.isCured()
        while try bench.router.onLoop({ $0.line.waiting }) == 0 { _ = try #require(try bench.unwritten()) }
        #expect(try bench.text() == before)
        _ = try bench.router.onLoop { _ in end.withLock { $0?() } }
        try bench.waitUntilWritten()
    }

    @Test func `a process whose place another takes leaves the file to that one`() throws {
        let bench = try Bench()
        let before = try bench.text()
        bench.disk.falls(.full)
        _ = try bench.rollBack()
        try bench.router.onLoop { $0.refusesChanges = true }
        bench.disk.isCured()
        // The attempt that was due by then has been let go: the next is set for a second later.
        let timer = try bench.router.onLoop { router in router.unwrittenTimer.map { ObjectIdentifier($0) } }
        while try bench.router.onLoop({ router in router.unwrittenTimer.map { ObjectIdentifier($0) } }) == timer {}
        // Nor does SIGHUP write it, or empty the journal.
        let (refused, done) = (Guarded<String?>(nil), Gate())
        try bench.router.onLoop { router in
            router.reload { result in
                if case .failure(let problem) = result { refused.withLock { $0 = problem.code } }
                done.open()
            }
        }
        #expect(done.wait())
        #expect(refused.withLock { $0 } == "taken_over")
        #expect(try bench.text() == before)
        try bench.router.onLoop { $0.refusesChanges = false }
        try bench.waitUntilWritten()
    }

    @Test func `a process that takes over writes a rollback made while it got ready, not what it read first`() throws {
        let bench = try Bench()
        // The other process: it rolls back while the disk is full.
        let disk = SickDisk()
        let (other, table) = try start(bench.router.folder, disk.calls)
        disk.falls(.full)
        let plan = try RollbackOrder(.all, by: .init(actor: "alice", reason: "it burns")).plan(
            table.document, revision: 8, now: WallClock.milliseconds())
        guard case .failed = other.writeServed(try other.draft(plan.edits).get(), plan.entries) else {
            throw RouterFixture.Failure(description: "it was written")
        }
        try bench.router.onLoop { router in
            router.adoptNewestRevision()
            router.beginPersisting()
        }
        while try bench.router.onLoop({ $0.line.isBusy }) {}
        try bench.waitUntilWritten()
        #expect(try bench.router.get("/").body == "old")
        #expect(try bench.text().contains("\"percent\": 0") && bench.text().contains("\"revision\": 8"))
        #expect(try start(bench.router.folder).0.finding == .nothing)
    }

    // MARK: A start

    private func start(_ folder: String, _ calls: FileCalls = .kernel) throws -> (ConfigurationStore, ServedTable) {
        let store = ConfigurationStore(path: "\(folder)/routes.json", calls: calls)
        return (store, try store.start().get().table)
    }

    /// A store whose rollback of 100 could not be written.
    private func rolledBack(_ folder: String, sickness: SickDisk.Sickness = .full) throws -> ConfigurationStore {
        let text = configuration(
            legacy: 1, service: 2, percent: "100", route: RollbackPersistenceTests.stateless,
            context: RollbackPersistenceTests.context)
        try DurableFile(path: "\(folder)/routes.json").replace(with: Array(text.utf8))
        let disk = SickDisk()
        let (store, table) = try start(folder, disk.calls)
        try store.journal.reserve(for: table.document)
        disk.falls(sickness)
        let plan = try RollbackOrder(.all, by: .init(actor: "alice", reason: "it burns")).plan(
            table.document, revision: 8, now: WallClock.milliseconds())
        let draft = try store.draft(plan.edits).get()
        guard case .failed = store.writeServed(draft, plan.entries) else {
            throw RouterFixture.Failure(description: "it was written")
        }
        return store
    }

    @Test func `a start with the file of before serves what was rolled back, under its number, and writes it`() throws {
        let scratch = try TemporaryFolder()
        _ = try rolledBack(scratch.path)
        let (store, table) = try start(scratch.path)
        #expect(table.document.routes[0].percent == .zero && table.revision == 8)
        #expect(store.finding == .stands)
        #expect(store.writeAgain() == .written(revision: 8))
        #expect(try DurableFile(path: scratch.file("routes.json")).read() == table.bytes)
        let (again, _) = try start(scratch.path)
        #expect(again.finding == .nothing && again.journal.rollbacks.isEmpty)
    }

    @Test(arguments: ["{", "", "gone", "edited"])
    func `a start finds it whatever has become of the file`(_ what: String) throws {
        let scratch = try TemporaryFolder()
        _ = try rolledBack(scratch.path)
        let file = DurableFile(path: scratch.file("routes.json"))
        let good = try file.read()
        try Generations(of: file).keep(good, revision: 7)
        switch what {
        case "gone": try file.remove()
        case "edited": try file.replace(with: good + Array("\n".utf8))
        default: try file.replace(with: Array(what.utf8))
        }
        let (store, table) = try start(scratch.path)
        #expect(table.document.routes[0].percent == .zero && table.revision >= 8)
        #expect(store.finding == .stands)
        switch (store.writeAgain(), what) {
        case (.written, "gone"), (.written, "edited"): break
        // What is no configuration is its author's to mend.
        case (.failed(let problem, _), "{"), (.failed(let problem, _), ""): #expect(problem.contains("edited"))
        case (let attempt, _): Issue.record("\(what): \(attempt)")
        }
    }

    @Test func `a start takes a file that was edited after the rollback, by one who knew of it`() throws {
        let scratch = try TemporaryFolder()
        _ = try rolledBack(scratch.path)
        let file = DurableFile(path: scratch.file("routes.json"))
        let text = String(decoding: try file.read(), as: UTF8.self)
        try file.replace(with: Array(text.replacing("\"revision\": 7", with: "\"revision\": 8").utf8))
        let (store, table) = try start(scratch.path)
        #expect(table.document.routes[0].percent == .all)
        #expect(store.finding == .later)
    }

    @Test func `a process that takes over reads the journal again, and serves what was rolled back meanwhile`() throws {
        let scratch = try TemporaryFolder()
        let text = configuration(
            legacy: 1, service: 2, percent: "100", route: RollbackPersistenceTests.stateless,
            context: RollbackPersistenceTests.context)
        try DurableFile(path: scratch.file("routes.json")).replace(with: Array(text.utf8))
        let (next, early) = try start(scratch.path)
        #expect(early.document.routes[0].percent == .all)
        _ = try rolledBack(scratch.path)
        let newest = try #require(try next.startAgain().get())
        #expect(newest.document.routes[0].percent == .zero && newest.revision == 8)
        next.adopted(newest)
        #expect(try next.startAgain().get() == nil)
    }

    @Test func `what is neither on disk nor in the journal is known to be in memory only`() throws {
        let scratch = try TemporaryFolder()
        #expect(try rolledBack(scratch.path, sickness: .refuses(EROFS)).isInMemoryOnly)
        let other = try TemporaryFolder()
        #expect(try !rolledBack(other.path).isInMemoryOnly)
    }
}

extension RollbackPersistenceTests {
    /// Written by hand: nothing is to be kept for anybody.
    fileprivate static let context = #""contexts": { "all": { "keys": ["header:x-user"], "mode": "stateless" } },"#
    fileprivate static let stateless = #""context": "all","#
}
