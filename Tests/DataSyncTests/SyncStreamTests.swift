import DataSync
import Foundation
import SQLite
import Testing

@testable import Migration

@Suite struct SyncStreamTests {
    private let stores: StorePair

    init() throws { stores = try StorePair() }

    private func stopReason(_ body: () throws -> Void) -> StopReason? {
        do {
            try body()
            return nil
        } catch {
            return error as? StopReason
        }
    }

    @Test func `rows arrive exactly as they are`() throws {
        try stores.install()
        let values: [SQLValue] = [
            .double(-0.0), .double(.infinity), .int(.max), .blob([0, 255]), .blob([]), .text("é\u{0}"),
            .invalidText([0xFF]), .null,
        ]
        for (index, value) in values.enumerated() {
            try stores.source.execute("INSERT INTO pairs VALUES('k', ?, ?)", index, value)
        }
        try stores.synchronise()
        #expect(try stores.target.query("SELECT v FROM pairs ORDER BY b") { $0.value(0) } == values)
        #expect(try stores.isEqual)
    }

    @Test func `nothing is carried twice and idle costs nothing`() throws {
        try stores.source.execute("INSERT INTO users VALUES('a', 'a@x', 1, NULL)")
        try stores.install()
        let stream = try SyncStream(stores.group)
        try stores.catchUp(stream)
        #expect(try stream.step() == .idle)
        try stores.source.execute("UPDATE users SET n = 2")
        #expect(try stream.step() == .carried(changes: 1, copied: 0))
        #expect(try stream.step() == .idle)
        // A new agent has nothing to repeat either.
        #expect(try SyncStream(stores.group).step() == .idle)
    }

    @Test func `a transaction of the source arrives whole`() throws {
        try stores.install()
        try stores.synchronise()
        let stream = try SyncStream(stores.group)
        _ = try stream.step()
        try stores.source.script(
            "BEGIN; INSERT INTO users VALUES('a', 'a', 1, NULL); INSERT INTO items VALUES(1, 'a', 1);")
        _ = try stream.step()
        #expect(try stores.target.int("SELECT count(*) FROM people") == 0)
        try stores.source.script("COMMIT")
        _ = try stream.step()
        #expect(try stores.target.int("SELECT (SELECT count(*) FROM people) + (SELECT count(*) FROM items)") == 2)
    }

    @Test func `installing again closes the gap`() throws {
        try stores.source.execute("INSERT INTO users VALUES('a', 'a', 1, NULL), ('b', 'b', 1, NULL)")
        try stores.install()
        try stores.synchronise()
        try stores.source.script("DROP TRIGGER _sf_users_ad; DELETE FROM users WHERE id = 'a'; UPDATE users SET n = 9")
        let report = try stores.install()
        #expect(report.installed == ["users"])
        #expect(report.copiesAnew)
        try stores.synchronise()
        #expect(try stores.isEqual)
        #expect(try stores.install().copiesAnew == false)
    }

    @Test func `a gap of a shared table concerns every group`() throws {
        try stores.install()
        try stores.synchronise()
        let stream = try SyncStream(stores.group)
        _ = try stream.step()
        // Another group carries the same table; its installation finds a trigger missing and puts it back.
        let other = try DatabaseConnection(path: stores.folder + "/other.db")
        try other.script("CREATE TABLE users(id TEXT PRIMARY KEY, email TEXT, n REAL, b BLOB)")
        try stores.source.script("DROP TRIGGER _sf_users_ai; INSERT INTO users VALUES('lost', 'lost', 1, NULL)")
        let group = DataDocument.Group(
            name: "other", source: stores.group.source, target: stores.folder + "/other.db",
            tables: [.init(name: "users", target: "users", key: [], columns: [])])
        _ = try CaptureInstaller(group).install(source: stores.source, target: other)
        #expect(stopReason { _ = try stream.step() } == .captureChanged(table: "users"))
        #expect(try stores.install().copiesAnew)
        try stores.synchronise()
        #expect(try stores.isEqual)
    }

    @Test func `a source from a back-up is not followed`() throws {
        try stores.install()
        try stores.source.backup(to: stores.folder + "/backup.db")
        try stores.source.execute("INSERT INTO users VALUES('a', 'a', 1, NULL)")
        try stores.synchronise()
        var group = stores.group
        group.source = stores.folder + "/backup.db"
        #expect(stopReason { _ = try SyncStream(group).step() } == .sourceWentBack(applied: 1, clock: 0))
        let stranger = try StorePair()
        try stranger.install()
        group.source = stranger.group.source
        #expect(stopReason { _ = try SyncStream(group).step() } == .otherSource)
    }

    @Test func `a row that the target refuses stops the stream and names it`() throws {
        try stores.target.script("CREATE UNIQUE INDEX narrow ON people(n)")
        try stores.install()
        try stores.source.execute("INSERT INTO users VALUES('a', 'a', 1, NULL), ('b', 'b', 1, NULL)")
        let reason = stopReason { try stores.synchronise() }
        guard case .rowRefused("people", "b", _)? = reason else {
            Issue.record("\(String(describing: reason))")
            return
        }
        #expect(try stores.target.int("SELECT count(*) FROM people") == 0, "nothing of the refused transaction stays")
    }

    @Test func `the application needs nothing of ours`() throws {
        try stores.install()
        // A connection that knows neither our functions nor our pragmas, as the monolith's.
        let monolith = try DatabaseConnection(
            path: stores.group.source,
            configuration: .init {
                $0.foreignKeys = false
                $0.recursiveTriggers = false
                $0.keepsJournalMode = true
            })
        for sql in [
            "INSERT INTO users VALUES('a', 'a', 1, NULL)", "INSERT OR IGNORE INTO users VALUES('a', 'b', 1, NULL)",
            "INSERT OR REPLACE INTO users VALUES('b', 'A', 2, NULL)", "UPDATE OR ROLLBACK users SET n = 3",
            "INSERT INTO users VALUES('b', 'c', 1, NULL) ON CONFLICT(id) DO UPDATE SET n = 4",
            "UPDATE users SET id = 'c'", "INSERT INTO users VALUES(NULL, 'no key', 1, NULL)",
            "DELETE FROM users WHERE id = 'x'",
        ] {
            try monolith.execute(sql)
        }
        try stores.synchronise()
        #expect(try stores.target.query("SELECT id FROM people") { $0.text(0) } == ["c"])
        let report = try StoreVerifier(stores.group).verify()
        #expect(report.keyless == 1)
        #expect(report.missing + report.extra + report.different == 0)
    }

    @Test func `verify tells wrong from pending`() throws {
        try stores.source.execute(
            "INSERT INTO users VALUES('a', 'a', 1, NULL), ('b', 'b', 1, NULL), ('c', 'c', 1, NULL), ('d', 'd', 1, NULL)"
        )
        try stores.install()
        try stores.synchronise()
        #expect(try StoreVerifier(stores.group).verify().isEqual)
        try stores.target.script(
            "UPDATE people SET n = 2 WHERE id = 'a'; DELETE FROM people WHERE id = 'b'; INSERT INTO people(id) VALUES('z')"
        )
        try stores.source.script("UPDATE users SET n = 5 WHERE id = 'c'; DELETE FROM users WHERE id = 'd'")
        let report = try StoreVerifier(stores.group).verify()
        #expect((report.different, report.missing, report.extra, report.pending) == (1, 1, 1, 2))
        #expect(
            report.samples.sorted() == [
                "people a: differs in n", "people b: missing in the target", "people z: not in the source",
            ])
        // Copying anew makes them equal: strays go, losses come back.
        try stores.copyAnew()
        try stores.synchronise()
        #expect(try stores.isEqual)
    }

    @Test func `only one agent serves a target`() throws {
        let first = SyncLock(target: stores.group.target)
        #expect(first != nil)
        #expect(SyncLock(target: stores.group.target) == nil)
        withExtendedLifetime(first) {}
    }

    @Test func `status says how far behind`() throws {
        #expect(DataStatus.read(stores.group).state == .notCreated)
        try stores.source.execute("INSERT INTO users VALUES('a', 'a', 1, NULL)")
        try stores.install()
        #expect(DataStatus.read(stores.group).state == .copying)
        try stores.synchronise()
        try stores.source.execute("INSERT INTO users VALUES('b', 'b', 1, NULL)")
        let behind = DataStatus.read(stores.group)
        #expect(behind.lag.rows == 1 && !behind.isCaughtUp && behind.state == .running)
        try stores.synchronise()
        #expect(DataStatus.read(stores.group).isCaughtUp)
    }
}
