import DataSync
import Migration
import SQLite
import TestSupport
import Testing

/// Changes that every follower has, and a proof confirmed, leave the change tables.
@Suite struct TrimmingTests {
    private func noted(_ store: DatabaseConnection) throws -> Int { try store.int("SELECT count(*) FROM _sf_chg") ?? 0 }

    private func trimAll(_ stream: SyncStream) throws -> Int {
        var count = 0
        for _ in 0..<1_000 {
            let removed = try stream.trim(limit: 3)
            if removed == 0 { return count }
            count += removed
        }
        throw StopReason.otherHistory
    }

    @Test func `what a verify confirmed is trimmed and nothing else`() throws {
        let stores = try StorePair()
        try stores.install()
        let stream = try SyncStream(stores.group)
        try stores.catchUp(stream)
        for n in 1...9 { try stores.source.execute("INSERT INTO users(id, email) VALUES(?, ?)", "u\(n)", "m\(n)") }
        try stores.source.execute("DELETE FROM users WHERE id = 'u3'")
        try stores.catchUp(stream)
        #expect(try trimAll(stream) == 0, "carried, and not confirmed yet")
        #expect(try StoreVerifier(stores.group).verify().isEqual)
        try stores.source.execute("INSERT INTO users(id, email) VALUES('late', 'late')")
        #expect(try trimAll(stream) == 18)
        #expect(try noted(stores.source) == 1, "the late one is still to be carried")
        #expect(try noted(stores.target) == 0)
        try stores.catchUp(stream)
        #expect(try stores.isEqual)
        // Nothing left: nothing is written.
        let witness = try DatabaseConnection(path: stores.group.source)
        let before = try witness.dataVersion()
        #expect(try trimAll(stream) == 0)
        #expect(try witness.dataVersion() == before)
        // A recopy still works without the tombstones.
        try stores.target.script("INSERT INTO people(id) VALUES('u3')")
        try stores.copyAnew()
        try stores.synchronise()
        #expect(try stores.isEqual)
    }

    @Test func `a difference keeps them`() throws {
        let stores = try StorePair()
        try stores.install()
        let stream = try SyncStream(stores.group)
        try stores.catchUp(stream)
        try stores.source.execute("INSERT INTO users(id, email) VALUES('a', 'a')")
        try stores.catchUp(stream)
        try stores.target.script("UPDATE people SET n = 7")
        #expect(try StoreVerifier(stores.group).verify().isEqual == false)
        #expect(try trimAll(stream) == 0)
    }

    @Test func `another follower that is behind keeps them`() throws {
        let stores = try StorePair()
        let other = try DatabaseConnection(path: stores.folder + "/other.db")
        try other.script("CREATE TABLE users(id TEXT PRIMARY KEY, email TEXT)")
        let group = DataDocument.Group(
            name: "other", source: stores.group.source, target: stores.folder + "/other.db",
            tables: [
                .init(
                    name: "USERS", target: "users", key: [],
                    columns: [.init(source: "id", target: "id"), .init(source: "email", target: "email")])
            ])
        try stores.install()
        _ = try CaptureInstaller(group).install(source: stores.source, target: other)
        let (first, second) = (try SyncStream(stores.group), try SyncStream(group))
        try stores.catchUp(first)
        try stores.catchUp(second)
        try stores.source.execute("INSERT INTO users(id, email) VALUES('a', 'a'), ('b', 'b')")
        try stores.catchUp(first)
        #expect(try StoreVerifier(stores.group).verify().isEqual)
        _ = try trimAll(first)
        #expect(try noted(stores.source) == 2, "the other one has not carried them")
        #expect(try noted(stores.target) == 0)
        try stores.catchUp(second)
        #expect(try StoreVerifier(group).verify().isEqual)
        _ = try trimAll(second)
        #expect(try noted(stores.source) == 0)
        #expect(try other.query("SELECT id FROM users ORDER BY id") { $0.text(0) } == ["a", "b"])
    }

    @Test func `a target from before the trimming is not followed on`() throws {
        let stores = try StorePair()
        try stores.install()
        try stores.synchronise()
        try stores.target.backup(to: stores.folder + "/before.db")
        try stores.source.execute("INSERT INTO users(id, email) VALUES('a', 'a')")
        let stream = try SyncStream(stores.group)
        try stores.catchUp(stream)
        _ = try StoreVerifier(stores.group).verify()
        #expect(try trimAll(stream) > 0)
        try DatabaseConnection(path: stores.folder + "/before.db").backup(to: stores.group.target)
        #expect(throws: StopReason.otherHistory) { try stores.synchronise() }
        try stores.copyAnew()
        try stores.synchronise()
        #expect(try stores.isEqual)
    }

    /// Random histories with an agent that trims and is killed, verifies at random moments, and copies that begin anew.
    @Test func `no history loses a row by trimming`() throws {
        var trimmed = 0
        for seed in 0..<Schedule.seeds(20) {
            let schedule = try Schedule(seed: seed)
            let stores = schedule.stores
            var dice = SplitMix(seed: seed &+ 99)
            for _ in 0..<10 { try schedule.write() }
            try stores.install()
            var stream: SyncStream?
            for _ in 0..<60 {
                if dice.below(2) == 0 { try schedule.write() }
                let running = try stream ?? SyncStream(stores.group, pace: CopyPace(rows: 4, limit: 4))
                stream = running
                _ = try running.step()
                if !running.isFilling { #expect(try stores.isEqual, "seed \(seed)") }
                trimmed += try running.trim(limit: 2)
                switch dice.below(12) {
                case 0, 1: _ = try StoreVerifier(stores.group).verify()
                case 2: try stores.copyAnew()
                case 3: stream = nil
                default: break
                }
            }
            try stores.synchronise()
            #expect(try stores.isEqual, "seed \(seed)")
        }
        #expect(trimmed > 150)
    }
}

/// Taking everything out again.
@Suite struct CaptureRemoverTests {
    private func schema(_ store: DatabaseConnection) throws -> [String] {
        try store.query("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name") { row in
            row.values.map { "\($0)" }.joined(separator: "|")
        }
    }

    @Test func `both stores are what they were`() throws {
        let stores = try StorePair()
        try stores.source.execute("INSERT INTO users(id, email) VALUES('a', 'a')")
        let before = (try schema(stores.source), try schema(stores.target))
        try stores.install()
        try stores.synchronise()
        let installed = try schema(stores.source)
        let planned = try CaptureRemover(stores.group).remove(
            source: stores.source, target: stores.target, dryRun: true)
        #expect(try schema(stores.source) == installed, "a dry run changes nothing")
        let report = try CaptureRemover(stores.group).remove(source: stores.source, target: stores.target)
        #expect(report == planned && !report.source.isEmpty && !report.target.isEmpty)
        #expect(try (schema(stores.source), schema(stores.target)) == before)
        #expect(try stores.isEqual, "rows stay")
        #expect(DataStatus.read(stores.group).state == .notCreated)
        // Writers go on, and capture can come back.
        try stores.source.execute("INSERT INTO users(id, email) VALUES('b', 'b')")
        try stores.install()
        try stores.synchronise()
        #expect(try stores.isEqual)
    }

    @Test func `a shared table keeps its capture for the other group`() throws {
        let stores = try StorePair()
        let other = try DatabaseConnection(path: stores.folder + "/other.db")
        try other.script("CREATE TABLE users(id TEXT PRIMARY KEY, email TEXT)")
        let before = try schema(other)
        let group = DataDocument.Group(
            name: "other", source: stores.group.source, target: stores.folder + "/other.db",
            tables: [
                .init(
                    name: "users", target: "users", key: [],
                    columns: [.init(source: "id", target: "id"), .init(source: "email", target: "email")])
            ])
        let clean = try schema(stores.source)
        try stores.install()
        _ = try CaptureInstaller(group).install(source: stores.source, target: other)
        let report = try CaptureRemover(stores.group).remove(source: stores.source, target: stores.target)
        #expect(report.shared == ["users"])
        try stores.source.execute("INSERT INTO users(id, email) VALUES('a', 'a')")
        try stores.catchUp(try SyncStream(group))
        #expect(try other.int("SELECT count(*) FROM users") == 1)
        #expect(DataStatus.read(group).isCaughtUp)
        #expect(try CaptureInstaller(group).install(source: stores.source, target: other).copiesAnew == false)
        _ = try CaptureRemover(group).remove(source: stores.source, target: other)
        #expect(try schema(stores.source) == clean)
        #expect(try schema(other) == before)
    }

    @Test func `a pair of which one is gone can be cleaned`() throws {
        let stores = try StorePair()
        let before = (try schema(stores.source), try schema(stores.target))
        try stores.install()
        _ = try CaptureRemover(stores.group).remove(source: stores.source, target: nil)
        #expect(try schema(stores.source) == before.0)
        _ = try CaptureRemover(stores.group).remove(source: nil, target: stores.target)
        #expect(try schema(stores.target) == before.1)
    }
}
