import Testing

@testable import Migration

/// What statements do to tables, as tables.
@Suite struct StatementReaderTests {
    private static func line(_ write: SQLStatement.Write) -> String {
        var words = [write.verb.rawValue, write.table]
        if write.replaces { words.append("replacing") }
        if let columns = write.columns { words.append("(\(columns.joined(separator: ",")))") }
        if !write.assigned.isEmpty { words.append("set:\(write.assigned.joined(separator: ","))") }
        if !write.held.isEmpty { words.append("held:\(write.held.sorted().joined(separator: ","))") }
        for target in write.upserts { words.append("upsert:\(target.sorted().joined(separator: ","))") }
        return words.joined(separator: " ")
    }

    @Test(
        arguments: [
            ("INSERT INTO t(a, b) VALUES(1, 'x')", "INSERT t (a,b)"),
            ("insert into t values(1)", "INSERT t"), ("INSERT INTO main.t DEFAULT VALUES", "INSERT t ()"),
            ("INSERT OR REPLACE INTO \"t t\"(a) SELECT a FROM u", "INSERT t t replacing (a)"),
            ("INSERT OR IGNORE INTO t(a) VALUES(?)", "INSERT t (a)"),
            ("REPLACE INTO [t] VALUES(1)", "INSERT t replacing"), ("REPLACE INTO 't' VALUES(1)", "INSERT t replacing"),
            (
                "INSERT INTO t AS x(a, b) VALUES(1, 2) ON CONFLICT(a) DO UPDATE SET b = excluded.b, (c, d) = (1, 2) WHERE b > 1 RETURNING a",
                "INSERT t (a,b) set:b,c,d upsert:a"
            ),
            ("INSERT INTO t(a) VALUES(1) ON CONFLICT(a) DO NOTHING", "INSERT t (a)"),
            (
                "INSERT INTO t(a) VALUES(1) ON CONFLICT(a) WHERE a > 0 DO NOTHING ON CONFLICT DO UPDATE SET a = 2",
                "INSERT t (a) set:a upsert:"
            ),
            ("INSERT INTO t(a) SELECT u.a FROM u JOIN v ON u.x = v.x", "INSERT t (a)"),
            (
                "WITH w(x) AS (SELECT 1), z AS NOT MATERIALIZED (SELECT 2) INSERT INTO t(a) SELECT x FROM w",
                "INSERT t (a)"
            ),
            ("UPDATE t SET a = 1", "UPDATE t set:a"),
            ("UPDATE OR REPLACE t SET a = 1, b = f(x, y) WHERE id = ?", "UPDATE t replacing set:a,b held:id"),
            ("UPDATE t AS x SET a = u.b FROM u WHERE x.id = u.id", "UPDATE t set:a"),
            ("UPDATE t SET (a, b) = (SELECT 1, 2) WHERE ID = :id AND b IS DISTINCT FROM 3", "UPDATE t set:a,b held:id"),
            ("DELETE FROM t", "DELETE t"), ("DELETE FROM t WHERE a = 1 OR b = 2", "DELETE t"),
            ("DELETE FROM t WHERE (a = 1 AND b = 2) OR (a = 3 AND c = 4)", "DELETE t held:a"),
            ("DELETE FROM t WHERE a BETWEEN 1 AND 2 AND b = 3", "DELETE t held:b"),
            ("DELETE FROM t WHERE a BETWEEN 1 AND b = 3", "DELETE t"),
            ("DELETE FROM t WHERE a IN (1, ?) AND b IN (SELECT b FROM u)", "DELETE t held:a"),
            ("DELETE FROM t WHERE a = b", "DELETE t"),
            ("DELETE FROM t WHERE a = lower(?) COLLATE NOCASE", "DELETE t held:a"),
            ("DELETE FROM t WHERE ? = t.a", "DELETE t held:a"), ("DELETE FROM t WHERE a IS NOT 1", "DELETE t"),
            ("DELETE FROM t WHERE a IS NULL", "DELETE t"), ("DELETE FROM t WHERE a = NULL", "DELETE t"),
            ("DELETE FROM t WHERE NOT a = 1", "DELETE t"), ("DELETE FROM t WHERE a > 1 LIMIT 5", "DELETE t"),
            ("DELETE FROM t WHERE (a, b) = (1, 2)", "DELETE t held:a,b"),
            ("DELETE FROM t WHERE CASE WHEN a = 1 OR b = 2 THEN 1 END AND c = 3 RETURNING id", "DELETE t held:c"),
            ("DELETE FROM t WHERE a = (SELECT max(a) FROM u)", "DELETE t held:a"),
            ("DELETE FROM t WHERE ((((a = 1))))", "DELETE t held:a"),
            ("UPDATE t SET a = CASE WHEN b THEN 1 END WHERE id IS 3", "UPDATE t set:a held:id"),
        ] as [(String, String)])
    func `a write is read`(_ sql: String, _ expected: String) throws {
        let statements = StatementReader.statements(sql)
        #expect(statements.count == 1)
        let statement = try #require(statements.first)
        #expect(statement.kind == .write)
        #expect(statement.writes.map(Self.line) == [expected])
    }

    @Test(
        arguments: [
            ("SELECT 1", []), ("SELECT * FROM a", ["a"]),
            ("SELECT * FROM a, main.b AS c JOIN \"d\" USING(x), [e]", ["a", "b", "d", "e"]),
            ("SELECT * FROM (SELECT * FROM a) x JOIN (b JOIN c) ON 1", ["a", "b", "c"]),
            (
                "SELECT f(a, b), (SELECT 1 FROM c) FROM d WHERE e IN (SELECT g FROM h) OR i IN j ORDER BY k, l",
                ["c", "d", "h", "j"]
            ),
            ("WITH RECURSIVE w(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM w, a) SELECT * FROM w JOIN b", ["a", "b"]),
            ("SELECT * FROM json_each(?) AS j, a WHERE x IS NOT DISTINCT FROM y", ["a"]),
            ("SELECT * FROM a UNION SELECT * FROM b GROUP BY c, d", ["a", "b"]),
            ("SELECT * FROM temp.a, b", ["b"]), ("VALUES(1), (2)", []),
            ("INSERT INTO a SELECT * FROM b", ["b"]), ("DELETE FROM a WHERE x IN (SELECT y FROM a)", ["a"]),
            ("UPDATE a SET x = 1 FROM b WHERE a.y = b.y", ["b"]),
        ] as [(String, [String])])
    func `tables that are read are found`(_ sql: String, _ expected: [String]) throws {
        #expect(try #require(StatementReader.statements(sql).first).reads == expected)
    }

    @Test(
        arguments: [
            ("BEGIN IMMEDIATE", .begin), ("commit transaction", .commit), ("END", .commit), ("ROLLBACK", .rollback),
            ("ROLLBACK TO SAVEPOINT s", .rollbackTo), ("SAVEPOINT \"s\"", .savepoint("s")),
            ("RELEASE SAVEPOINT s", .release("s")), ("RELEASE s", .release("s")),
            ("ALTER TABLE main.t ADD COLUMN x", .schemaChange(verb: "ALTER TABLE", table: "t")),
            ("DROP TABLE IF EXISTS t", .schemaChange(verb: "DROP TABLE", table: "t")),
            ("DROP INDEX i", .neutral("DROP")), ("DROP TABLE", .neutral("DROP")),
            ("CREATE TABLE t(a)", .neutral("CREATE")), ("PRAGMA user_version = 1", .neutral("PRAGMA")),
            ("EXPLAIN QUERY PLAN SELECT 1", .neutral("EXPLAIN")), ("2026-01-01 DEBUG", .unknown("?")),
            ("grant all", .unknown("grant")), ("CREATE TRIGGER x", .unknown("CREATE TRIGGER")),
        ] as [(String, SQLStatement.Kind)])
    func `every statement has a kind`(_ sql: String, _ expected: SQLStatement.Kind) {
        #expect(StatementReader.statements(sql).map(\.kind) == [expected])
    }

    @Test func `a trigger is one statement with all that it writes`() throws {
        let statements = StatementReader.statements(
            """
            CREATE TEMP TRIGGER IF NOT EXISTS g AFTER UPDATE OF a ON t WHEN CASE WHEN NEW.a THEN 1 END BEGIN
              UPDATE u SET n = CASE WHEN n > 0 THEN n - 1 ELSE 0 END WHERE id = NEW.id;
              INSERT OR REPLACE INTO v SELECT * FROM w;
              SELECT RAISE(ABORT, 'no; never') FROM z WHERE 0;
            END;
            SELECT 1
            """)
        try #require(statements.count == 2)
        #expect(statements[0].kind == .trigger(name: "g", table: "t"))
        #expect(statements[0].writes.map(Self.line) == ["UPDATE u set:n held:id", "INSERT v replacing"])
        #expect(statements[0].reads == ["w", "z"])
    }

    @Test(
        arguments: [
            ("SELECT 1; SELECT 2;", 2), (";;", 0), ("BEGIN\nINSERT INTO t VALUES(1)\nCOMMIT", 3),
            ("INSERT INTO t(a)\nSELECT 1\nUNION ALL\nSELECT 2\nUPDATE t SET a = 1", 2),
            ("INSERT INTO t(a)\nVALUES(1)\nON CONFLICT DO\nUPDATE SET a = 2\nDELETE FROM t", 2),
            ("WITH a AS (\nSELECT 1)\nDELETE FROM t\nWHERE x IN (\nSELECT 1)\nSELECT 3", 2),
            ("UPDATE t SET a = CASE\nWHEN 1 THEN 2\nEND\nCOMMIT", 2), ("SELECT\nreplace(a, b, c)\nFROM t", 1),
            ("UPDATE t SET a = 1\nREPLACE INTO t VALUES(1)", 2), ("SELECT a FROM t\nREPLACE (1)", 1),
            ("BEGIN \nSELECT 1\nEND", 3), ("EXPLAIN\nSELECT 1\nSELECT 2", 2), ("CREATE VIEW v AS\nSELECT 1\nBEGIN", 2),
            ("CREATE TRIGGER g AFTER INSERT ON t BEGIN\nDELETE FROM u;\nSELECT 1; END\nCOMMIT", 2),
            ("SELECT 1\nREPLACE", 1), ("DELETE FROM t\nEND", 2),
            ("ALTER TABLE t\nDROP COLUMN c\nDROP TABLE u", 2),
        ] as [(String, Int)])
    func `statements end at semicolons, or where a line begins the next one`(_ sql: String, _ count: Int) {
        #expect(StatementReader.statements(sql).count == count)
    }

    @Test func `the shape of a statement shows no value`() throws {
        let sql = "INSERT INTO users ( id, email )\n VALUES ('7', x'00', 9, ?1) -- secret"
        #expect(
            try #require(StatementReader.statements(sql).first).shape
                == "INSERT INTO users(id, email) VALUES (?, ?, ?, ?)")
        let long = try #require(StatementReader.statements("SELECT " + String(repeating: "column, ", count: 99)).first)
        #expect(long.shape.count == 160 && long.shape.hasSuffix("…"))
    }

    @Test func `a statement without an end is read as far as it is kept`() throws {
        let sql = "DELETE FROM t WHERE a IN (" + String(repeating: "?,", count: 50_000) + "?) AND b = 1; COMMIT"
        var cut: [Bool] = []
        var splitter = StatementSplitter()
        var found: [SQLStatement] = []
        for token in SQLTokenizer.tokens(sql) {
            splitter.take(token) {
                found.append(StatementReader.read($0, isCut: $1))
                cut.append($1)
            }
        }
        splitter.finish { found.append(StatementReader.read($0, isCut: $1)) }
        #expect(cut == [true] && found.count == 2)
        #expect(found[0].writes.first?.isCut == true)
    }

    /// Words and bytes in any order: nothing ends the process, and the work stays linear.
    @Test func `random text is read without a trap`() {
        let words = [
            "SELECT", "INSERT", "INTO", "UPDATE", "DELETE", "FROM", "WHERE", "(", ")", ";", ",", ".", "=", "AND", "OR",
            "IN", "WITH", "AS", "ON", "CONFLICT", "DO", "SET", "REPLACE", "CREATE", "TRIGGER", "BEGIN", "END", "CASE",
            "t", "\"u\"", "'v'", "?", "\n", "VALUES", "BETWEEN", "IS", "NOT", "NULL", "JOIN", "DEFAULT", "RETURNING",
            "IF", "TEMP", "DROP", "TABLE", "RELEASE", "SAVEPOINT", "COLLATE", "NEW", "EXPLAIN", "RECURSIVE", "/*", "--",
            "'",
        ]
        var random = SplitMix(state: 0x11A7)
        for _ in 0..<4_000 {
            var sql = ""
            for _ in 0..<Int(random.next() % 40) { sql += words[Int(random.next() % UInt64(words.count))] + " " }
            let statements = StatementReader.statements(sql)
            #expect(statements.allSatisfy { $0.place.line >= 1 })
        }
        for _ in 0..<1_000 {
            let bytes = (0..<Int(random.next() % 60)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            _ = StatementReader.statements(String(decoding: bytes, as: UTF8.self))
        }
        for deep in ["(", "((a = 1 OR ", "SELECT (", "WITH a AS (", "a IN (SELECT ", "CASE "] {
            let sql = "DELETE FROM t WHERE " + String(repeating: deep, count: 6_000)
            #expect(StatementReader.statements(sql).count == 1)
        }
    }

    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }
}
