import SQLite
import ServiceKit
import Sessions
import TestSupport
import Testing

struct StoreTests {
    private static let migrations = [
        """
        CREATE TABLE sessions(
            id TEXT PRIMARY KEY NOT NULL, user_id TEXT NOT NULL, token_hash TEXT NOT NULL, created_at TEXT NOT NULL,
            expires_at TEXT NOT NULL, revoked_at TEXT
        ) STRICT
        """
    ]

    @Test func `a session is known by its row`() throws {
        let folder = try TemporaryFolder()
        let database = try ServiceStore.open(folder.file("a.db"), migrations: Self.migrations)
        try database.write { tx in
            try tx.execute("INSERT INTO sessions VALUES('open', 'u', 'h1', 't', 't', NULL)")
            try tx.execute("INSERT INTO sessions VALUES('ended', 'u', 'h2', 't', 't', 't')")
        }
        let open = try #require(try SessionGate.Known.row("open", in: database))
        #expect(open.tokenHash == "h1" && !open.isRevoked)
        let ended = try #require(try SessionGate.Known.row("ended", in: database))
        #expect(ended.tokenHash == "h2" && ended.isRevoked)
        #expect(try SessionGate.Known.row("another", in: database) == nil)
    }

    @Test func `an error of the store is a problem and no other is`() throws {
        let folder = try TemporaryFolder()
        let database = try ServiceStore.open(folder.file("a.db"), migrations: Self.migrations)
        do {
            try database.write { _ = try $0.execute("INSERT INTO nothing VALUES(1)") }
        } catch {
            #expect(Problem.ofStore(error) == nil, "a mistake of the program is none of the store")
        }
        #expect(Problem.ofStore(CancellationError()) == nil)
    }
}
