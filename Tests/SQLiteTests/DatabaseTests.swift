import Foundation
import SQLite
import TestSupport
import Testing

@Suite struct DatabaseTests {
    private let folder: TemporaryFolder
    private let schema = ["CREATE TABLE t(id TEXT PRIMARY KEY, n INTEGER UNIQUE, b BLOB) WITHOUT ROWID"]

    init() throws { folder = try TemporaryFolder() }

    @Test func `values keep their storage class`() throws {
        let database = try Database(path: folder.file("test.db"), migrations: ["CREATE TABLE v(x)"])
        let values: [SQLValue] = [
            .null, .int(.min), .int(.max), .double(-0.0), .double(.infinity), .text(""), .text("é\u{0}x"), .blob([]),
            .blob([0, 255]), .invalidText([0x61, 0xFF]),
        ]
        try database.write { tx in for value in values { try tx.execute("INSERT INTO v VALUES(?)", value) } }
        #expect(try database.read { try $0.query("SELECT x FROM v ORDER BY rowid") { $0.value(0) } } == values)
    }

    @Test func `a throwing body rolls back`() throws {
        struct Stop: Error {}
        let database = try Database(path: folder.file("test.db"), migrations: schema)
        #expect(throws: Stop.self) {
            try database.write { tx in
                try tx.execute("INSERT INTO t VALUES('a', 1, NULL)")
                throw Stop()
            }
        }
        #expect(try database.read { try $0.int("SELECT count(*) FROM t") } == 0)
        try database.write { try $0.execute("INSERT INTO t VALUES(?, ?, ?)", "a", 1, SQLValue.null) }
        #expect(try database.read { try $0.int("SELECT count(*) FROM t") } == 1)
    }

    @Test func `constraints are typed`() throws {
        let database = try Database(path: folder.file("test.db"), migrations: schema)
        try database.write { try $0.execute("INSERT INTO t VALUES('a', 1, NULL)") }
        for sql in ["INSERT INTO t VALUES('a', 2, NULL)", "INSERT INTO t VALUES('b', 1, NULL)"] {
            let error = #expect(throws: SQLiteError.self) { try database.write { _ = try $0.execute(sql) } }
            #expect(error?.isUnique == true)
            #expect(error?.isConstraint == true)
        }
    }

    @Test func `a full store is typed and loses nothing`() throws {
        let database = try Database(path: folder.file("test.db"), migrations: schema)
        try database.write { try $0.execute("INSERT INTO t VALUES('kept', 1, NULL)") }
        try database.withWriter { try $0.script("PRAGMA max_page_count = 8") }
        let error = #expect(throws: SQLiteError.self) {
            try database.write {
                try $0.execute("INSERT INTO t VALUES('big', 2, ?)", [UInt8](repeating: 7, count: 1 << 20))
            }
        }
        #expect(error?.isFull == true)
        #expect(try database.read { try $0.query("SELECT id FROM t") { $0.text(0) } } == ["kept"])
        try database.withWriter { try $0.script("PRAGMA max_page_count = 100000") }
        try database.write { try $0.execute("INSERT INTO t VALUES('small', 2, NULL)") }
        #expect(try database.quickCheck() == [])
    }

    @Test func `readers see one snapshot while the writer goes on`() throws {
        let database = try Database(path: folder.file("test.db"), migrations: schema)
        try database.read { reader in
            #expect(try reader.int("SELECT count(*) FROM t") == 0)
            try database.write { try $0.execute("INSERT INTO t VALUES('a', 1, NULL)") }
            #expect(try reader.int("SELECT count(*) FROM t") == 0)
        }
        #expect(try database.read { try $0.int("SELECT count(*) FROM t") } == 1)
    }

    @Test func `readers cannot write`() throws {
        let database = try Database(path: folder.file("test.db"), migrations: schema)
        #expect(throws: SQLiteError.self) {
            try database.read { _ = try $0.execute("INSERT INTO t VALUES('a', 1, NULL)") }
        }
    }

    @Test func `many threads share one database`() throws {
        let database = try Database(
            path: folder.file("test.db"), migrations: schema, configuration: .init { $0.synchronous = .off })
        DispatchQueue.concurrentPerform(iterations: 16) { worker in
            for turn in 0..<50 {
                let number = worker * 1_000 + turn
                _ = try? database.write { try $0.execute("INSERT INTO t VALUES(?, ?, NULL)", "k\(number)", number) }
                _ = try? database.read { try $0.int("SELECT max(n) FROM t") }
            }
        }
        #expect(try database.read { try $0.int("SELECT count(*) FROM t") } == 800)
    }

    @Test func `migrations run once and refuse a newer file`() throws {
        let steps = ["CREATE TABLE a(x)", "ALTER TABLE a ADD COLUMN y; INSERT INTO a VALUES(1, 2)"]
        _ = try Database(path: folder.file("test.db"), migrations: [steps[0]])
        _ = try Database(path: folder.file("test.db"), migrations: steps)
        let database = try Database(path: folder.file("test.db"), migrations: steps)
        #expect(try database.read { try $0.int("SELECT count(*) FROM a") } == 1)
        let error = #expect(throws: SQLiteError.self) {
            try Database(path: folder.file("test.db"), migrations: [steps[0]])
        }
        #expect(error?.message.contains("older than the file") == true)
    }

    @Test(arguments: [-1, -2_147_483_648, 2_147_483_647])
    func `a file of another program is refused, whatever its version`(
        version: Int
    ) throws {
        do {
            let connection = try DatabaseConnection(path: folder.file("test.db"))
            try connection.script("PRAGMA user_version = \(version)")
        }
        #expect(throws: SQLiteError.self) {
            try Database(path: folder.file("test.db"), migrations: ["CREATE TABLE a(x)"])
        }
    }

    @Test func `a failed migration leaves the schema as it was`() throws {
        #expect(throws: SQLiteError.self) {
            try Database(path: folder.file("test.db"), migrations: ["CREATE TABLE a(x); CREATE TABLE a(x)"])
        }
        let connection = try DatabaseConnection(path: folder.file("test.db"))
        #expect(try connection.int("SELECT count(*) FROM sqlite_master") == 0)
        #expect(try connection.int("PRAGMA user_version") == 0)
    }

    @Test func `another connection's commit moves the data version`() throws {
        let database = try Database(path: folder.file("test.db"), migrations: schema)
        let watcher = try DatabaseConnection(path: folder.file("test.db"))
        let before = try watcher.dataVersion()
        #expect(try watcher.dataVersion() == before)
        try database.write { try $0.execute("INSERT INTO t VALUES('a', 1, NULL)") }
        #expect(try watcher.dataVersion() != before)
    }

    @Test func `functions are known to triggers and queries`() throws {
        let double = DatabaseFunction("twice", arity: 1) { values in
            if case .int(let number) = values[0] { .int(number * 2) } else { .null }
        }
        let database = try Database(
            path: folder.file("test.db"),
            migrations: [
                "CREATE TABLE f(x); CREATE TABLE log(x)",
                "CREATE TRIGGER g AFTER INSERT ON f BEGIN INSERT INTO log VALUES(twice(NEW.x)); END",
            ],
            configuration: .init { $0.functions = [double] })
        try database.write { try $0.execute("INSERT INTO f VALUES(21)") }
        #expect(try database.read { try $0.int("SELECT twice(x) FROM log") } == 84)
    }

    @Test func `copies are whole databases`() throws {
        let database = try Database(path: folder.file("test.db"), migrations: schema)
        try database.write { try $0.execute("INSERT INTO t VALUES('a', 1, NULL)") }
        try database.backup(to: folder.file("backup.db"))
        try database.withWriter { try $0.execute("VACUUM INTO ?", folder.file("vacuum.db")) }
        for name in ["backup.db", "vacuum.db"] {
            let copy = try DatabaseConnection(path: folder.file(name), configuration: .init { $0.readOnly = true })
            #expect(try copy.text("SELECT id FROM t") == "a")
            #expect(try copy.quickCheck() == [])
        }
    }

    @Test func `misuse is an error and not a silent loss`() throws {
        let connection = try DatabaseConnection(path: folder.file("test.db"))
        for (sql, values) in [("SELECT ?", []), ("SELECT 1", [1]), ("SELECT 1; SELECT 2", []), ("", []), ("SELEC", [])]
            as [(String, [Int])]
        {
            #expect(throws: SQLiteError.self, "\(sql)") { try connection.execute(sql, values: values) }
        }
        #expect(try connection.execute("SELECT 1 ; \n") == 0)
    }

    @Test func `files are readable by their owner only`() throws {
        let database = try Database(path: folder.file("test.db"), migrations: schema)
        try database.write { try $0.execute("INSERT INTO t VALUES('a', 1, NULL)") }
        for suffix in ["", "-wal"] {
            let mode = try FileManager.default.attributesOfItem(atPath: folder.file("test.db") + suffix)[
                .posixPermissions]
            #expect(mode as? Int == 0o600, "\(suffix)")
        }
    }

    @Test func `nested use of one statement text works`() throws {
        let connection = try DatabaseConnection(path: folder.file("test.db"))
        let sql = "SELECT value FROM json_each('[1,2]')"
        let pairs = try connection.query(sql) { outer in
            try connection.query(sql) { inner in "\(outer.int(0))\(inner.int(0))" }
        }
        #expect(pairs == [["11", "12"], ["21", "22"]])
    }
}
