import SQLite
import TestSupport
import Testing

@testable import DataSync
@testable import Migration

/// Rows that differ are made equal, and no others, while both stores live.
@Suite struct RepairTests {
    /// A follower that holds everything, with a column of its own and a record of every write to it.
    private func pair(rows: Int = 40) throws -> SmallPair {
        let pair = try SmallPair(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, n INTEGER UNIQUE)",
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, n INTEGER UNIQUE, own TEXT DEFAULT 'mine');
            CREATE TABLE writes(id INTEGER);
            CREATE TRIGGER wi AFTER INSERT ON t BEGIN INSERT INTO writes VALUES(NEW.id); END;
            CREATE TRIGGER wu AFTER UPDATE ON t BEGIN INSERT INTO writes VALUES(NEW.id); END;
            CREATE TRIGGER wd AFTER DELETE ON t BEGIN INSERT INTO writes VALUES(OLD.id); END;
            """, tables: [.init("t")])
        for id in 0..<rows { try pair.source.execute("INSERT INTO t VALUES(?, ?, ?)", id, "v\(id)", id) }
        try pair.install()
        try pair.synchronise()
        try pair.target.script("UPDATE t SET own = 'kept ' || id; DELETE FROM writes")
        return pair
    }

    /// Changes rows of the follower behind the guards' backs, as a bad disk or an older release would.
    private func harm(_ pair: SmallPair, _ sql: String) throws {
        try pair.target.script(
            "BEGIN; INSERT INTO _sf_ctx VALUES('A'); \(sql); DELETE FROM _sf_ctx; DELETE FROM writes; COMMIT")
    }

    private func written(_ pair: SmallPair) throws -> Set<Int> {
        Set(try pair.target.query("SELECT id FROM writes") { $0.int(0) })
    }

    private func areEqual(_ pair: SmallPair) throws -> Bool {
        let rows = try pair.rows("SELECT * FROM t ORDER BY id", "SELECT id, v, n FROM t ORDER BY id")
        return rows.source == rows.target
    }

    @Test func `what is missing, extra or different becomes equal, and nothing else is written`() throws {
        let pair = try pair()
        try harm(
            pair, "DELETE FROM t WHERE id = 3; INSERT INTO t VALUES(99, 'x', 99, ''); UPDATE t SET v = '!' WHERE id = 7"
        )
        let repair = StoreRepair(pair.group)
        let finding = try repair.find()
        #expect([finding.report.missing, finding.report.extra, finding.report.different] == [1, 1, 1])
        #expect(!finding.isNothing && !finding.isTooMuch && finding.foreignTables.isEmpty)
        #expect(try !areEqual(pair) && written(pair).isEmpty)
        let report = try repair.apply(finding)
        #expect((report.written, report.deleted, report.left) == (2, 1, 0))
        #expect(report.after.isEqual && report.obstacle == nil && report.writtenMeanwhile.isEmpty)
        #expect(try areEqual(pair) && written(pair) == [3, 7, 99])
        #expect(try pair.target.text("SELECT own FROM t WHERE id = 7") == "kept 7")
        // The comparison is as good as a proof: readers may stay.
        let status = DataStatus.read(pair.group)
        #expect(status.state == .running && status.proof != nil)
        #expect(try repair.find().isNothing)
    }

    @Test func `unique values that were swapped come back`() throws {
        let pair = try pair()
        try harm(
            pair, "UPDATE t SET n = -1 WHERE id = 1; UPDATE t SET n = 1 WHERE id = 2; UPDATE t SET n = 2 WHERE id = 1")
        let repair = StoreRepair(pair.group)
        let report = try repair.apply(repair.find())
        #expect(report.after.isEqual)
        #expect(try areEqual(pair))
    }

    @Test func `a row that changes between the comparison and the repair is left to the agent`() throws {
        let pair = try pair()
        try harm(pair, "UPDATE t SET v = '!' WHERE id IN (5, 6)")
        let repair = StoreRepair(pair.group)
        let finding = try repair.find()
        try pair.source.script("UPDATE t SET v = 'newer' WHERE id = 5")
        let report = try repair.apply(finding)
        #expect((report.written, report.left) == (1, 1))
        #expect(report.after.pending == 1 && report.after.wrong == 0)
        #expect(try pair.target.text("SELECT v FROM t WHERE id = 5") == "!")
        try pair.synchronise()
        #expect(try areEqual(pair))
    }

    @Test func `a row that is right by now is not written`() throws {
        let pair = try pair()
        try harm(pair, "UPDATE t SET v = '!' WHERE id = 5")
        let repair = StoreRepair(pair.group)
        let finding = try repair.find()
        try harm(pair, "UPDATE t SET v = 'v5' WHERE id = 5")
        #expect(try repair.apply(finding).left == 1)
        #expect(try written(pair).isEmpty)
    }

    @Test func `what others wrote is forgotten when all is equal, but not when they write on`() throws {
        let pair = try pair()
        let repair = StoreRepair(pair.group)
        // Back again by themselves: no row is wrong, and the stream stands all the same.
        try pair.target.script("UPDATE t SET v = '!' WHERE id = 5; UPDATE t SET v = 'v5' WHERE id = 5")
        var finding = try repair.find()
        #expect(finding.report.wrong == 0 && finding.foreignTables == ["t"] && !finding.isNothing)
        try pair.target.script("UPDATE t SET v = '?' WHERE id = 6")
        let report = try repair.apply(finding)
        #expect(report.writtenMeanwhile == ["t"] && report.after.wrong == 1)
        #expect(report.obstacle == .targetWritten(table: "t", writes: 3))
        finding = try repair.find()
        let second = try repair.apply(finding)
        #expect(second.after.isEqual && second.obstacle == nil)
        try pair.synchronise()
        #expect(try areEqual(pair) && DataStatus.read(pair.group).isCaughtUp)
    }

    @Test func `a source that was restored is not repaired from`() throws {
        let pair = try pair()
        try pair.source.script("UPDATE _sf_store SET id = 'other'")
        #expect(throws: StopReason.otherSource) { try StoreRepair(pair.group).find() }
    }

    @Test func `rows that the service owns are not repaired from the monolith's store`() throws {
        let pair = try pair()
        try harm(pair, "UPDATE t SET v = '!' WHERE id = 5")
        let finding = try StoreRepair(pair.group).find()
        try pair.target.script("UPDATE _sf_own SET owner = 'B', state = 'own'")
        #expect(throws: PlanProblem.self) { try StoreRepair(pair.group).apply(finding) }
        #expect(throws: PlanProblem.self) { try StoreRepair(pair.group).find() }
        #expect(try pair.target.text("SELECT v FROM t WHERE id = 5") == "!")
    }

    @Test func `more rows than one transaction takes`() throws {
        let pair = try pair(rows: 700)
        try harm(pair, "UPDATE t SET v = v || '!'")
        let repair = StoreRepair(pair.group)
        let report = try repair.apply(repair.find())
        #expect(report.written == 700 && report.after.isEqual)
    }

    /// Random harm, writers that go on, and repairs that come between: in the end everything is equal, and a repair has
    /// never written a row that was right.
    @Test(arguments: 0..<12 as Range<UInt64>) func `any harm in any order`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let pair = try pair(rows: 30)
        let repair = StoreRepair(pair.group)
        for round in 0..<12 {
            var wrong: Set<Int> = []
            for _ in 0..<Int.random(in: 0..<6, using: &random) {
                let id = Int.random(in: 0..<60, using: &random)
                let sql = [
                    "DELETE FROM t WHERE id = \(id)", "UPDATE t SET v = v || '!' WHERE id = \(id)",
                    "UPDATE t SET n = NULL WHERE id = \(id)",
                    "INSERT OR IGNORE INTO t VALUES(\(id), 'new', NULL, '')",
                ]
                try harm(pair, sql.randomElement(using: &random) ?? "")
                wrong.insert(id)
            }
            let finding = try repair.find()
            for _ in 0..<Int.random(in: 0..<4, using: &random) {
                let id = Int.random(in: 0..<60, using: &random)
                try pair.source.execute("INSERT OR REPLACE INTO t VALUES(?, ?, ?)", id, "r\(round)", id)
                if Bool.random(using: &random) { try pair.source.execute("DELETE FROM t WHERE id = ?", id) }
            }
            let report = try repair.apply(finding)
            #expect(report.after.wrong == 0, "seed \(seed), round \(round)")
            #expect(try written(pair).isSubset(of: wrong), "seed \(seed), round \(round)")
            try pair.synchronise()
            #expect(try areEqual(pair), "seed \(seed), round \(round)")
            try pair.target.script("DELETE FROM writes")
        }
    }
}
