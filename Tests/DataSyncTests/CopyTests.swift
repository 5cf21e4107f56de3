import DataSync
import SQLite
import TestSupport
import Testing

@testable import Migration

@Suite struct CopyTests {
    private static let schema = "CREATE TABLE t(id INTEGER PRIMARY KEY, v)"

    @Test func `a stream runs only after the proof`() throws {
        let stores = try SmallPair(Self.schema, Self.schema, tables: [.init("t")])
        try stores.source.script("INSERT INTO t VALUES(1, 'a'), (2, 'b')")
        try stores.install()
        let stream = try SyncStream(stores.group)
        _ = try stream.step()
        let copied = DataStatus.read(stores.group)
        #expect(copied.state == .copying && copied.proof == nil && !copied.isCaughtUp)
        _ = try stream.step()
        let proven = DataStatus.read(stores.group)
        #expect(proven.state == .running)
        #expect(proven.proof?.rows == 2)
        #expect(!stream.isFilling)
    }

    @Test func `the proof is of one position while the source writes`() throws {
        let stores = try SmallPair(Self.schema, Self.schema, tables: [.init("t")])
        try stores.source.script("INSERT INTO t VALUES(1, 'a'), (2, 'b')")
        try stores.install()
        let path = stores.group.source
        var faults = FaultInjection()
        faults.reached = { step in
            guard [.proofRead, .snapshotTaken, .positionMoved].contains(step) else { return }
            let monolith = try DatabaseConnection(path: path, configuration: .init { $0.keepsJournalMode = true })
            try monolith.execute("UPDATE t SET v = v || '!'")
        }
        let stream = try SyncStream(stores.group, faults: faults)
        for _ in 0..<3 { _ = try stream.step() }
        #expect(DataStatus.read(stores.group).proof != nil)
        #expect(!DataStatus.read(stores.group).isCaughtUp)
        try stores.synchronise()
        #expect(DataStatus.read(stores.group).isCaughtUp)
    }

    /// A reader of a store without WAL keeps its writers from committing: the proof must not read for long.
    @Test(arguments: ["DELETE", "TRUNCATE", "WAL"])
    func `the proof holds up no writer`(journal: String) throws {
        let stores = try SmallPair(
            "\(Self.schema); CREATE TABLE other(a TEXT, b TEXT COLLATE NOCASE, PRIMARY KEY(a, b))",
            "\(Self.schema); CREATE TABLE other(a TEXT, b TEXT COLLATE NOCASE, PRIMARY KEY(a, b))",
            tables: [.init("t"), .init("other")], sourceJournal: journal)
        for id in 1...300 { try stores.source.execute("INSERT INTO t VALUES(?, 'a')", id) }
        for id in 1...40 { try stores.source.execute("INSERT INTO other VALUES('x', ?)", "k\(id)") }
        try stores.install()
        let path = stores.group.source
        let monolith: @Sendable () throws -> DatabaseConnection = {
            try DatabaseConnection(
                path: path,
                configuration: .init {
                    $0.keepsJournalMode = true
                    $0.synchronous = .off
                    $0.busyTimeout = .zero
                })
        }
        var faults = FaultInjection()
        faults.reached = { step in
            // It waits for nothing: a lock would be an error here.
            guard step == .proofRead else { return }
            try monolith().execute("INSERT INTO t(v) VALUES('while it is proven')")
        }
        let stream = try SyncStream(stores.group, pace: CopyPace(rows: 50, limit: 50), faults: faults)
        var dice = SplitMix(seed: 7)
        var writes = 0
        for _ in 0..<200 where stream.isFilling {
            _ = try stream.step()
            // Every kind of change between the chunks: of counted rows, of rows to come, of keys.
            let id = Int(dice.next() % 300)
            try monolith().script(
                """
                UPDATE t SET v = v || '!' WHERE id = \(id); DELETE FROM t WHERE id = \(id / 2); INSERT INTO t(v) VALUES('new');
                UPDATE OR REPLACE t SET id = \(id + 1) WHERE id = \(id); UPDATE OR IGNORE other SET b = 'K\(id % 50)' WHERE b = 'k\(id % 40)';
                """)
            writes += 1
        }
        #expect(!stream.isFilling && writes > 5)
        #expect(DataStatus.read(stores.group).proof != nil)
        try stores.synchronise()
        #expect(DataStatus.read(stores.group).isCaughtUp)
        #expect(try StoreVerifier(stores.group).verify().isEqual)
    }

    @Test func `a proof fails without WAL too`() throws {
        let stores = try SmallPair(Self.schema, Self.schema, tables: [.init("t")], sourceJournal: "DELETE")
        for id in 1...30 { try stores.source.execute("INSERT INTO t VALUES(?, 'a')", id) }
        try stores.install()
        var faults = FaultInjection()
        faults.mistakes = .straysKept
        try stores.target.script("DROP TRIGGER _sf_t_gi; INSERT INTO t VALUES(99, 'x')")
        try stores.install()
        let stream = try SyncStream(stores.group, pace: CopyPace(rows: 20, limit: 20), faults: faults)
        let error = #expect(throws: StopReason.self) { for _ in 0..<40 { _ = try stream.step() } }
        #expect(
            error
                == .proofFailed(
                    table: "t", difference: "30 rows in the source, 31 in the target; t 99: not in the source"))
    }

    @Test func `a proof that fails names the keys and leaves no proof`() throws {
        let stores = try SmallPair(Self.schema, Self.schema, tables: [.init("t")])
        for id in 1...30 { try stores.source.execute("INSERT INTO t VALUES(?, 'a')", id) }
        try stores.install()
        let path = stores.group.target
        var faults = FaultInjection()
        faults.reached = { step in
            guard step == .committed else { return }
            // Somebody else writes the target while it is copied, and no guard sees it.
            let service = try DatabaseConnection(path: path, configuration: .init { $0.keepsJournalMode = true })
            try service.script(
                """
                BEGIN; INSERT INTO _sf_ctx VALUES('unseen'); DELETE FROM t WHERE id = 3; INSERT OR REPLACE INTO t VALUES(99, 'x');
                DELETE FROM _sf_ctx; COMMIT
                """)
        }
        let stream = try SyncStream(stores.group, pace: CopyPace(rows: 20, limit: 20), faults: faults)
        let error = #expect(throws: StopReason.self) { for _ in 0..<20 { _ = try stream.step() } }
        #expect(
            error
                == .proofFailed(
                    table: "t",
                    difference:
                        "30 rows in the source, 30 in the target; t 3: missing in the target; t 99: not in the source"))
        #expect(DataStatus.read(stores.group).state == .proving)
        #expect(DataStatus.read(stores.group).proof == nil)
    }

    @Test func `rows that the source does not have go, whatever their order`() throws {
        // The target's own order is another one: a wider collation, and another type of key in front.
        let stores = try SmallPair(
            "CREATE TABLE t(a TEXT, b INTEGER, v, PRIMARY KEY(a, b))",
            "CREATE TABLE t(v, b INTEGER, a TEXT COLLATE NOCASE, own TEXT DEFAULT 'own', PRIMARY KEY(b, v, a), UNIQUE(b, a COLLATE BINARY)) WITHOUT ROWID",
            tables: [.init("t")])
        for number in 0..<100 {
            try stores.source.execute(
                "INSERT INTO t VALUES(?, ?, ?)", number % 2 == 0 ? "k" : "K", number / 2, "v\(number)")
            try stores.target.execute(
                "INSERT INTO t(v, b, a) VALUES(?, ?, ?)", "old\(number)", number / 3 - 20, "k\(number % 5)")
        }
        try stores.install()
        try stores.synchronise()
        let rows = try stores.rows("SELECT a, b, v FROM t", "SELECT a, b, v FROM t")
        #expect(Set(rows.source) == Set(rows.target))
        #expect(DataStatus.read(stores.group).isCaughtUp)
    }

    @Test func `copying anew writes only what differs`() throws {
        let stores = try SmallPair(
            Self.schema,
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, v, version INTEGER DEFAULT 1); CREATE TABLE fired(n);
            CREATE TRIGGER u AFTER UPDATE ON t WHEN OLD.version = NEW.version BEGIN INSERT INTO fired VALUES(NEW.id); END;
            """, tables: [.init("t")])
        for id in 1...30 { try stores.source.execute("INSERT INTO t VALUES(?, 'a')", id) }
        try stores.install()
        try stores.synchronise()
        try stores.target.script("UPDATE t SET version = 9; UPDATE t SET v = 'wrong', version = 8 WHERE id = 7")
        try stores.copyAnew()
        try stores.synchronise()
        #expect(try stores.target.query("SELECT n FROM fired") { $0.int(0) } == [7])
        #expect(try stores.target.int("SELECT sum(version) FROM t") == 29 * 9 + 8)
    }

    @Test func `a key of three columns and one of eight`() throws {
        let eight = (1...8).map { "c\($0)" }.joined(separator: ", ")
        let schema = """
            CREATE TABLE three(a TEXT, b INTEGER, c BLOB, v, PRIMARY KEY(a, b, c)) WITHOUT ROWID;
            CREATE TABLE eight(\(eight), v, PRIMARY KEY(\(eight)));
            """
        let stores = try SmallPair(
            schema, schema, tables: [.init("three", key: ["c", "A", "b"]), .init("eight")])
        for number in 0..<100 {
            try stores.source.execute(
                "INSERT INTO three VALUES(?, ?, ?, 1)", "a\(number % 3)", number % 5, [UInt8(number), 0])
            try stores.source.execute(
                "INSERT INTO eight VALUES(1, '', ?, ?, 5, x'00', '7', ?, 1)", number % 2, number / 2, number % 3)
        }
        try stores.install()
        try stores.synchronise()
        try stores.source.script(
            "UPDATE three SET v = 2, b = b + 5 WHERE b = 2; DELETE FROM three WHERE a = 'a0'; UPDATE eight SET c2 = 'x' WHERE c8 = 1; DELETE FROM eight WHERE c3 = 1"
        )
        try stores.synchronise()
        for table in ["three", "eight"] {
            let rows = try stores.rows("SELECT * FROM \(table)", "SELECT * FROM \(table)")
            #expect(Set(rows.source) == Set(rows.target))
        }
        #expect(try StoreVerifier(stores.group).verify().isEqual)
        #expect(DataStatus.read(stores.group).isCaughtUp)
    }

    @Test func `names are compared as SQLite does`() throws {
        let stores = try SmallPair(
            "CREATE TABLE \"Users\"(Id TEXT PRIMARY KEY, \"E-Mail\" TEXT UNIQUE COLLATE NOCASE)",
            "CREATE TABLE USERS(ID TEXT PRIMARY KEY, mail TEXT)",
            tables: [
                .init(
                    name: "users", target: "Users", key: ["ID"],
                    columns: [.init(source: "iD", target: "id"), .init(source: "e-mail", target: "MAIL")])
            ])
        let plan = try #require(try stores.install().plans.first)
        #expect(plan.source == "Users" && plan.target == "USERS")
        #expect(plan.key == [.init(source: "Id", target: "ID")])
        #expect(plan.columns == [.init(source: "Id", target: "ID"), .init(source: "E-Mail", target: "mail")])
        try stores.synchronise()
        try stores.source.script("INSERT INTO users VALUES('a', 'x'), ('b', 'y'); REPLACE INTO users VALUES('c', 'X')")
        #expect(DataStatus.read(stores.group).lag.rows == 3)
        try stores.synchronise()
        let rows = try stores.rows("SELECT * FROM users ORDER BY id", "SELECT id, mail FROM users ORDER BY id")
        #expect(rows.source == rows.target && rows.source.count == 2)
        #expect(try stores.install().copiesAnew == false)
    }

    @Test func `a generated column can be read and not written`() throws {
        let source =
            "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, low TEXT AS (lower(v)), len INTEGER AS (length(v)) STORED, own TEXT AS (upper(v)))"
        let stores = try SmallPair(
            source, "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, low TEXT, len INTEGER, own TEXT AS (v || 'own'))",
            tables: [.init("t")])
        try stores.install()
        try stores.source.script("INSERT INTO t(v) VALUES('Ada'), ('Bob'); UPDATE t SET v = 'Eve!' WHERE id = 2")
        try stores.synchronise()
        let rows = try stores.rows("SELECT id, v, low, len FROM t", "SELECT id, v, low, len FROM t")
        #expect(rows.source == rows.target)
        #expect(rows.target.last == [.int(2), .text("Eve!"), .text("eve!"), .int(4)])
        stores.group.tables = [.init("t", columns: ["id", "own"])]
        #expect(try stores.problem()?.contains("\"own\" of the target's \"t\" is a generated column") == true)
    }

    @Test func `one table has one key, whoever carries it`() throws {
        let schema = "CREATE TABLE t(id INTEGER PRIMARY KEY, u TEXT UNIQUE NOT NULL)"
        let stores = try SmallPair(schema, schema, tables: [.init("t")])
        try stores.install()
        stores.group = .init(
            name: "other", source: stores.group.source, target: stores.group.target, tables: [.init("t", key: ["u"])])
        let problem = #expect(throws: PlanProblem.self) { try stores.install() }
        #expect(problem?.reason.contains("the group \"g\" carries \"t\" by the key (\"id\")") == true)
    }

    @Test func `rows without a key are said and hold the move`() throws {
        let schema = "CREATE TABLE t(id TEXT PRIMARY KEY, v)"
        let stores = try SmallPair(schema, schema, tables: [.init("t")])
        try stores.source.script("INSERT INTO t VALUES('a', 1), (NULL, 2)")
        try stores.install()
        try stores.synchronise()
        #expect(DataStatus.read(stores.group).keyless == 1)
        #expect(!DataStatus.read(stores.group, countsRows: false).isCaughtUp)
        // As they are now, not as they were at the proof.
        try stores.source.script("DELETE FROM t WHERE id IS NULL")
        #expect(DataStatus.read(stores.group, countsRows: false).isCaughtUp)
        try stores.source.script("INSERT INTO t VALUES(NULL, 3)")
        #expect(!DataStatus.read(stores.group, countsRows: false).isCaughtUp)
    }

    @Test func `orphans are counted and nothing cascades`() throws {
        let source = """
            CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER);
            INSERT INTO p VALUES(1), (2); INSERT INTO c VALUES(1, 1), (2, 2), (3, 77);
            """
        let target = """
            CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER REFERENCES p ON DELETE CASCADE);
            CREATE TABLE own(id INTEGER PRIMARY KEY, p INTEGER REFERENCES p ON DELETE CASCADE);
            CREATE TABLE apart(id INTEGER PRIMARY KEY, o INTEGER REFERENCES own); INSERT INTO apart VALUES(1, 5);
            """
        let stores = try SmallPair(source, target, tables: [.init("p"), .init("c")])
        try stores.install()
        try stores.synchronise()
        try stores.target.script("INSERT INTO own VALUES(1, 1), (2, 2)")
        try stores.source.execute("DELETE FROM p WHERE id = 2")
        try stores.synchronise()
        #expect(try stores.target.int("SELECT count(*) FROM own") == 2, "the service's rows are not deleted in silence")
        let report = try StoreVerifier(stores.group).verify()
        #expect(report.isEqual)
        #expect(report.orphans == 3)
        #expect(report.orphanSamples.contains("own rowid 2: no row of p"))
        #expect(report.orphanSamples.contains("c rowid 3: no row of p"))
    }

    @Test func `an older format is said and brought up to date`() throws {
        let stores = try SmallPair(Self.schema, Self.schema, tables: [.init("t")])
        // What the first release made, with keys of two columns.
        for (connection, side) in [(stores.source, "A"), (stores.target, "B")] {
            try connection.script(
                """
                CREATE TABLE _sf_store(one INTEGER PRIMARY KEY, id TEXT NOT NULL, side TEXT NOT NULL, format INTEGER NOT NULL);
                INSERT INTO _sf_store VALUES(1, 'old', '\(side)', 1);
                CREATE TABLE _sf_clk(one INTEGER PRIMARY KEY, n INTEGER NOT NULL); INSERT INTO _sf_clk VALUES(1, 7);
                CREATE TABLE _sf_chg(tbl TEXT NOT NULL, k1 NOT NULL, k2 NOT NULL, epoch, seq, org, del, ts, PRIMARY KEY(tbl, k1, k2)) WITHOUT ROWID;
                CREATE INDEX _sf_chg_feed ON _sf_chg(org, seq);
                CREATE TABLE _sf_ctx(origin TEXT NOT NULL);
                CREATE TABLE _sf_pos(peer TEXT PRIMARY KEY, store, seq, ts) WITHOUT ROWID; INSERT INTO _sf_pos VALUES('g', 'old', 7, 0);
                CREATE TABLE _sf_fill(grp, tbl, k1, k2, rows, done, install, PRIMARY KEY(grp, tbl)) WITHOUT ROWID;
                CREATE TABLE _sf_tbl(tbl TEXT PRIMARY KEY, grp, digest, install) WITHOUT ROWID;
                CREATE TABLE _sf_stream(grp TEXT PRIMARY KEY, state TEXT CHECK(state IN ('copying', 'running', 'stopped')), reason, ts);
                INSERT INTO _sf_stream VALUES('g', 'running', NULL, 0);
                """)
        }
        try stores.source.script(
            "CREATE TRIGGER _sf_t_ai AFTER INSERT ON t BEGIN INSERT INTO _sf_chg VALUES('t', NEW.id, '', 1, 1, 'A', 0, 0); END; INSERT INTO t VALUES(1, 1)"
        )
        #expect(throws: StopReason.otherFormat(found: 1)) { _ = try SyncStream(stores.group) }
        let status = DataStatus.read(stores.group)
        #expect(status.state == .notCreated)
        #expect(status.reason?.contains("older release (format 1, this one keeps 3)") == true)
        // `create` does not touch a store of a newer release.
        let report = try stores.install()
        #expect(report.copiesAnew && report.installed == ["t"])
        #expect(report.rebuilt == [stores.group.source, stores.group.target])
        try stores.synchronise()
        try stores.source.execute("INSERT INTO t VALUES(2, 2)")
        try stores.synchronise()
        #expect(DataStatus.read(stores.group).isCaughtUp)
        #expect(try stores.target.int("SELECT count(*) FROM t") == 2)
        try stores.source.execute("UPDATE _sf_store SET format = 4")
        #expect(throws: StopReason.otherFormat(found: 4)) { try stores.install() }
    }
}
