import SQLite
import ServiceKit

extension MonolithStore {
    /// False when the email is taken. User and profile appear together or not at all.
    func create(_ user: UserRecord, session: SessionRecord) throws -> Bool {
        do {
            try database.write { tx in
                try tx.execute(
                    "INSERT INTO users(id, email, password, display_name, created_at) VALUES(?, ?, ?, ?, ?)", user.id,
                    user.email, user.password, user.displayName, user.createdAt)
                try tx.execute(
                    """
                    INSERT INTO profiles(user_id, display_name, bio, links, avatar_image_id, created_at, updated_at)
                    VALUES(?, ?, '', '[]', NULL, ?, ?)
                    """, user.id, user.displayName, user.createdAt, user.createdAt)
                try Self.insert(session, tx)
            }
            return true
        } catch let error as SQLiteError where error.isUnique {
            return false
        }
    }

    /// It also finds an account that was made when addresses were stored as they were typed.
    func user(email: String) throws -> UserRecord? {
        try database.read { tx in
            for spelling in PersonalText.spellings(ofEmail: email) {
                let user = try tx.first(
                    "SELECT id, email, password, display_name, created_at FROM users WHERE email = ?", spelling,
                    row: Self.user)
                if let user { return user }
            }
            return nil
        }
    }

    func user(id: String) throws -> UserRecord? {
        try database.read { tx in
            try tx.first(
                "SELECT id, email, password, display_name, created_at FROM users WHERE id = ?", id, row: Self.user)
        }
    }

    func setPassword(_ hash: String, of userID: String) throws {
        try database.write { tx in
            _ = try tx.execute("UPDATE users SET password = ? WHERE id = ?", hash, userID)
        }
    }

    func add(_ session: SessionRecord) throws {
        try database.write { try Self.insert(session, $0) }
    }

    func session(id: String) throws -> SessionRecord? {
        try database.read { tx in
            try tx.first(
                "SELECT id, user_id, token_hash, created_at, expires_at, revoked_at FROM sessions WHERE id = ?", id
            ) { row in
                SessionRecord(
                    id: row.text(0), userID: row.text(1), tokenHash: row.text(2), createdAt: row.text(3),
                    expiresAt: row.text(4), revokedAt: row.optionalText(5))
            }
        }
    }

    /// Ends a session for good, also one that the other side began and that is not known here yet. The first
    /// revocation's time stays.
    func revoke(_ session: SessionRecord, at time: String) throws {
        try database.write { tx in
            _ = try tx.execute(
                """
                INSERT INTO sessions(id, user_id, token_hash, created_at, expires_at, revoked_at)
                VALUES(?, ?, ?, ?, ?, ?)
                ON CONFLICT(id) DO UPDATE SET revoked_at = coalesce(sessions.revoked_at, excluded.revoked_at)
                """, session.id, session.userID, session.tokenHash, session.createdAt, session.expiresAt, time)
        }
    }

    private static func insert(_ session: SessionRecord, _ tx: DatabaseConnection) throws {
        try tx.execute(
            """
            INSERT INTO sessions(id, user_id, token_hash, created_at, expires_at, revoked_at) VALUES(?, ?, ?, ?, ?, ?)
            """, session.id, session.userID, session.tokenHash, session.createdAt, session.expiresAt, session.revokedAt)
    }

    private static func user(_ row: DatabaseRow) -> UserRecord {
        UserRecord(
            id: row.text(0), email: row.text(1), password: row.text(2), displayName: row.text(3), createdAt: row.text(4)
        )
    }
}
