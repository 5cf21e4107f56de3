import SQLite
import TestSupport
import Testing

@testable import DataSync
@testable import Migration

/// Stores that keep the same facts in different forms.
@Suite struct ColumnMapTests {
    private static let source = """
        CREATE TABLE people(id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL, born TEXT, height INTEGER, state TEXT)
        """
    /// The name is split, the time a number, the height in other units, the state a number; `label` follows from
    /// others.
    private static let target = """
        CREATE TABLE persons(
            id TEXT PRIMARY KEY NOT NULL, first TEXT NOT NULL, last TEXT, born_at INTEGER, metres REAL, code INTEGER,
            label TEXT NOT NULL, note TEXT);
        """
    private static let maps = [
        ColumnMap(
            to: [
                .init("first", "CASE instr(name, ' ') WHEN 0 THEN name ELSE substr(name, 1, instr(name, ' ') - 1) END"),
                .init("last", "CASE instr(name, ' ') WHEN 0 THEN NULL ELSE substr(name, instr(name, ' ') + 1) END"),
            ], back: [.init("name", "first || ifnull(' ' || last, '')")]),
        ColumnMap(
            to: [.init("born_at", "CAST(strftime('%s', born) AS INTEGER)")],
            back: [.init("born", "strftime('%Y-%m-%dT%H:%M:%SZ', born_at, 'unixepoch')")]),
        ColumnMap(
            to: [.init("metres", "height / 100.0")], back: [.init("height", "CAST(round(metres * 100) AS INTEGER)")]),
        ColumnMap(
            to: [.init("code", "CASE state WHEN 'new' THEN 1 WHEN 'old' THEN 2 END")],
            back: [.init("state", "CASE code WHEN 1 THEN 'new' WHEN 2 THEN 'old' END")]),
        ColumnMap(to: [.init("label", "'person ' || id")], back: []),
    ]

    private func pair(
        _ maps: [ColumnMap] = Self.maps, rows: [String] = [], source: String = Self.source, target: String = Self.target
    ) throws -> SmallPair {
        let pair = try SmallPair(
            source, target, tables: [.init(name: "people", target: "persons", key: [], columns: [], maps: maps)])
        for row in rows { try pair.source.script("INSERT INTO people VALUES(\(row))") }
        return pair
    }

    private static let some = [
        "'a', 'Ada Lovelace', '1815-12-10T00:00:00Z', 165, 'new'", "'b', 'Plato', NULL, NULL, NULL",
        "'c', ' ', '2026-02-28T23:59:59Z', 0, 'old'", "'d', '', '1969-12-31T23:59:59Z', -3, NULL",
        "'e', 'Jean  Luc ', '9999-12-31T23:59:59Z', 1, 'old'",
    ]

    @Test func `rows arrive in the target's form, and every comparison is of that form`() throws {
        let pair = try pair(rows: Self.some)
        try pair.install()
        try pair.synchronise()
        func rows(_ id: String) throws -> [SQLValue]? {
            try pair.target.first("SELECT * FROM persons WHERE id = ?", id) { $0.values }
        }
        #expect(
            try rows("a") == [
                .text("a"), .text("Ada"), .text("Lovelace"), .int(-4_861_728_000), .double(1.65), .int(1),
                .text("person a"), .null,
            ])
        #expect(try rows("b")?[1...3] == [.text("Plato"), .null, .null])
        #expect(try rows("e")?[1...2] == [.text("Jean"), .text(" Luc ")])
        #expect(try StoreVerifier(pair.group).verify().isEqual)
        #expect(DataStatus.read(pair.group).proof != nil)
        // The service's own column is its own; the mapped ones are carried.
        try pair.target.script("UPDATE persons SET note = 'mine' WHERE id = 'a'")
        try pair.source.script("UPDATE people SET name = 'Ada King Noel', state = 'old' WHERE id = 'a'")
        try pair.synchronise()
        #expect(try rows("a")?[1...2] == [.text("Ada"), .text("King Noel")])
        #expect(try rows("a")?.last == .text("mine"))
        #expect(try DataStatus.read(pair.group).notes.isEmpty && StoreVerifier(pair.group).verify().isEqual)
        try pair.target.script(
            "BEGIN; INSERT INTO _sf_ctx VALUES('A'); UPDATE persons SET last = 'x', born_at = 0 WHERE id = 'a'; DELETE FROM _sf_ctx; COMMIT"
        )
        #expect(try StoreVerifier(pair.group).verify().samples == ["persons a: differs in last, born_at"])
        let repair = StoreRepair(pair.group)
        #expect(try repair.apply(repair.find()).after.isEqual)
    }

    @Test(arguments: [
        ("'x', 'a', '1815-12-10 00:00:00', 1, 'new'", "x (born)"),
        ("'x', 'a', 'yesterday', 1, 'new'", "x (born)"),
        ("'x', 'a', NULL, 1, 'unknown'", "x (state)"),
        ("'x', 'a', NULL, '1.5', 'new'", "x (height)"),
        ("'x', CAST('a b' AS BLOB), NULL, 1, 'new'", "x (name)"),
    ])
    func `a row that would not come back is refused before anything is carried, and named`(row: String, named: String)
        throws
    {
        let pair = try pair(rows: Self.some + [row])
        let problem = #expect(throws: PlanProblem.self) { try pair.install() }
        #expect(problem?.reason.contains("loses something") == true && problem?.reason.contains(named) == true)
        #expect(try pair.source.int("SELECT count(*) FROM sqlite_master WHERE name LIKE '_sf%'") == 0)
    }

    @Test func `a value that the target would store as another is refused`() throws {
        // The way back works, as SQLite's comparison would take '1' and 1 for the same column: the store would not.
        let maps = [
            ColumnMap(to: [.init("code", "CAST(height AS TEXT)")], back: [.init("height", "CAST(code AS INTEGER)")])
        ]
        let pair = try pair(
            maps, rows: ["'a', 'n', NULL, 7, NULL"],
            target: "CREATE TABLE persons(id TEXT PRIMARY KEY NOT NULL, name TEXT, born TEXT, code INTEGER, state TEXT)"
        )
        let problem = #expect(throws: PlanProblem.self) { try pair.install() }
        #expect(problem?.reason.contains("a (code)") == true)
    }

    @Test func `a row that comes later and would not come back stops the stream before it is written`() throws {
        let pair = try pair(rows: Self.some)
        try pair.install()
        try pair.synchronise()
        try pair.source.script("INSERT INTO people VALUES('x', 'X', 'soon', 1, 'new')")
        #expect(throws: StopReason.mapBroken(table: "people", key: "x", columns: "born")) { try pair.synchronise() }
        #expect(try pair.target.int("SELECT count(*) FROM persons WHERE id = 'x'") == 0)
    }

    @Test(arguments: [
        ("born_at", "CAST(strftime('%s', 'now') AS INTEGER)"), ("born_at", "random()"), ("born_at", "nothing"),
        ("born_at", "(SELECT 1)"), ("born_at", "count(*)"), ("born_at", "born +"), ("born_at", "unknown(born)"),
    ])
    func `an expression that depends on more than the row is refused`(column: String, expression: String) throws {
        let maps = [ColumnMap(to: [.init(column, expression)], back: [])]
        let pair = try pair(
            maps, rows: Self.some,
            target:
                "CREATE TABLE persons(id TEXT PRIMARY KEY NOT NULL, name TEXT, born TEXT, height INTEGER, state TEXT, born_at INTEGER)"
        )
        #expect(throws: (any Error).self) { try pair.install() }
        #expect(try pair.source.int("SELECT count(*) FROM sqlite_master WHERE name LIKE '_sf%'") == 0)
        #expect(try pair.source.int("SELECT count(*) FROM sqlite_temp_master") == 0)
    }

    @Test func `a column is carried by one way only, and must be there`() throws {
        func problem(_ maps: [ColumnMap], columns: [DataDocument.Column] = []) throws -> String? {
            let pair = try SmallPair(
                Self.source, Self.target,
                tables: [.init(name: "people", target: "persons", key: [], columns: columns, maps: maps)])
            return try pair.problem()
        }
        #expect(try problem(Self.maps) == nil)
        #expect(
            try problem(Self.maps + [Self.maps[0]])?.contains("\"first\" of the target's \"persons\" is carried twice")
                == true)
        #expect(try problem([ColumnMap(to: [.init("nick", "name")], back: [])])?.contains("no column \"") == true)
        #expect(
            try problem(
                Self.maps, columns: [.init(source: "id", target: "id"), .init(source: "name", target: "note")])?
                .contains("\"name\" of the source's \"people\" is carried twice") == true)
        // Without the map of the name nothing fills what must be filled.
        #expect(try problem(Array(Self.maps.dropFirst()))?.contains("\"name\"") == true)
    }

    @Test func `a changed expression is a changed plan, and copies anew`() throws {
        let pair = try pair(rows: Self.some)
        try pair.install()
        try pair.synchronise()
        pair.group.tables[0].maps[4] = ColumnMap(to: [.init("label", "'human ' || id")], back: [])
        #expect(throws: StopReason.planChanged(table: "people")) { try pair.synchronise() }
        #expect(try pair.install().copied == ["people"])
        try pair.synchronise()
        #expect(try pair.target.text("SELECT label FROM persons WHERE id = 'b'") == "human b")
    }

    @Test func `the way back is the same map turned around`() throws {
        let pair = try pair(rows: Self.some)
        let plan = try CaptureInstaller.plans(pair.group, source: pair.source, target: pair.target)[0]
        let back = try plan.back()
        #expect(
            back.maps == plan.maps.map(\.swapped)
                && back.targetColumns.sorted() == ["born", "height", "id", "name", "state"])
        try pair.install()
        try pair.synchronise()
        // Read back by the plan's own statement, every row is what the source holds.
        let held = try pair.source.query("SELECT id, name, born, height, state FROM people ORDER BY id") { $0.values }
        let read = try pair.target.query(RowSQL(back).sourceRows + " ORDER BY id") { $0.values }
        #expect(read == held)
    }

    /// Random rows, of which some have no way back: those are refused, and the others come back byte for byte.
    @Test(arguments: 0..<6 as Range<UInt64>) func `down after up is every row that is carried`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let pair = try pair()
        try pair.install()
        let plan = try CaptureInstaller.plans(pair.group, source: pair.source, target: pair.target)[0]
        let back = try plan.back()
        func draw(_ values: [String]) -> String { values.randomElement(using: &random) ?? "NULL" }
        var refused = 0
        for id in 0..<60 {
            let row =
                "'\(id)', \(draw(["'a b'", "'é  ö'", "'x'", "' lead'", "''", "x'6120'"])), "
                + "\(draw(["NULL", "'2026-01-02T03:04:05Z'", "'2026-1-2'", "7"])), "
                + "\(draw(["NULL", "\(Int.random(in: -400..<400, using: &random))", "1.25", "'x'"])), "
                + draw(["NULL", "'new'", "'old'", "'New'"])
            try pair.source.script("INSERT INTO people VALUES(\(row))")
            do {
                try pair.synchronise()
            } catch let reason as StopReason {
                guard case .mapBroken = reason else { throw reason }
                refused += 1
                try pair.source.execute("DELETE FROM people WHERE id = ?", "\(id)")
                try pair.synchronise()
                continue
            }
            let held = try pair.source.first(
                "SELECT id, name, born, height, state FROM people WHERE id = ?", "\(id)"
            ) { $0.values }
            let key = RowSQL(back).twice([SQLValue.text("\(id)")])
            let read = try pair.target.first(RowSQL(back).sourceRow, values: key) { $0.values }
            #expect(held != nil && held == read, "seed \(seed), row \(row)")
        }
        #expect(refused > 5 && refused < 60)
    }
}
