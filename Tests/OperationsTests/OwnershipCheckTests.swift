import ControlKit
import Operations
import SQLite
import TestSupport
import Testing

@testable import Migration

/// What `data create` refuses before it installs owners: the judgement is the lint's.
@Suite struct OwnershipCheckTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func check(
        _ source: String, mode: DataDocument.Mode = .owned, salt: String = "", routes: String = "none"
    ) throws -> [String] {
        let path = folder.path
        for (name, schema) in [("m", source), ("s", source)] {
            try DatabaseConnection(path: path + "/\(name).db").script(schema)
        }
        let table = DataDocument.Table(
            name: "t", target: "t", key: [], columns: [], owner: mode == .owned ? "user" : nil)
        let group = DataDocument.Group(
            name: "g", source: path + "/m.db", target: path + "/s.db", tables: [table], mode: mode, salt: salt)
        return try OwnershipCheck(group, among: [group], routes: path + "/" + routes).run()
    }

    private func write(_ routes: String) throws {
        try FileSystem.replace(folder.file("routes.json"), with: Array(routes.utf8))
    }

    @Test func `rows that can have owners pass`() throws {
        #expect(try check("CREATE TABLE t(id TEXT PRIMARY KEY NOT NULL, user TEXT NOT NULL)") == [])
    }

    @Test(arguments: [
        ("CREATE TABLE t(id INTEGER PRIMARY KEY, user TEXT NOT NULL)", "error allocated-id at", "t.id"),
        (
            "CREATE TABLE t(id TEXT PRIMARY KEY NOT NULL, user TEXT NOT NULL, mail TEXT UNIQUE)",
            "error unique-across-owners at", "t.mail"
        ), ("CREATE TABLE t(id TEXT PRIMARY KEY NOT NULL, other TEXT)", "error no-owner at", "t"),
        ("CREATE TABLE t(id TEXT, user TEXT NOT NULL)", "error no-primary-key at", "t"),
    ])
    func `what the lint calls an error is refused, with table and column`(
        schema: String, code: String, subject: String
    ) throws {
        let failure = #expect(throws: OperationFailure.self) { try check(schema) }
        let line = failure?.diagnostics.first { $0.hasPrefix(code) } ?? ""
        #expect(line.contains("m.db: \(subject): ") && line.contains("; cure: "), "\(failure?.diagnostics ?? [])")
    }

    @Test func `a warning is said and refuses nothing`() throws {
        let warnings = try check("CREATE TABLE t(id TEXT PRIMARY KEY NOT NULL, user TEXT)")
        #expect(warnings.count == 1 && warnings[0].hasPrefix("warning null-owner at"))
    }

    @Test func `where one side writes everything, values need no owners`() throws {
        let schema = "CREATE TABLE t(id INTEGER PRIMARY KEY, mail TEXT UNIQUE)"
        #expect(try check(schema, mode: .authority) == [])
    }

    @Test func `another salt than the context's is refused`() throws {
        try write(
            """
            {"version": 1, "listen": ["127.0.0.1:0"], "admin": {"unix": "r.sock"},
             "upstreams": {"m": {"endpoints": ["127.0.0.1:1"]}},
             "contexts": {"users": {"keys": ["path:id"], "salt": "pepper", "mode": "reads", "data": {"group": "g"}}},
             "routes": [{"id": "r", "match": {"prefix": "/"}, "legacy": "m", "context": "users"}]}
            """)
        let schema = "CREATE TABLE t(id TEXT PRIMARY KEY NOT NULL, user TEXT NOT NULL)"
        let failure = #expect(throws: OperationFailure.self) { try check(schema, routes: "routes.json") }
        #expect(failure?.message.contains("the salt \"\" and the context \"users\"") == true)
        #expect(failure?.fixes == ["\"salt\": \"pepper\" in the group of the data file"])
    }

    @Test func `the same salt passes`() throws {
        try write(
            """
            {"version": 1, "listen": ["127.0.0.1:0"], "admin": {"unix": "r.sock"},
             "upstreams": {"m": {"endpoints": ["127.0.0.1:1"]}},
             "contexts": {"g": {"keys": ["path:id"], "salt": "pepper", "mode": "reads"}},
             "routes": [{"id": "r", "match": {"prefix": "/"}, "legacy": "m", "context": "g"}]}
            """)
        let schema = "CREATE TABLE t(id TEXT PRIMARY KEY NOT NULL, user TEXT NOT NULL)"
        #expect(try check(schema, salt: "pepper", routes: "routes.json") == [])
    }
}
