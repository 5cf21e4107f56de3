import DataSync
import SQLite
import Testing

@testable import Migration

/// Rows are unique by an index's own rules, and `REPLACE` deletes by them where no trigger sees it.
@Suite struct UniquenessTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var table = "CREATE TABLE t(id TEXT PRIMARY KEY, email TEXT, n INTEGER, s TEXT NOT NULL DEFAULT 'none')"
        var index: String
        var before: [String]
        var write: String
        /// How many rows the write leaves.
        var left: Int
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "NOCASE of the index", index: "t(email COLLATE NOCASE)",
            before: ["('a', 'ADA@x', 1, 's')", "('b', 'bob@x', 2, 's')"],
            write: "INSERT OR REPLACE INTO t VALUES('c', 'ada@X', 3, 's')", left: 2),
        Case(
            name: "RTRIM of the index", index: "t(email COLLATE RTRIM)", before: ["('a', 'ada', 1, 's')"],
            write: "REPLACE INTO t VALUES('c', 'ada  ', 3, 's')", left: 1),
        Case(
            name: "BINARY of the index over a NOCASE column",
            table: "CREATE TABLE t(id TEXT PRIMARY KEY, email TEXT COLLATE NOCASE, n INTEGER, s TEXT)",
            index: "t(email COLLATE BINARY)", before: ["('a', 'ada', 1, 's')", "('b', 'ADA', 1, 's')"],
            write: "INSERT OR REPLACE INTO t VALUES('c', 'ada', 3, 's')", left: 2),
        Case(
            name: "some rows only", index: "t(email) WHERE n > 0",
            before: ["('a', 'ada', 1, 's')", "('b', 'ada', 0, 's')"],
            write: "INSERT OR REPLACE INTO t VALUES('c', 'ada', 3, 's')", left: 2),
        Case(
            name: "an expression", index: "t(lower(email), n % 10)",
            before: ["('a', 'ADA', 1, 's')", "('b', 'ada', 2, 's')"],
            write: "INSERT OR REPLACE INTO t VALUES('c', 'Ada', 21, 's')", left: 2),
        Case(
            name: "an expression in a collation, of some rows",
            index: "t((email || 'x') COLLATE NOCASE) WHERE t.n IS NOT NULL",
            before: ["('a', 'ADA', 1, 's')"], write: "UPDATE OR REPLACE t SET email = 'ada', n = 5 WHERE id = 'b'",
            left: 1),
        Case(
            name: "a generated column",
            table: "CREATE TABLE t(id TEXT PRIMARY KEY, email TEXT, n INTEGER, s TEXT, low TEXT AS (lower(email)))",
            index: "t(low)", before: ["('a', 'ADA', 1, 's')"],
            write: "INSERT OR REPLACE INTO t VALUES('c', 'ada', 3, 's')", left: 1),
        Case(
            name: "a default that REPLACE puts for NULL", index: "t(s)", before: ["('a', 'ada', 1, 'none')"],
            write: "INSERT OR REPLACE INTO t VALUES('c', 'bob', 3, NULL)", left: 1),
        Case(
            name: "the key's own collation",
            table: "CREATE TABLE t(id TEXT PRIMARY KEY COLLATE NOCASE, email TEXT, n INTEGER, s TEXT)", index: "t(n)",
            before: ["('a', 'ada', 1, 's')"], write: "INSERT OR REPLACE INTO t VALUES('A', 'ada', 3, 's')", left: 1),
        Case(
            name: "a rowid under another name",
            table: "CREATE TABLE t(n INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, email TEXT, s TEXT)", index: "t(s)",
            before: ["(1, 'a', 'ada', 's')"], write: "INSERT OR REPLACE INTO t VALUES(1, 'b', 'bob', 'u')", left: 1),
        Case(
            name: "a hidden rowid", index: "t(n)", before: ["('a', 'ada', 1, 's')"],
            write: "INSERT OR REPLACE INTO t(rowid, id, email, n) VALUES(1, 'c', 'bob', 3)", left: 1),
        Case(
            name: "a hidden rowid that is moved", index: "t(n)", before: ["('a', 'ada', 1, 's')"],
            write: "UPDATE OR REPLACE t SET rowid = 1 WHERE id = 'b'", left: 1),
    ]

    @Test(arguments: cases, [true, false])
    func `what replace deletes is deleted there too`(case it: Case, isUniqueThere: Bool) throws {
        let stores = try SmallPair(
            "\(it.table); CREATE UNIQUE INDEX u ON \(it.index)",
            "\(it.table); \(isUniqueThere ? "CREATE UNIQUE INDEX u ON \(it.index)" : "")",
            tables: [.init("t", key: ["id"])])
        for row in it.before { try stores.source.execute("INSERT INTO \(Self.columns(it)) VALUES\(row)") }
        let extra = it.write.contains("id = 'b'")
        if extra { try stores.source.execute("INSERT INTO t(id, email, n, s) VALUES('b', 'bob', -1, 'u')") }
        try stores.install()
        try stores.synchronise()
        try stores.source.execute(it.write)
        #expect(try stores.source.int("SELECT count(*) FROM t") == it.left)
        try stores.synchronise()
        let rows = try stores.rows("SELECT * FROM t ORDER BY id", "SELECT * FROM t ORDER BY id")
        #expect(rows.source == rows.target)
        #expect(try StoreVerifier(stores.group).verify().isEqual)
    }

    private static func columns(_ it: Case) -> String {
        it.table.contains("(n INTEGER PRIMARY KEY") ? "t(n, id, email, s)" : "t(id, email, n, s)"
    }

    /// The victims are looked up by the very index, or each insert of the monolith would read the whole table.
    @Test(arguments: cases.map(\.index))
    func `victims are found by the index`(index: String) throws {
        let table = Self.cases.first { $0.index == index }?.table ?? ""
        let stores = try SmallPair(
            "\(table); CREATE UNIQUE INDEX u ON \(index)", table, tables: [.init("t", key: ["id"])])
        let plan = try CaptureInstaller.plans(stores.group, source: stores.source, target: stores.target)[0]
        for condition in Victims(plan).conditions {
            let probe = condition.replacing(/NEW\.("\w+"|rowid)/) { _ in "'x'" }
            let steps = try stores.source.query("EXPLAIN QUERY PLAN SELECT id FROM \"t\" WHERE (\(probe))") {
                $0.text(3)
            }
            #expect(steps.contains { $0.hasPrefix("SEARCH t USING") }, "\(condition): \(steps)")
        }
    }

    @Test func `swaps leave the service's columns alone`() throws {
        // Neither NULL nor a placeholder is allowed in the target, and the service counts on a unique column of its own
        // too.
        let source = "CREATE TABLE t(id INTEGER PRIMARY KEY, place TEXT NOT NULL UNIQUE)"
        let target = """
            CREATE TABLE t(id INTEGER PRIMARY KEY, place TEXT NOT NULL CHECK(length(place) < 4), version INTEGER DEFAULT 1,
                mark TEXT UNIQUE);
            CREATE UNIQUE INDEX u ON t(place);
            CREATE TABLE fired(what);
            CREATE TRIGGER gone AFTER DELETE ON t BEGIN INSERT INTO fired VALUES(OLD.id); END;
            """
        for isChecked in [true, false] {
            let stores = try SmallPair(
                source, isChecked ? target : target.replacing("CHECK(length(place) < 4)", with: ""),
                tables: [.init("t")])
            for place in 1...50 { try stores.source.execute("INSERT INTO t VALUES(?, ?)", place, "p\(place)") }
            try stores.install()
            try stores.synchronise()
            try stores.target.execute("UPDATE t SET version = id * 7, mark = 'm' || id")
            // A rotation of all, a swap of two, and one that goes while another takes its place.
            try stores.source.script(
                """
                BEGIN; UPDATE t SET place = '-' || place; UPDATE t SET place = 'p' || (id % 50 + 1); COMMIT;
                BEGIN; UPDATE t SET place = 'x' WHERE id = 7; UPDATE t SET place = 'p8' WHERE id = 6; UPDATE t SET place = 'p7' WHERE id = 7;
                DELETE FROM t WHERE id = 20; UPDATE t SET place = 'p21' WHERE id = 30; COMMIT;
                """)
            try stores.synchronise()
            let rows = try stores.rows("SELECT id, place FROM t ORDER BY id", "SELECT id, place FROM t ORDER BY id")
            #expect(rows.source == rows.target)
            #expect(try stores.target.int("SELECT count(*) FROM t WHERE version = id * 7 AND mark = 'm' || id") == 49)
            let deleted = try stores.target.query("SELECT what FROM fired") { $0.int(0) }
            #expect(isChecked || deleted == [20], "only the row that is gone was deleted: \(deleted)")
        }
    }

    @Test func `a long rotation is carried in one step`() throws {
        let schema = "CREATE TABLE t(id INTEGER PRIMARY KEY, place INTEGER UNIQUE)"
        let stores = try SmallPair(schema, schema, tables: [.init("t")])
        try stores.source.script(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO t SELECT i, i FROM n"
        )
        try stores.install()
        try stores.synchronise()
        try stores.source.script("BEGIN; UPDATE t SET place = -place; UPDATE t SET place = -place % 3000 + 1; COMMIT")
        try stores.synchronise()
        #expect(try stores.target.int("SELECT count(*) FROM t WHERE place = id % 3000 + 1") == 3_000)
    }

    @Test(arguments: [
        (
            "CREATE UNIQUE INDEX u ON t(email COLLATE OWN)", "",
            "the index \"u\" of \"t\" is unique by the collation OWN"
        ),
        ("", "CREATE INDEX u ON t(email COLLATE OWN)", "the index \"u\" of the target's \"t\" uses the collation OWN"),
        (
            "CREATE UNIQUE INDEX u ON t(email) WHERE n = 1", "CREATE UNIQUE INDEX v ON t(email)",
            "nothing in the source makes (email) of \"t\" unique, so it does not identify a row (the index \"u\" covers only some rows)"
        ),
        ("CREATE INDEX u ON t(email)", "CREATE UNIQUE INDEX v ON t(email)", "nothing in the source makes (email)"),
        (
            "CREATE UNIQUE INDEX u ON t(email)", "CREATE UNIQUE INDEX v ON t(email COLLATE NOCASE)",
            "is unique by BINARY and the target's \"t\".\"email\" by NOCASE"
        ),
        (
            "CREATE UNIQUE INDEX u ON t(email)", "CREATE UNIQUE INDEX v ON t(email) WHERE n = 1",
            "must hold (email) unique"
        ),
        (
            "CREATE UNIQUE INDEX u ON t(lower(email))", "CREATE UNIQUE INDEX v ON t(email)",
            "nothing in the source makes"
        ),
    ])
    func `what cannot be kept unique is refused`(source: String, target: String, reason: String) throws {
        let own = reason.contains("OWN")
        let table = "CREATE TABLE t(id TEXT PRIMARY KEY, email TEXT, n INTEGER)"
        // SQLite lets nobody make such an index who does not know the collation: it is written into the schema.
        func schema(_ index: String) -> String {
            guard own, !index.isEmpty else { return "\(table); \(index)" }
            let known = index.replacing("OWN", with: "NOCASE")
            return """
                \(table); \(known); PRAGMA writable_schema = ON;
                UPDATE sqlite_master SET sql = replace(sql, 'NOCASE', 'OWN') WHERE name = 'u'; PRAGMA writable_schema = RESET;
                """
        }
        let stores = try SmallPair(
            schema(source), schema(target), tables: [.init("t", key: own ? [] : ["email"])])
        let problem = try stores.problem() ?? "accepted"
        #expect(problem.contains(reason), "\(problem)")
    }
}
