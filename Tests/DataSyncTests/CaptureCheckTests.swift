import DataSync
import Migration
import SQLite
import Testing

/// What an application may do to its schema while its tables are carried, and what stops a table.
@Suite struct CaptureCheckTests {
    private func reason(_ body: () throws -> Void) -> StopReason? {
        do {
            try body()
            return nil
        } catch {
            return error as? StopReason
        }
    }

    private func running() throws -> (StorePair, SyncStream) {
        let stores = try StorePair()
        try stores.source.execute("INSERT INTO users VALUES('a', 'a', 1, NULL), ('b', 'b', 2, NULL)")
        try stores.source.execute("INSERT INTO items VALUES(1, 'a', 1)")
        try stores.install()
        let stream = try SyncStream(stores.group)
        try stores.catchUp(stream)
        return (stores, stream)
    }

    @Test(arguments: [
        "ALTER TABLE items ADD COLUMN more TEXT",
        "ALTER TABLE items ADD COLUMN twice INTEGER AS (place * 2)",
        "CREATE INDEX by_owner ON items(owner)",
        "CREATE TABLE log(t); CREATE TRIGGER app_log AFTER UPDATE ON items BEGIN INSERT INTO log VALUES(NEW.id); END",
        "CREATE TABLE other(x); CREATE VIEW v AS SELECT * FROM items",
        "DROP TABLE IF EXISTS other; ANALYZE; REINDEX",
    ])
    func `what does not concern the copy does not stop it`(change: String) throws {
        let (stores, stream) = try running()
        try stores.source.script(change)
        try stores.source.execute("UPDATE items SET place = 7 WHERE id = 1")
        try stores.catchUp(stream)
        #expect(try stores.isEqual)
        // Neither does a start of the agent after it, nor installing again.
        try stores.synchronise()
        #expect(try stores.install().copiesAnew == false)
        #expect(DataStatus.read(stores.group).isCaughtUp)
    }

    @Test(arguments: [
        "DROP TRIGGER _sf_users_ad",
        "CREATE UNIQUE INDEX one_n ON users(n)",
        "ALTER TABLE users RENAME COLUMN id TO ident; ALTER TABLE users RENAME COLUMN ident TO id; DROP TRIGGER _sf_users_au",
    ])
    func `what narrows capture stops it`(change: String) throws {
        let (stores, stream) = try running()
        try stores.source.script(change)
        #expect(reason { _ = try stream.step() } == .captureChanged(table: "users"))
        let status = DataStatus.read(stores.group)
        #expect(status.state == .stopped && status.fix?.contains("strangler data create all") == true)
        // The way out, and only that table is copied again.
        try StreamMemory.markStopped(stores.group, .captureChanged(table: "users"), generation: 1)
        #expect(DataStatus.read(stores.group).reason?.contains("its triggers changed") == true)
        let report = try stores.install()
        #expect(report.copied == ["users"])
        #expect(try stores.target.int("SELECT count(*) FROM _sf_fill WHERE tbl IN ('items', 'pairs')") == 2)
        try stores.synchronise()
        #expect(try stores.isEqual)
        #expect(DataStatus.read(stores.group).isCaughtUp)
    }

    /// Cured between the agent's look and its note: the note would stop the new copy for ever.
    @Test func `a stop is not noted for a copy that began since`() throws {
        let (stores, _) = try running()
        try stores.source.script("DROP TRIGGER _sf_users_ad")
        try stores.install()
        try StreamMemory.markStopped(stores.group, .captureChanged(table: "users"), generation: 1)
        #expect(DataStatus.read(stores.group).state == .copying)
    }

    @Test func `a carried column that went stops it with a way out`() throws {
        let (stores, stream) = try running()
        try stores.source.script("ALTER TABLE users RENAME COLUMN n TO number")
        #expect(throws: PlanProblem.self) { try stream.step() }
        let status = DataStatus.read(stores.group)
        #expect(status.state == .stopped && status.reason?.contains("\"n\"") == true)
        // data.json follows the rename, and until capture is installed for it, it is told apart from what was.
        stores.group.tables[0].columns[2].source = "number"
        #expect(reason { _ = try SyncStream(stores.group) } == .planChanged(table: "users"))
        #expect(try stores.install().copied == ["users"])
        try stores.source.script("ALTER TABLE users RENAME COLUMN number TO n")
        stores.group.tables[0].columns[2].source = "n"
        #expect(try stores.install().copied == ["users"])
        try stores.synchronise()
        #expect(try stores.isEqual)
    }

    @Test func `a column that is not carried is told`() throws {
        let (stores, stream) = try running()
        try stores.source.script("ALTER TABLE items ADD COLUMN more TEXT")
        try stores.source.execute("UPDATE items SET more = 'm'")
        try stores.catchUp(stream)
        #expect(DataStatus.read(stores.group).notes.map { $0.contains("\"more\" of \"items\"") } == [true])
        // Once the target has it too, installing again carries it, and copies that table only.
        try stores.target.script("ALTER TABLE items ADD COLUMN more TEXT")
        try stores.catchUp(stream)
        #expect(try stores.install().copied == ["items"])
        try stores.synchronise()
        #expect(try stores.target.text("SELECT more FROM items WHERE id = 1") == "m")
        #expect(DataStatus.read(stores.group).notes.isEmpty)
    }

    @Test func `a table that is named in another case is watched too`() throws {
        let stores = try StorePair()
        stores.group.tables[1].name = "ITEMS"
        stores.group.tables[1].target = "Items"
        try stores.install()
        let stream = try SyncStream(stores.group)
        try stores.source.execute("INSERT INTO items VALUES(1, NULL, 1)")
        #expect(DataStatus.read(stores.group).lag.rows == 1)
        try stores.catchUp(stream)
        #expect(try stores.isEqual)
        try stores.source.script(
            "DROP TRIGGER \(try stores.source.text("SELECT name FROM sqlite_master WHERE name LIKE '_sf_items_ad'") ?? "")"
        )
        let seen = reason { _ = try stream.step() }
        #expect(seen.map { if case .captureChanged = $0 { true } else { false } } == true)
    }
}

/// A follower that somebody else touched.
@Suite struct TargetGuardTests {
    private func running() throws -> (StorePair, SyncStream) {
        let stores = try StorePair()
        try stores.source.execute("INSERT INTO users VALUES('a', 'a', 1, NULL), ('b', 'b', 2, NULL)")
        try stores.install()
        let stream = try SyncStream(stores.group)
        try stores.catchUp(stream)
        return (stores, stream)
    }

    private func reason(_ body: () throws -> Void) -> StopReason? {
        do {
            try body()
            return nil
        } catch {
            return error as? StopReason
        }
    }

    @Test(arguments: [
        "DELETE FROM people", "DELETE FROM people WHERE id = 'a'", "UPDATE people SET n = 9 WHERE id = 'a'",
        "INSERT INTO people(id) VALUES('stray')", "INSERT OR REPLACE INTO people(id, mail) VALUES('b', 'x')",
        "UPDATE people SET mail = 'A' WHERE id = 'a'",
    ])
    func `foreign writes are noticed`(change: String) throws {
        let (stores, stream) = try running()
        try stores.target.script(change)
        let seen = reason { _ = try stream.step() }
        guard case .targetWritten("people", let writes)? = seen else {
            Issue.record("\(String(describing: seen))")
            return
        }
        #expect(writes >= 1)
        let status = DataStatus.read(stores.group)
        #expect(status.state == .stopped, "the gate sees it without an agent")
        #expect(status.fix?.contains("strangler data repair all") == true)
        let repair = StoreRepair(stores.group)
        #expect(try repair.apply(repair.find()).after.isEqual)
        try stores.synchronise()
        #expect(try stores.isEqual)
        #expect(DataStatus.read(stores.group).isCaughtUp)
    }

    @Test(arguments: [
        "DROP TABLE people",
        "DROP TABLE people; CREATE TABLE people(id TEXT PRIMARY KEY NOT NULL, mail TEXT UNIQUE, n REAL, b BLOB)",
        "DROP TRIGGER _sf_people_gd; DELETE FROM people",
    ])
    func `a table that is another one is noticed`(change: String) throws {
        let (stores, stream) = try running()
        try stores.target.script("PRAGMA foreign_keys = OFF; \(change)")
        #expect(throws: (any Error).self) { try stream.step() }
        #expect(DataStatus.read(stores.group).state == .stopped, "the gate sees it without an agent")
        if change == "DROP TABLE people" {
            try stores.target.script(
                "CREATE TABLE people(id TEXT PRIMARY KEY NOT NULL, mail TEXT UNIQUE, n REAL, b BLOB)")
        }
        // The way out: that table only is copied again.
        #expect(try stores.install().copied == ["users"])
        try stores.synchronise()
        #expect(try stores.isEqual)
    }

    @Test func `what the service added is its own`() throws {
        let (stores, stream) = try running()
        try stores.target.script(
            """
            UPDATE people SET note = 'mine'; ALTER TABLE people ADD COLUMN seen INTEGER DEFAULT 0; UPDATE people SET seen = 1;
            CREATE INDEX by_note ON people(note); CREATE TABLE own(x); INSERT INTO own VALUES(1);
            """)
        #expect(try stream.step() == .idle)
        try stores.source.execute("UPDATE users SET n = 5 WHERE id = 'a'")
        try stores.catchUp(stream)
        #expect(try stores.isEqual)
    }
}
