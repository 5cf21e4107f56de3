import SQLite
import ServiceKit
import Sessions

/// The accounts and sessions of this service, or its copies of those that another process owns. Calls block.
package final class AuthStore: Sendable {
    private let database: Database

    struct User: Sendable, Equatable {
        var id: String
        var email: String
        /// PHC string, byte for byte as it was made, wherever that was.
        var password: String
        var displayName: String
        var createdAt: String
    }

    struct Session: Sendable, Equatable {
        var id: String
        var userID: String
        var tokenHash: String
        var createdAt: String
        var expiresAt: String
        var revokedAt: String?
    }

    /// Shape and names agree with the monolith's tables, so that rows can be carried over as they are.
    private static let migrations = [
        """
        CREATE TABLE users(
            id TEXT PRIMARY KEY NOT NULL,
            email TEXT NOT NULL UNIQUE COLLATE NOCASE,
            password TEXT NOT NULL,
            display_name TEXT NOT NULL,
            created_at TEXT NOT NULL
        ) STRICT;
        CREATE TABLE sessions(
            id TEXT PRIMARY KEY NOT NULL,
            user_id TEXT NOT NULL,
            token_hash TEXT NOT NULL,
            created_at TEXT NOT NULL,
            expires_at TEXT NOT NULL,
            revoked_at TEXT
        ) STRICT;
        CREATE INDEX sessions_by_user ON sessions(user_id);
        """
    ]

    package init(path: String) throws {
        database = try ServiceStore.open(path, migrations: Self.migrations)
    }

    /// False when the email is taken.
    func add(_ user: User, with session: Session) throws -> Bool {
        do {
            try database.write { tx in
                try tx.execute(
                    "INSERT INTO users(id, email, password, display_name, created_at) VALUES(?, ?, ?, ?, ?)", user.id,
                    user.email, user.password, user.displayName, user.createdAt)
                try Self.insert(session, tx)
            }
            return true
        } catch let error as SQLiteError where error.isUnique {
            return false
        }
    }

    /// Also one that was made when addresses were taken as they were typed, which has its own spelling.
    func user(email: String) throws -> User? {
        for spelling in PersonalText.spellings(ofEmail: email) {
            if let user = try user(where: "email", is: spelling) { return user }
        }
        return nil
    }

    func user(id: String) throws -> User? { try user(where: "id", is: id) }

    func setPassword(_ hash: String, of id: String) throws {
        try database.write { _ = try $0.execute("UPDATE users SET password = ? WHERE id = ?", hash, id) }
    }

    func add(_ session: Session) throws { try database.write { try Self.insert(session, $0) } }

    func session(id: String) throws -> SessionGate.Known? { try .row(id, in: database) }

    /// Ends a session, known here or not; the time of the first ending stays.
    func end(_ session: Session, at time: String) throws {
        try database.write { tx in
            _ = try tx.execute(
                """
                INSERT INTO sessions(id, user_id, token_hash, created_at, expires_at, revoked_at)
                VALUES(?, ?, ?, ?, ?, ?)
                ON CONFLICT(id) DO UPDATE SET revoked_at = coalesce(sessions.revoked_at, excluded.revoked_at)
                """, session.id, session.userID, session.tokenHash, session.createdAt, session.expiresAt, time)
        }
    }

    private func user(where column: String, is value: String) throws -> User? {
        try database.read { tx in
            try tx.first(
                "SELECT id, email, password, display_name, created_at FROM users WHERE \(column) = ?", value
            ) {
                User(
                    id: $0.text(0), email: $0.text(1), password: $0.text(2), displayName: $0.text(3),
                    createdAt: $0.text(4))
            }
        }
    }

    private static func insert(_ session: Session, _ tx: DatabaseConnection) throws {
        try tx.execute(
            """
            INSERT INTO sessions(id, user_id, token_hash, created_at, expires_at, revoked_at) VALUES(?, ?, ?, ?, ?, ?)
            """, session.id, session.userID, session.tokenHash, session.createdAt, session.expiresAt, session.revokedAt)
    }
}
