import DataSync
import SQLite
import TestSupport

@testable import DataMove
@testable import Migration

/// A monolith's store and a service's with everything that `data create` installs for an owned group.
final class MovingStores {
    private let scratch: TemporaryFolder
    let monolith: DatabaseConnection
    let service: DatabaseConnection
    let group: DataDocument.Group

    init(users: Int = 10) throws {
        let folder = try TemporaryFolder()
        scratch = folder
        func open(_ name: String, _ schema: String) throws -> DatabaseConnection {
            let connection = try DatabaseConnection(
                path: folder.file(name),
                configuration: .init {
                    $0.synchronous = .off
                    $0.busyTimeout = .zero
                })
            try connection.script(schema)
            return connection
        }
        monolith = try open("m.db", "CREATE TABLE notes(id TEXT PRIMARY KEY NOT NULL, user TEXT NOT NULL, body TEXT)")
        service = try open("s.db", "CREATE TABLE papers(id TEXT PRIMARY KEY NOT NULL, owner TEXT NOT NULL, body TEXT)")
        group = DataDocument.Group(
            name: "g", source: folder.file("m.db"), target: folder.file("s.db"),
            tables: [
                DataDocument.Table(
                    name: "notes", target: "papers", key: [],
                    columns: [
                        .init(source: "id", target: "id"), .init(source: "user", target: "owner"),
                        .init(source: "body", target: "body"),
                    ], owner: "user")
            ], mode: .owned)
        for user in 0..<users {
            try monolith.execute("INSERT INTO notes VALUES(?, ?, 'first')", "n\(user)", "u\(user)")
        }
        try CaptureInstaller(group).install(source: monolith, target: service)
    }

    /// Lets the agent carry everything.
    func carry() throws {
        let stream = try SyncStream(group)
        for _ in 0..<1_000 where try stream.step() == .idle { return }
    }

    func bucket(_ user: Int) -> Int { KeyBuckets(salt: group.salt).bucket(of: "u\(user)") }

    /// Whether a user's row can be written in a store.
    func accepts(_ user: Int, _ store: DatabaseConnection) throws -> Bool {
        let (table, column) = store === monolith ? ("notes", "user") : ("papers", "owner")
        do {
            return try store.execute("UPDATE \(table) SET body = body || '.' WHERE \(column) = ?", "u\(user)") == 1
        } catch {
            guard error.message == "SF_FENCED" else { throw error }
            return false
        }
    }
}
