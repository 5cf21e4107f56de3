import Routing
import Testing

@testable import Migration

private func schema(
    _ columns: [String], key: [String], required: [String] = [], unique: [UniqueIndex] = []
) -> TableSchema {
    TableSchema(
        name: "users", columns: columns.map { .init(name: $0, isNotNull: required.contains($0)) }, primaryKey: key,
        unique: (key.isEmpty ? [] : [UniqueIndex(name: "pk", terms: key.map { .column($0) }, isPrimaryKey: true)])
            + unique)
}

@Suite struct TablePlanTests {
    private static let nine = (1...9).map { "c\($0)" }
    private let table = DataDocument.Table(name: "users", target: "users", key: [], columns: [])

    @Test func `every column is carried under its name by default`() throws {
        let plan = try TablePlan.resolve(
            table, source: schema(["id", "email"], key: ["id"]), target: schema(["id", "email", "note"], key: ["id"]))
        #expect(plan.columns.map(\.target) == ["id", "email"])
        #expect(plan.key.map(\.source) == ["id"])
    }

    @Test(
        arguments: [
            ([("id", "id"), ("ID", "other")], ["id"], "the column \"id\" of \"users\" is named twice"),
            ([("id", "id"), ("email", "ID")], ["id"], "two columns are carried to \"id\""),
            ([("id", "id")], ["id", "Id"], "names a column twice"),
            ([("id", "id")], ["nope"], "has no column \"nope\" for its key"),
        ] as [([(String, String)], [String], String)])
    func `names that differ in case only are one`(columns: [(String, String)], key: [String], reason: String) {
        var table = table
        table.key = key
        table.columns = columns.map { .init(source: $0.0, target: $0.1) }
        let both = schema(["id", "email", "other"], key: ["id"])
        let problem = #expect(throws: PlanProblem.self) { try TablePlan.resolve(table, source: both, target: both) }
        #expect(problem?.reason.contains(reason) == true, "\(problem?.reason ?? "")")
    }

    @Test func `where the target is narrower is named`() throws {
        func table(_ notNull: Bool, _ unique: [UniqueIndex]) -> TableSchema {
            TableSchema(
                name: "t",
                columns: [.init(name: "id", type: "TEXT"), .init(name: "v", type: "TEXT", isNotNull: notNull)],
                primaryKey: ["id"],
                unique: [UniqueIndex(name: "pk", terms: [.column("id")], isPrimaryKey: true)] + unique)
        }
        let given = DataDocument.Table(name: "t", target: "t", key: [], columns: [])
        let byV = UniqueIndex(name: "u", terms: [.column("v", collation: "NOCASE")])
        let notes = try TablePlan.resolve(given, source: table(false, []), target: table(true, [byV])).notes
        #expect(notes.count == 2)
        #expect(notes[0].contains("\"t\".\"v\" is NOT NULL in the target only"))
        #expect(notes[1].contains("the index \"u\""))
        var checked = table(false, [])
        checked.checks = ["v > 10"]
        #expect(
            try TablePlan.resolve(given, source: table(false, []), target: checked).notes == [
                "\"t\" has CHECK(v > 10) in the target only: a row that it refuses would stop the stream"
            ])
        var same = table(false, [])
        same.checks = ["v>10"]
        #expect(try TablePlan.resolve(given, source: same, target: checked).notes.isEmpty)
        // The same index, or one that is unique for more rows, covers it; a finer one does not.
        #expect(try TablePlan.resolve(given, source: table(true, [byV]), target: table(true, [byV])).notes.isEmpty)
        let fine = UniqueIndex(name: "u", terms: [.column("v")])
        #expect(try TablePlan.resolve(given, source: table(true, [fine]), target: table(true, [byV])).notes.count == 1)
        #expect(try TablePlan.resolve(given, source: table(true, [byV]), target: table(true, [fine])).notes.isEmpty)
    }

    @Test func `columns may be renamed and left out`() throws {
        var table = table
        table.columns = [.init(source: "id", target: "user_id"), .init(source: "email", target: "mail")]
        let plan = try TablePlan.resolve(
            table, source: schema(["id", "email", "secret"], key: ["id"]),
            target: schema(["user_id", "mail"], key: ["user_id"]))
        #expect(plan.key == [.init(source: "id", target: "user_id")])
    }

    @Test(
        arguments: [
            (["id"], ["id"], ["other"], ["other"], [], "has no column \"id\""),
            (["id"], [], ["id"], ["id"], [], "has no primary key"),
            (nine, nine, nine, nine, [], "a key of 9 columns"),
            (["id", "x"], ["id"], ["id", "x"], ["x"], [], "must hold (id) unique"),
            (["id"], ["id"], ["id", "must"], ["id"], ["must"], "needs \"must\""),
        ] as [([String], [String], [String], [String], [String], String)])
    func `what cannot be carried is refused with a reason`(
        source: [String], sourceKey: [String], target: [String], targetKey: [String], required: [String], reason: String
    ) {
        let problem = #expect(throws: PlanProblem.self) {
            try TablePlan.resolve(
                table, source: schema(source, key: sourceKey),
                target: schema(target, key: targetKey, required: required))
        }
        #expect(problem?.reason.contains(reason) == true, "\(problem?.reason ?? "")")
    }
}

@Suite struct DataDocumentTests {
    @Test func `a document is read strictly`() throws {
        let text = """
            {"version": 1, "groups": {"auth": {"source": "m.db", "target": "a.db",
              "tables": [{"name": "users", "columns": {"id": "id", "mail": "email"}}, {"name": "s", "to": "sessions", "key": ["a", "b"]}]}}}
            """
        let document = try DataDocument.parse(Array(text.utf8), file: "data.json").get()
        #expect(document.heartbeat == .milliseconds(250))
        #expect(document.groups[0].tables[1].target == "sessions")
        #expect(document.groups[0].tables[0].columns.map(\.target) == ["id", "email"])
    }

    @Test func `owners are read`() throws {
        let text = """
            {"groups": {"g": {"source": "a", "target": "b", "mode": "owned", "salt": "s",
              "tables": [{"name": "t", "owner": "u"}, {"name": "k", "catalogue": true}]},
             "h": {"source": "a", "target": "b", "mode": "authority", "tables": [{"name": "l"}]},
             "r": {"source": "a", "target": "c", "tables": [{"name": "t"}]}}}
            """
        let groups = try DataDocument.parse(Array(text.utf8), file: "data.json").get().groups
        #expect(groups.map(\.mode) == [.owned, .authority, .reads])
        #expect(groups.map(\.salt) == ["s", "", ""])
        #expect(groups[0].tables.map(\.owner) == ["u", nil])
        #expect(groups[0].tables.map(\.isCatalogue) == [false, true])
    }

    @Test func `maps are read, both ways`() throws {
        let text = #"""
            {"groups": {"g": {"source": "a", "target": "b", "tables": [{"name": "t", "map": [
              {"to": {"x": "a || ';'", "y": "b"}, "back": {"a": "rtrim(x, ';') /* all */ || ''"}}, {"to": {"z": "'('"}, "back": {}}]}]}}}
            """#
        let maps = try DataDocument.parse(Array(text.utf8), file: "data.json").get().groups[0].tables[0].maps
        #expect(maps.map { $0.to.map(\.column) } == [["x", "y"], ["z"]])
        #expect(maps[0].back == [.init("a", "rtrim(x, ';') /* all */ || ''")] && maps[1].back.isEmpty)
        #expect(maps[0].swapped.to == maps[0].back)
    }

    @Test(arguments: [
        ("", "it is empty"), ("-- a", "it is empty"), ("a; DROP TABLE t", "more than one expression"),
        ("a -- b", "ends inside"), ("a /* b", "ends inside"), ("'a", "ends inside"), ("\"a", "ends inside"),
        ("lower(a", "brackets do not match"), ("a) FROM (SELECT a", "brackets do not match"), ("a = ?1", "parameter"),
        (":name", "parameter"),
    ])
    func `what is no expression is refused where it stands`(expression: String, message: String) {
        #expect(ColumnMap.mistake(in: expression)?.contains(message) == true)
        let json = expression.replacing("\"", with: "\\\"")
        let text =
            #"{"groups": {"g": {"source": "a", "target": "b", "tables": [{"name": "t", "map": [{"to": {"x": "\#(json)"}, "back": {}}]}]}}}"#
        guard case .failure(let diagnostics) = DataDocument.parse(Array(text.utf8), file: "data.json") else {
            Issue.record("accepted")
            return
        }
        #expect(
            diagnostics.list.map(\.message) == [
                "this is no expression of SQL: \(ColumnMap.mistake(in: expression) ?? "")"
            ])
    }

    /// SQLite takes any name, and an application that is there already chose them without us.
    @Test(arguments: ["Login Name", "größe", "d'e", #"q\"x"#, "order", "_id", "%"])
    func `a column may have any name`(name: String) throws {
        let text = """
            {"version": 1, "groups": {"g": {"source": "a", "target": "b", "tables": [{"name": "\(name)", "key": ["\(name)"],
              "columns": {"\(name)": "\(name)"}}]}}}
            """
        let table = try DataDocument.parse(Array(text.utf8), file: "data.json").get().groups[0].tables[0]
        #expect(table.columns == [.init(source: table.name, target: table.name)])
        #expect(table.key == [table.name])
    }

    @Test(arguments: [
        (#"{"groups": {"g": {"source": "a", "target": "a", "tables": [{"name": "t"}]}}}"#, "the same file"),
        (#"{"groups": {"g": {"source": "a", "target": "b", "tables": []}}}"#, "must not be empty"),
        (#"{"groups": {"g": {"source": "a", "target": "b", "tables": [{"name": "_sf_chg"}]}}}"#, "the sync's own"),
        (
            #"{"groups": {"g": {"source": "a", "target": "b", "tables": [{"name": "t"}, {"name": "t"}]}}}"#,
            "named twice"
        ),
        (
            #"{"groups": {"g": {"source": "a", "target": "b", "tables": [{"name": "t"}, {"name": "T", "to": "u"}]}}}"#,
            "named twice"
        ),
        (
            #"{"groups": {"g": {"source": "a", "target": "b", "tables": [{"name": "t", "key": ["1","2","3","4","5","6","7","8","9"]}]}}}"#,
            "a key has at most 8 columns"
        ),
        (
            #"{"groups": {"g": {"source": "a", "target": "b", "mode": "owned", "tables": [{"name": "t"}]}}}"#,
            "\"t\" names no owner"
        ),
        (
            #"{"groups": {"g": {"source": "a", "target": "b", "mode": "owned", "tables": [{"name": "t", "owner": "u", "catalogue": true}]}}}"#,
            "only the monolith writes"
        ),
        (
            #"{"groups": {"g": {"source": "a", "target": "b", "tables": [{"name": "t", "owner": "u"}]}}}"#,
            "\"owner\" says who writes"
        ),
        (
            #"{"groups": {"g": {"source": "a", "target": "b", "tables": [{"name": "t", "catalogue": true}]}}}"#,
            "\"catalogue\" says who writes"
        ),
        (
            #"{"groups": {"g": {"source": "a", "target": "b", "mode": "authority", "tables": [{"name": "t", "owner": "u"}]}}}"#,
            "leave \"owner\" out"
        ),
        (
            #"{"groups": {"g": {"source": "a", "target": "b", "mode": "owned", "tables": [{"name": "t", "owner": "u"}]}, "h": {"source": "a", "target": "c", "mode": "authority", "tables": [{"name": "T"}]}}}"#,
            "has its owners in the group \"g\" already"
        ),
        (#"{"groups": {"g": {"source": "a", "target": "b", "mode": "ownd", "tables": [{"name": "t"}]}}}"#, "owned"),
        (#"{"groups": {"g": {"sorce": "a", "target": "b", "tables": [{"name": "t"}]}}}"#, "did you mean \"source\"?"),
    ])
    func `what is wrong is said`(text: String, message: String) {
        let result = DataDocument.parse(Array(text.utf8), file: "data.json")
        guard case .failure(let diagnostics) = result else {
            Issue.record("accepted")
            return
        }
        #expect(diagnostics.description.contains(message), "\(diagnostics)")
    }
}

@Suite struct CopyPaceTests {
    @Test func `chunks grow and shrink towards the goal`() {
        var pace = CopyPace(rows: 64)
        for _ in 0..<20 { pace.took(.milliseconds(1)) }
        #expect(pace.rows == 10_000)
        for _ in 0..<20 { pace.took(.seconds(5)) }
        #expect(pace.rows == 1)
        pace.took(.milliseconds(25))
        #expect(pace.rows == 2)
    }
}
