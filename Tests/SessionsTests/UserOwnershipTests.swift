import HTTP
import SQLite
import ServiceKit
import TestSupport
import Testing

@testable import Sessions

@Suite struct UserOwnershipTests {
    private func answer(_ key: String, _ script: String, isWrite: Bool = false) throws -> String {
        try TemporaryFolder.with { folder in
            let store = try DatabaseConnection(path: folder + "/a.db")
            try store.script(script)
            do {
                try UserOwnership.check(key, of: "g", in: store, isWrite: isWrite)
                return "here"
            } catch let problem as Problem {
                #expect(problem.status.rawValue == 421)
                return problem.fields.first { $0.name == "x-strangler-owner" }?.value ?? "nobody"
            }
        }
    }

    private static let tables = """
        CREATE TABLE _sf_own(grp TEXT, lo INTEGER, hi INTEGER, owner TEXT, epoch INTEGER, state TEXT);
        CREATE TABLE _sf_key(grp TEXT, key TEXT, bucket INTEGER);
        INSERT INTO _sf_key VALUES('g', 'low', 10), ('g', 'middle', 500), ('g', 'high', 900000), ('h', 'other', 10);
        """
    private static let owned =
        tables
        + "INSERT INTO _sf_own VALUES('g', 0, 99, 'B', 7, 'own'), ('g', 100, 999, 'B', 8, 'fenced'), ('g', 1000, 999999, 'A', 2, 'follow');"

    @Test(arguments: [
        ("low", "here", "here"), ("middle", "here", "nobody"), ("high", "legacy", "legacy"),
        ("unlisted", "legacy", "legacy"), ("other", "legacy", "legacy"),
    ])
    func `users are served where their rows are, and while they move away only read`(
        key: String, read: String, write: String
    ) throws {
        #expect(try answer(key, Self.owned) == read)
        #expect(try answer(key, Self.owned, isWrite: true) == write)
    }

    @Test func `a service that nobody migrates, and one that only reads, serves everybody`() throws {
        #expect(try answer("low", "") == "here")
        #expect(try answer("unlisted", Self.tables) == "here")
        #expect(
            try answer(
                "unlisted", Self.tables + "INSERT INTO _sf_own VALUES('g', 0, 999999, 'A', 1, 'follow');") == "here")
    }
}
