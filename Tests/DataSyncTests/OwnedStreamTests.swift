import DataSync
import SQLite
import TestSupport
import Testing

@testable import Migration

/// Both directions of a group whose rows have owners.
@Suite struct OwnedStreamTests {
    /// Two docs of the user x, who is the service's; both ways are open.
    private func stores() throws -> OwnedStores {
        let stores = try OwnedStores()
        try stores.hub.script("INSERT INTO docs(id, user) VALUES('d', 'x'), ('e', 'x'), ('f', 'home')")
        try stores.install()
        try stores.settle()
        return stores
    }

    private func give(_ user: String, to side: StoreSide, _ stores: OwnedStores, epoch: Int) throws {
        try stores.own(side == .service ? stores.bucket(user) + 1 : 0, epoch: epoch)
    }

    @Test func `the service's rows come to the monolith, and nothing goes round`() throws {
        let stores = try stores()
        try give("x", to: .service, stores, epoch: 3)
        try stores.service.script(
            "UPDATE papers SET n = 7 WHERE id = 'd'; DELETE FROM papers WHERE id = 'e'; INSERT INTO papers(id, owner, title) VALUES('g', 'x', 't'); INSERT INTO notes VALUES('x', 1, 'b')"
        )
        try stores.settle()
        #expect(
            try stores.hub.query("SELECT id, user, n FROM docs WHERE user = 'x' ORDER BY id") { $0.values }
                == [[.text("d"), .text("x"), .int(7)], [.text("g"), .text("x"), .int(0)]])
        #expect(try stores.hub.text("SELECT body FROM notes") == "b")
        // The service's origin and version, and a number of the hub's own.
        let note = try stores.hub.first(
            "SELECT org, epoch, seq, feed, (SELECT n FROM _sf_clk) FROM _sf_chg WHERE k1 = 'd'"
        ) { (origin: $0.text(0), epoch: $0.int(1), seq: $0.int(2), feed: $0.int(3), clock: $0.int(4)) }
        #expect(try note?.origin == stores.service.text("SELECT id FROM _sf_store") && note?.epoch == 3)
        #expect(note.map { $0.feed <= $0.clock } == true)
        for group in try [stores.group, WayBack.group(of: stores.group)] {
            #expect(try SyncStream(group).step() == .idle)
        }
    }

    @Test func `the way back opens when the copy there is proven`() throws {
        let stores = try OwnedStores()
        try stores.hub.script("INSERT INTO docs(id, user) VALUES('d', 'x')")
        try stores.install()
        #expect(throws: StreamNotDue.self) { try SyncStream(WayBack.group(of: stores.group)) }
        #expect(DataStatus.readAll(stores.group).map(\.state) == [.copying, .copying])
        try stores.synchronise()
        #expect(throws: Never.self) { try SyncStream(WayBack.group(of: stores.group)) }
        let all = DataStatus.readAll(stores.group)
        #expect(all.map(\.state) == [.running, .running] && all.map(\.isBack) == [false, true])
        #expect(all.map(\.isCaughtUp) == [true, true])
    }

    @Test func `each direction shows its own lag and position`() throws {
        let stores = try stores()
        try give("x", to: .service, stores, epoch: 3)
        try stores.service.script("UPDATE papers SET n = 1 WHERE owner = 'x'")
        let all = DataStatus.readAll(stores.group)
        #expect(all.map(\.lag.rows) == [0, 2])
        #expect(try all[1].clock == stores.service.int("SELECT n FROM _sf_clk"))
        #expect(try StoreVerifier(stores.group).verify().pending == 2)
        try stores.settle()
        #expect(DataStatus.readAll(stores.group).map(\.lag.rows) == [0, 0])
        let report = try StoreVerifier(stores.group).verify()
        #expect(report.isEqual && report.pending == 0)
    }

    /// The design's drain: a fence is over when the other side has the fence's own number.
    @Test func `a fence brings the other side to its number, changes or not`() throws {
        let stores = try stores()
        try stores.hub.script("INSERT INTO kinds VALUES('k', '')")
        try stores.settle()
        try stores.hub.transaction { hub in
            try hub.execute("UPDATE _sf_clk SET n = n + 5")
            try hub.execute("UPDATE _sf_own SET state = 'fenced', epoch = 3 WHERE grp = 'g'")
        }
        let mark = try stores.hub.int("SELECT n FROM _sf_clk")
        try stores.settle()
        #expect(try stores.service.int("SELECT seq FROM _sf_pos WHERE peer = 'g'") == mark)
    }

    @Test func `a newcomer of the service's bucket goes to the service with all its rows`() throws {
        let stores = try stores()
        try stores.own(1_000_000, epoch: 3)
        let stream = try SyncStream(stores.group)
        try stores.hub.script("INSERT INTO docs(id, user) VALUES('n1', 'newcomer')")
        // The first step lists the key at the monolith, which fences it there.
        _ = try stream.step()
        #expect(try OwnedStores.refusal(stores.hub, "UPDATE docs SET n = 1 WHERE id = 'n1'") == "SF_FENCED")
        #expect(try OwnedStores.refusal(stores.service, "UPDATE papers SET n = 1 WHERE id = 'n1'") == "SF_FENCED")
        #expect(try stores.service.int("SELECT count(*) FROM papers WHERE id = 'n1'") == 1)
        // The second lists it at the service, which has every row by then.
        _ = try stream.step()
        #expect(try OwnedStores.refusal(stores.service, "UPDATE papers SET n = 2 WHERE id = 'n1'") == nil)
        try stores.settle()
        #expect(try stores.hub.int("SELECT n FROM docs WHERE id = 'n1'") == 2)
        #expect(try stores.hub.int("SELECT bucket FROM _sf_key WHERE key = 'newcomer'") == stores.bucket("newcomer"))
    }

    @Test(arguments: StoreSide.allCases)
    func `a later version of a row that the store owns stops the stream, and the cure is what the text says`(
        owner: StoreSide
    ) throws {
        let stores = try stores()
        try give("x", to: owner, stores, epoch: 3)
        // The other side believes that it owns everything.
        let (other, its, row) =
            owner == .service
            ? (stores.hub, "A", "UPDATE docs SET n = 1 WHERE id = 'd'")
            : (stores.service, "B", "UPDATE papers SET n = 1 WHERE id = 'd'")
        try other.execute("UPDATE _sf_own SET owner = ?, state = 'own', epoch = 9", its)
        try other.script(row)
        let way = try owner == .service ? stores.group : WayBack.group(of: stores.group)
        let table = owner == .service ? "papers" : "docs"
        let reason = StopReason.ownedHere(table: table, key: "d")
        #expect(throws: reason) { try SyncStream(way).step() }
        #expect(reason.fix("g").contains("strangler data create g"))
        try StreamMemory.markStopped(way, reason, generation: nil)
        // Both name the same owner.
        try stores.own(owner == .service ? 0 : 1_000_000, epoch: 9)
        try stores.install()
        try stores.settle()
        #expect(try stores.hub.int("SELECT n FROM docs WHERE id = 'd'") == 1)
        #expect(try stores.service.int("SELECT n FROM papers WHERE id = 'd'") == 1)
        #expect(DataStatus.readAll(stores.group).map(\.isCaughtUp) == [true, true])
    }

    /// A repair while both sides own users must not bring the monolith's older rows back.
    @Test(arguments: ["WAL", "DELETE"])
    func `a copy anew leaves the service's users alone`(journal: String) throws {
        let stores = try stores()
        try stores.hub.script("PRAGMA journal_mode = \(journal)")
        try stores.settle()
        try give("x", to: .service, stores, epoch: 3)
        let isMine = stores.bucket("home") > stores.bucket("x")
        try stores.service.script(
            "UPDATE papers SET n = 7 WHERE id = 'd'; DELETE FROM papers WHERE id = 'e'; INSERT INTO papers(id, owner) VALUES('g', 'x')"
        )
        // Damage in rows of both.
        try stores.service.script(
            "INSERT INTO _sf_ctx VALUES('t'); UPDATE papers SET title = 'wrong' WHERE id = 'f'; DELETE FROM _sf_ctx")
        try CaptureInstaller(stores.group).restart(source: stores.hub, target: stores.service)
        try stores.settle()
        let rows = try stores.service.query("SELECT id, n, title FROM papers ORDER BY id") {
            "\($0.text(0)) \($0.int(1)) \($0.text(2))"
        }
        #expect(rows == ["d 7 ", isMine ? "f 0 " : "f 0 wrong", "g 0 "])
        #expect(try stores.hub.int("SELECT n FROM docs WHERE id = 'd'") == 7)
        #expect(try stores.hub.int("SELECT count(*) FROM docs WHERE id = 'e'") == 0)
        #expect(DataStatus.read(stores.group).state == .running)
    }

    /// Somebody makes the monolith the owner by force, with writes of the service on their way.
    @Test func `what a later owner overwrites unseen is kept, and counted`() throws {
        let stores = try stores()
        try give("x", to: .service, stores, epoch: 3)
        try stores.service.script("UPDATE papers SET title = 'it''s', n = 5 WHERE id = 'd'")
        try stores.own(0, epoch: 9)
        try stores.hub.script("UPDATE docs SET n = 1 WHERE id = 'd'")
        try stores.synchronise()
        let kept = try stores.service.query(
            "SELECT tbl, key, mine, theirs, epoch, their_epoch FROM _sf_quarantine"
        ) { $0.values }
        #expect(
            kept == [
                [
                    .text("papers"), .text("d"), .text(#""id" = 'd', "owner" = 'x', "title" = 'it''s', "n" = 5"#),
                    .text(#""id" = 'd', "owner" = 'x', "title" = NULL, "n" = 1"#), .int(3), .int(9),
                ]
            ])
        #expect(try stores.service.int("SELECT n FROM papers WHERE id = 'd'") == 1, "the later owner's is the truth")
        let status = DataStatus.read(stores.group)
        #expect(status.quarantined == 1 && status.notes.contains { $0.contains("_sf_quarantine") })
        // Nobody takes the rows away before somebody looked.
        #expect(throws: PlanProblem.self) {
            try CaptureRemover(stores.group).remove(source: stores.hub, target: stores.service)
        }
        try stores.service.execute("DELETE FROM _sf_quarantine")
        try stores.settle()
        #expect(DataStatus.readAll(stores.group).map(\.isCaughtUp) == [true, true])
        #expect(try StoreVerifier(stores.group).verify().isEqual)
    }

    /// I10: a tombstone stays until every position has passed it and a verify completed after that.
    @Test func `a tombstone is trimmed last`() throws {
        let stores = try stores()
        _ = try CaptureInstaller(stores.followed).install(source: stores.hub, target: stores.reader)
        let onward = try SyncStream(stores.followed)
        func follow() throws { for _ in 0..<100 where try onward.step() == .idle { return } }
        func trim() throws {
            for group in try [stores.group, WayBack.group(of: stores.group), stores.followed] {
                let stream = try SyncStream(group)
                while try stream.trim() > 0 {}
            }
        }
        func tombstones() throws -> [Int] {
            try [stores.hub, stores.service, stores.reader].map {
                try $0.int("SELECT count(*) FROM _sf_chg WHERE del = 1") ?? 0
            }
        }
        try follow()
        try give("x", to: .service, stores, epoch: 3)
        try stores.service.script("DELETE FROM papers WHERE id = 'd'")
        try trim()
        #expect(try tombstones() == [0, 1, 0], "nobody has it")
        try stores.settle()
        try trim()
        #expect(try tombstones() == [1, 1, 0], "carried, and not compared since")
        _ = try StoreVerifier(stores.group).verify()
        try trim()
        #expect(try tombstones() == [1, 0, 0], "the reader behind the hub does not have it")
        try follow()
        try trim()
        #expect(try tombstones() == [1, 0, 1])
        // The service's own change is no news for it: its position comes up to it with the step after a trimming.
        let there = try SyncStream(stores.group)
        _ = try there.trim()
        #expect(try there.step() == .carried(changes: 0, copied: 0))
        for group in [stores.followed, stores.group] { _ = try StoreVerifier(group).verify() }
        try trim()
        #expect(try tombstones() == [0, 0, 0])
        // And nothing is written while nothing happens.
        let quiet = try SyncStream(stores.group)
        _ = try quiet.trim()
        #expect(try quiet.step() == .idle)
        #expect(try stores.reader.int("SELECT count(*) FROM docs WHERE id = 'd'") == 0)
    }
}
