import DataSync
import SQLite
import Testing

@testable import Migration

/// A value either arrives as it is, or `create` refuses its column: never a third thing.
@Suite struct ExactnessTests {
    static let types = [
        "INTEGER", "INT", "TEXT", "VARCHAR(9)", "REAL", "NUMERIC", "DECIMAL(9,2)", "DATETIME", "BLOB", "",
    ]

    private static let values: [SQLValue] = [
        .null, .int(1), .int(-7), .int(.max), .int(.min), .double(1.5), .double(3), .double(-0.0), .double(1e300),
        .double(.infinity), .text(""), .text("abc"), .text("12"), .text("1.50"), .text(" 3 "), .text("1e3"),
        .text("0x10"),
        .text("2024-01-01"), .text("2024"), .text("é\u{0}x"), .text("e\u{301}"), .blob([]), .blob([49]),
    ]

    @Test(arguments: types, types)
    func `a pair of types is carried exactly or refused`(from: String, to: String) throws {
        let stores = try SmallPair(
            "CREATE TABLE t(k TEXT PRIMARY KEY NOT NULL, v \(from))",
            "CREATE TABLE t(k TEXT PRIMARY KEY NOT NULL, v \(to))",
            tables: [.init("t")])
        // What SQLite itself makes of a value of the source's column in the target's.
        var changes = false
        for (place, value) in Self.values.enumerated() {
            try stores.source.execute("INSERT INTO t VALUES(?, ?)", "k\(place)", value)
            let held = try stores.source.first("SELECT v FROM t WHERE k = ?", "k\(place)") { $0.value(0) } ?? .null
            try stores.target.execute("INSERT INTO t VALUES('probe', ?)", held)
            changes = try changes || stores.target.first("SELECT v FROM t", row: { $0.value(0) }) != held
            try stores.target.execute("DELETE FROM t")
        }
        guard let problem = try stores.problem() else {
            #expect(!changes, "\(from) to \(to) is accepted")
            try stores.install()
            try stores.synchronise()
            let rows = try stores.rows("SELECT v FROM t ORDER BY rowid", "SELECT v FROM t ORDER BY rowid")
            #expect(Set(rows.source) == Set(rows.target))
            #expect(try StoreVerifier(stores.group).verify().isEqual)
            return
        }
        #expect(changes, "\(from) to \(to) is refused though nothing changes")
        #expect(problem.contains("\"t\".\"v\" is \(from.isEmpty ? "no type" : from)"), "\(problem)")
        #expect(problem.contains("\"columns\""))
    }

    @Test(arguments: types, types)
    func `a pair of key types is carried exactly or refused`(from: String, to: String) throws {
        let stores = try SmallPair(
            "CREATE TABLE t(k \(from) PRIMARY KEY NOT NULL, v)", "CREATE TABLE t(k \(to) PRIMARY KEY NOT NULL, v)",
            tables: [.init("t")])
        for (place, value) in Self.values.enumerated() {
            // Refused: NULL, the same key in another class, a text as a rowid.
            _ = try? stores.source.execute("INSERT INTO t VALUES(?, ?)", value, place)
        }
        for number in 0..<200 {
            _ = try? stores.source.execute("INSERT INTO t VALUES(?, 1)", number * 37 % 211)
            _ = try? stores.source.execute("INSERT INTO t VALUES(?, 2)", "n\(number)")
        }
        guard try stores.problem() == nil else { return }
        try stores.install()
        do {
            try stores.synchronise()
        } catch let reason as StopReason {
            // A rowid holds nothing but integers; the source's column may hold more, and `create` says so.
            guard case .rowRefused = reason else { throw reason }
            #expect(try stores.install().plans[0].notes.contains { $0.contains("holds nothing but INTEGER") })
            return
        }
        let rows = try stores.rows("SELECT k, v FROM t", "SELECT k, v FROM t")
        #expect(rows.source.count > 100)
        #expect(Set(rows.source) == Set(rows.target))
    }

    @Test(arguments: ["UTF-8", "UTF-16le", "UTF-16be"], ["UTF-8", "UTF-16le", "UTF-16be"])
    func `every key arrives, whatever the encodings`(source: String, target: String) throws {
        let schema = "CREATE TABLE t(k TEXT PRIMARY KEY, v)"
        let stores = try SmallPair(
            schema, schema, tables: [.init("t")], sourceEncoding: source, targetEncoding: target)
        // Surrogate pairs and letters after them: UTF-16 orders these otherwise than UTF-8.
        let letters = ["a", "Z", "é", "\u{FFFD}", "\u{1F600}", "\u{10FFFF}", "\u{FB01}", "~"]
        for first in letters {
            for second in letters {
                for third in letters {
                    try stores.source.execute("INSERT INTO t VALUES(?, ?)", first + second + third, first + third)
                }
            }
        }
        try stores.target.execute("INSERT INTO t VALUES('\u{1F600}stray', 1), ('stray', 2)")
        try stores.install()
        try stores.synchronise()
        try stores.source.execute("UPDATE t SET v = v || '!' WHERE k LIKE '%~'")
        try stores.source.execute("DELETE FROM t WHERE k LIKE 'é%'")
        try stores.synchronise()
        let rows = try stores.rows("SELECT k, v FROM t", "SELECT k, v FROM t")
        #expect(rows.source.count == 448)
        #expect(Set(rows.source) == Set(rows.target))
        #expect(DataStatus.read(stores.group).isCaughtUp)
    }

    @Test func `a text that the other encoding cannot hold fails the proof`() throws {
        let schema = "CREATE TABLE t(k TEXT PRIMARY KEY, v TEXT)"
        let stores = try SmallPair(schema, schema, tables: [.init("t")], targetEncoding: "UTF-16le")
        try stores.source.execute("INSERT INTO t VALUES('bad', ?)", SQLValue.invalidText([0x61, 0xFF]))
        try stores.install()
        let difference = "1 rows in the source, 1 in the target; t bad: differs in v"
        #expect(throws: StopReason.proofFailed(table: "t", difference: difference)) { try stores.synchronise() }
        #expect(DataStatus.read(stores.group).proof == nil)
    }

    @Test func `equal means the same bytes`() {
        #expect(SQLValue.text("é") != .text("e\u{301}"))
        #expect(SQLValue.double(0) != .double(-0.0))
        #expect(SQLValue.double(1) != .int(1))
        #expect(SQLValue.text("a") != .blob([0x61]))
        #expect(Set([SQLValue.text("é"), .text("e\u{301}")]).count == 2)
    }

    @Test func `two spellings of a letter are a difference for verify`() throws {
        let schema = "CREATE TABLE t(k TEXT PRIMARY KEY, v)"
        let stores = try SmallPair(schema, schema, tables: [.init("t")])
        try stores.source.execute("INSERT INTO t VALUES('a', ?)", "é")
        try stores.install()
        try stores.synchronise()
        try stores.target.execute("UPDATE t SET v = ?", "e\u{301}")
        #expect(try StoreVerifier(stores.group).verify().different == 1)
        try stores.copyAnew()
        try stores.synchronise()
        #expect(try StoreVerifier(stores.group).verify().isEqual)
    }
}
