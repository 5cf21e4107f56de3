import DataSync
import SQLite
import TestSupport
import Testing

@testable import Migration

/// Which rows a store may write, whatever program and form of SQL does it.
@Suite struct WriteFenceTests {
    /// Every form that changes a row of `docs` of the user `x`, or one of `notes`.
    private static let forms = [
        "INSERT INTO docs(id, user) VALUES('new', 'x')",
        "INSERT OR IGNORE INTO docs(id, user) VALUES('new', 'x')",
        "INSERT OR REPLACE INTO docs(id, user) VALUES('d', 'x')",
        "INSERT OR FAIL INTO docs(id, user) VALUES('new', 'x')",
        "INSERT OR ROLLBACK INTO docs(id, user) VALUES('new', 'x')",
        "INSERT INTO docs(id, user) VALUES('d', 'x') ON CONFLICT(id) DO UPDATE SET n = n + 1",
        "UPDATE docs SET n = 2 WHERE id = 'd'", "UPDATE OR REPLACE docs SET title = 't' WHERE id = 'd'",
        "UPDATE OR IGNORE docs SET n = 2", "DELETE FROM docs WHERE id = 'd'", "DELETE FROM docs",
        "REPLACE INTO notes VALUES('x', 1, 'b')", "UPDATE notes SET slot = 9 WHERE user = 'x'",
    ]

    private func stores() throws -> OwnedStores {
        let stores = try OwnedStores()
        try stores.hub.script(
            "INSERT INTO docs(id, user) VALUES('d', 'x'); INSERT INTO notes VALUES('x', 1, 'a'); INSERT INTO kinds VALUES('k', 'l')"
        )
        try stores.install()
        return stores
    }

    @Test(arguments: forms)
    func `what another side owns is refused in every form of SQL`(sql: String) throws {
        let stores = try stores()
        try stores.own(1_000_000, epoch: 3)
        // M2: the transaction is rolled back whole, so that a program that passes over the error commits no half.
        try stores.hub.script("BEGIN; INSERT INTO kinds VALUES('half', '')")
        #expect(try OwnedStores.refusal(stores.hub, sql) == "SF_FENCED")
        #expect(!stores.hub.isInTransaction)
        #expect(try stores.hub.int("SELECT count(*) FROM kinds") == 1)
        #expect(try stores.hub.int("SELECT n FROM docs") == 0)
        #expect(try stores.hub.int("SELECT count(*) FROM _sf_chg") == 0)
        // Home again, it is an ordinary statement.
        try stores.own(0, epoch: 4)
        #expect(try OwnedStores.refusal(stores.hub, sql) == nil)
    }

    @Test func `the service writes what it owns, and nothing else`() throws {
        let stores = try stores()
        try stores.synchronise()
        let write = "UPDATE papers SET n = n + 1 WHERE owner = 'x'"
        #expect(try OwnedStores.refusal(stores.service, write) == "SF_FENCED")
        try stores.own(stores.bucket("x") + 1, epoch: 3)
        #expect(try OwnedStores.refusal(stores.service, write) == nil)
        let note = try stores.service.first(
            "SELECT epoch, org, feed, (SELECT n FROM _sf_clk) FROM _sf_chg WHERE tbl = 'papers'"
        ) {
            (epoch: $0.int(0), origin: $0.text(1), feed: $0.int(2), clock: $0.int(3))
        }
        #expect(note?.epoch == 3 && note?.feed == note?.clock)
        #expect(try note?.origin == stores.service.text("SELECT id FROM _sf_store"))
        try stores.own(stores.bucket("x"), epoch: 4)
        #expect(try OwnedStores.refusal(stores.service, write) == "SF_FENCED")
        // A column that is the service's own is no exception: the row is another side's.
        #expect(try OwnedStores.refusal(stores.service, "UPDATE papers SET seen = 1") == "SF_FENCED")
    }

    @Test func `while a range is fenced, neither side writes it`() throws {
        let stores = try stores()
        try stores.synchronise()
        for store in [stores.hub, stores.service] {
            try store.execute("UPDATE _sf_own SET state = 'fenced', epoch = epoch + 1 WHERE owner = 'A'")
        }
        #expect(try OwnedStores.refusal(stores.hub, "UPDATE docs SET n = 1") == "SF_FENCED")
        #expect(try OwnedStores.refusal(stores.service, "UPDATE papers SET n = 1") == "SF_FENCED")
    }

    @Test func `a key that is not listed is the monolith's`() throws {
        let stores = try stores()
        try stores.own(1_000_000, epoch: 3)
        #expect(try OwnedStores.refusal(stores.hub, "INSERT INTO docs(id, user) VALUES('n', 'newcomer')") == nil)
        #expect(
            try OwnedStores.refusal(stores.service, "INSERT INTO papers(id, owner) VALUES('n', 'newcomer')")
                == "SF_FENCED")
        #expect(try stores.hub.int("SELECT epoch FROM _sf_chg WHERE k1 = 'n'") == 1, "earlier than any owner's")
    }

    @Test func `of a row that changes hands both owners count`() throws {
        let stores = try stores()
        try stores.hub.script("INSERT INTO docs(id, user) VALUES('mine', 'home')")
        try stores.install()
        let (x, home) = (stores.bucket("x"), stores.bucket("home"))
        // One of the two is the service's.
        try stores.own(min(x, home) + 1, epoch: 3)
        let (theirs, mine) = x < home ? ("x", "home") : ("home", "x")
        for (from, to) in [(theirs, mine), (mine, theirs)] {
            #expect(
                try OwnedStores.refusal(stores.hub, "UPDATE docs SET user = '\(to)' WHERE user = '\(from)'")
                    == "SF_FENCED")
        }
        // Nor by the way of REPLACE, which would put one user's row in the place of another's.
        let id = theirs == "x" ? "d" : "mine"
        #expect(
            try OwnedStores.refusal(stores.hub, "INSERT OR REPLACE INTO docs(id, user) VALUES('\(id)', '\(mine)')")
                == "SF_FENCED")
        let other = theirs == "x" ? "mine" : "d"
        #expect(
            try OwnedStores.refusal(stores.hub, "UPDATE OR REPLACE docs SET id = '\(id)' WHERE id = '\(other)'")
                == "SF_FENCED")
        #expect(try OwnedStores.refusal(stores.hub, "UPDATE docs SET n = 1 WHERE id = '\(other)'") == nil)
    }

    @Test func `I7 a row given to another user gets a later version`() throws {
        let stores = try stores()
        try stores.own(0, epoch: 9)
        try stores.hub.execute("UPDATE docs SET n = 1 WHERE id = 'd'")
        func version() throws -> [Int]? {
            try stores.hub.first("SELECT epoch, seq FROM _sf_chg WHERE k1 = 'd'") { [$0.int(0), $0.int(1)] }
        }
        let before = try #require(try version())
        #expect(before[0] == 9)
        // Nobody has listed the new owner yet.
        try stores.hub.execute("UPDATE docs SET user = 'unlisted' WHERE id = 'd'")
        let after = try #require(try version())
        #expect(after[0] == 9 && after[1] > before[1])
    }

    @Test func `nothing fires while rows are applied`() throws {
        let stores = try stores()
        try stores.own(1_000_000, epoch: 3)
        try stores.hub.transaction { hub in
            try hub.execute("INSERT INTO _sf_ctx VALUES('B')")
            try hub.execute("UPDATE docs SET n = 5")
            try hub.execute("DELETE FROM _sf_ctx")
        }
        #expect(try stores.hub.int("SELECT n FROM docs") == 5)
        #expect(try stores.hub.int("SELECT count(*) FROM _sf_chg") == 0)
    }

    @Test func `a catalogue is the monolith's for ever`() throws {
        let stores = try stores()
        try stores.own(1_000_000, epoch: 3)
        #expect(try OwnedStores.refusal(stores.hub, "UPDATE kinds SET label = 'm'") == nil)
        for sql in ["INSERT INTO kinds VALUES('s', '')", "UPDATE kinds SET label = ''", "DELETE FROM kinds"] {
            try stores.synchronise()
            #expect(try OwnedStores.refusal(stores.service, sql) == "SF_FENCED", "\(sql)")
        }
    }

    @Test func `in the mode authority one side writes everything`() throws {
        let stores = try OwnedStores(mode: .authority)
        try stores.hub.script("INSERT INTO docs(id, user) VALUES('d', 'x')")
        try stores.install()
        try stores.synchronise()
        let (mine, its) = ("UPDATE docs SET n = n + 1", "UPDATE papers SET n = n + 1")
        #expect(try OwnedStores.refusal(stores.hub, mine) == nil)
        #expect(try OwnedStores.refusal(stores.service, its) == "SF_FENCED")
        try stores.own(1_000_000, epoch: 3)
        #expect(try OwnedStores.refusal(stores.hub, mine) == "SF_FENCED")
        #expect(try OwnedStores.refusal(stores.service, its) == nil)
        #expect(try stores.service.int("SELECT epoch FROM _sf_chg WHERE org = (SELECT id FROM _sf_store)") == 3)
    }

    /// M1: a write and a fence have exactly three outcomes together.
    @Test func `a fence waits for the writer, and the late writer is refused`() throws {
        let stores = try stores()
        let application = try DatabaseConnection(
            path: stores.group.source, configuration: .init { $0.busyTimeout = .milliseconds(0) })
        try application.script("BEGIN IMMEDIATE; UPDATE docs SET n = 1 WHERE id = 'd'")
        let fence = "UPDATE _sf_own SET state = 'fenced' WHERE grp = 'g'"
        #expect(throws: SQLiteError.self) { try stores.hub.transaction { try $0.execute(fence) } }
        try application.script("COMMIT")
        // A reader that turns into a writer read from before the fence.
        try application.script("BEGIN")
        _ = try application.int("SELECT n FROM docs")
        try stores.hub.transaction { try $0.execute(fence) }
        do {
            try application.script("UPDATE docs SET n = 2 WHERE id = 'd'")
            Issue.record("a snapshot from before the fence wrote")
        } catch {
            #expect(error.isBusy)
        }
        try application.script("ROLLBACK")
        #expect(try OwnedStores.refusal(application, "UPDATE docs SET n = 3 WHERE id = 'd'") == "SF_FENCED")
        #expect(try stores.hub.int("SELECT n FROM docs") == 1)
    }
}
