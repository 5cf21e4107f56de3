import DataSync
import SQLite
import TestSupport
import Testing

@testable import Migration

/// `data create` and `data drop` of groups whose rows have owners.
@Suite struct OwnedInstallTests {
    @Test func `every user who is there is listed in both stores`() throws {
        let stores = try OwnedStores()
        for n in 0..<5_000 {
            try stores.hub.execute("INSERT INTO docs(id, user) VALUES(?, ?)", "d\(n)", "u\(n % 3_000)")
        }
        try stores.hub.script("INSERT INTO notes VALUES('only-notes', 1, '')")
        let report = try stores.install()
        #expect(report.keys == 3_001)
        for store in [stores.hub, stores.service] {
            #expect(try store.int("SELECT count(*) FROM _sf_key WHERE grp = 'g'") == 3_001)
            #expect(try store.int("SELECT bucket FROM _sf_key WHERE key = 'u7'") == stores.bucket("u7"))
        }
        #expect(try stores.install().keys == 0, "again, there is nothing to list")
    }

    @Test func `a directory that is not whole starts no stream`() throws {
        let stores = try OwnedStores()
        try stores.install()
        try stores.hub.execute("DELETE FROM _sf_listed")
        #expect(throws: StopReason.notCreated(table: "docs")) { try SyncStream(stores.group).step() }
        try stores.install()
        try stores.synchronise()
        #expect(DataStatus.read(stores.group).state == .running)
    }

    @Test func `a mode that becomes owned copies nothing anew`() throws {
        let stores = try OwnedStores()
        try stores.hub.script("INSERT INTO docs(id, user) VALUES('d', 'x')")
        let owned = stores.group
        stores.group.mode = .reads
        for index in stores.group.tables.indices {
            (stores.group.tables[index].owner, stores.group.tables[index].isCatalogue) = (nil, false)
        }
        let shared = stores.group
        try stores.install()
        try stores.synchronise()
        stores.group = owned
        #expect(throws: StopReason.planChanged(table: "docs")) { try SyncStream(owned).step() }
        let report = try stores.install()
        #expect(!report.copiesAnew && report.keys == 1)
        #expect(try stores.hub.int("SELECT epoch FROM _sf_own") == 2)
        try stores.synchronise()
        #expect(DataStatus.read(owned).state == .running)
        // And back, once everybody is home.
        try stores.own(400_000, epoch: 5)
        stores.group = shared
        #expect(throws: PlanProblem.self) { try stores.install() }
        try stores.own(0, epoch: 6)
        try stores.hub.execute("UPDATE docs SET n = 1")
        try stores.install()
        try stores.hub.execute("UPDATE docs SET n = 2")
        try stores.synchronise()
        #expect(try stores.service.int("SELECT n FROM papers") == 2, "no later version of an owner hides it")
        #expect(
            try stores.service.int("SELECT count(*) FROM sqlite_master WHERE name LIKE '\\_sf\\_%\\_f_' ESCAPE '\\'")
                == 0)
    }

    /// The hub: one group owns the rows, another follows them, whichever is installed first.
    @Test(arguments: [true, false])
    func `a table that is owned keeps its fence for every group that carries it`(followerFirst: Bool) throws {
        let stores = try OwnedStores()
        let follow = { try CaptureInstaller(stores.followed).install(source: stores.hub, target: stores.reader) }
        if followerFirst { _ = try follow() }
        try stores.install()
        if !followerFirst { _ = try follow() }
        #expect(try stores.hub.text("SELECT grp FROM _sf_tbl WHERE tbl = 'docs'") == "g")
        try stores.hub.script("INSERT INTO docs(id, user) VALUES('d', 'x')")
        try stores.install()
        try stores.own(1_000_000, epoch: 3)
        #expect(try OwnedStores.refusal(stores.hub, "DELETE FROM docs") == "SF_FENCED")
        #expect(try !follow().copiesAnew)
    }

    @Test func `both stores are what they were after a drop, and a drop waits until all are home`() throws {
        let stores = try OwnedStores()
        try stores.hub.script("INSERT INTO docs(id, user) VALUES('d', 'x')")
        let before = (try OwnedStores.schema(stores.hub), try OwnedStores.schema(stores.service))
        try stores.install()
        try stores.synchronise()
        try stores.own(1, epoch: 3)
        #expect(throws: PlanProblem.self) {
            try CaptureRemover(stores.group).remove(source: stores.hub, target: stores.service)
        }
        try stores.own(0, epoch: 4)
        _ = try CaptureRemover(stores.group).remove(source: stores.hub, target: stores.service)
        #expect(try OwnedStores.schema(stores.hub) == before.0)
        #expect(try OwnedStores.schema(stores.service) == before.1)
    }

    @Test(arguments: [
        ("docs", "nobody", "has no column \"nobody\", which \"owner\" names"),
        ("docs", "title", "is not carried, so the target could not tell whose row it is"),
    ])
    func `what has no owner is refused by name`(table: String, owner: String, message: String) throws {
        let stores = try OwnedStores()
        stores.group.tables[0].owner = owner
        stores.group.tables[0].columns.removeAll { $0.source == "title" }
        let problem = #expect(throws: PlanProblem.self) { try stores.install() }
        #expect(problem?.reason.contains(message) == true && problem?.reason.contains(table) == true)
    }

    @Test(arguments: [
        ("a TEXT PRIMARY KEY NOT NULL, u TEXT, need TEXT NOT NULL", "a TEXT PRIMARY KEY NOT NULL, u TEXT", "need"),
        ("a TEXT PRIMARY KEY NOT NULL, u TEXT, v TEXT", "a TEXT PRIMARY KEY NOT NULL, u TEXT, v", "\"v\" is no type"),
        (
            "a TEXT NOT NULL, u TEXT NOT NULL, PRIMARY KEY(a, u)",
            "a TEXT NOT NULL, u TEXT NOT NULL, PRIMARY KEY(u, a)",
            "stands in another order"
        ),
    ])
    func `what has no way back is refused`(source: String, target: String, message: String) throws {
        let columns = source.contains("need") ? ["a", "u"] : []
        var table = DataDocument.Table("t", columns: columns)
        table.owner = "u"
        let stores = try SmallPair("CREATE TABLE t(\(source))", "CREATE TABLE t(\(target))", tables: [table])
        stores.group.mode = .owned
        let problem = #expect(throws: PlanProblem.self) { try stores.install() }
        #expect(problem?.reason.contains(message) == true, "\(problem?.reason ?? "")")
        #expect(try stores.source.int("SELECT count(*) FROM sqlite_master WHERE name LIKE '\\_sf%' ESCAPE '\\'") == 0)
    }
}
