import Formats
import JSON
import SQLite
import Sessions

/// Profiles and the pictures that belong to them, or this service's copies of rows that another process owns. Calls
/// block.
package final class ProfileStore: Sendable {
    private let database: Database

    struct Profile: Sendable, Equatable {
        var userID: String
        var displayName: String
        var bio: String
        var links: [String]
        var avatarImageID: String?
        var createdAt: Timestamp
        var updatedAt: Timestamp
    }

    /// A picture's description; its bytes are elsewhere.
    struct Picture: Sendable, Equatable {
        struct Result: Sendable, Equatable {
            var jobID: String
            var filter: String
            var format: String
            var finishedAt: String
        }
        var id: String
        var userID: String
        var format: String
        var width: Int
        var height: Int
        var bytes: Int
        var createdAt: String
        var result: Result?
    }

    /// Pictures and sessions have the monolith's shape. Profiles have one of their own, as a service that is made anew
    /// will: the name is a name, and times are milliseconds since 1970. Rows are carried between the two by a map.
    private static let migrations = [
        """
        CREATE TABLE profiles(
            user_id TEXT PRIMARY KEY NOT NULL,
            display_name TEXT NOT NULL,
            bio TEXT NOT NULL,
            links TEXT NOT NULL,
            avatar_image_id TEXT,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL
        ) STRICT;
        CREATE TABLE images(
            id TEXT PRIMARY KEY NOT NULL,
            user_id TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            format TEXT NOT NULL,
            width INTEGER NOT NULL,
            height INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            created_at TEXT NOT NULL,
            result_job_id TEXT,
            result_filter TEXT,
            result_sha256 TEXT,
            result_format TEXT,
            result_at TEXT
        ) STRICT;
        CREATE INDEX images_by_user ON images(user_id, id);
        CREATE TABLE sessions(
            id TEXT PRIMARY KEY NOT NULL,
            user_id TEXT NOT NULL,
            token_hash TEXT NOT NULL,
            created_at TEXT NOT NULL,
            expires_at TEXT NOT NULL,
            revoked_at TEXT
        ) STRICT;
        """,
        """
        CREATE TABLE profiles_of_its_own(
            user_id TEXT PRIMARY KEY NOT NULL,
            name TEXT NOT NULL,
            bio TEXT NOT NULL,
            links TEXT NOT NULL,
            avatar_image_id TEXT,
            created_ms INTEGER NOT NULL,
            updated_ms INTEGER NOT NULL
        ) STRICT;
        INSERT INTO profiles_of_its_own SELECT user_id, display_name, bio, links, avatar_image_id,
            CAST(strftime('%s', created_at) AS INTEGER) * 1000 + CAST(substr(created_at, 21, 3) AS INTEGER),
            CAST(strftime('%s', updated_at) AS INTEGER) * 1000 + CAST(substr(updated_at, 21, 3) AS INTEGER)
            FROM profiles;
        DROP TABLE profiles;
        ALTER TABLE profiles_of_its_own RENAME TO profiles;
        """,
    ]

    package init(path: String) throws {
        database = try ServiceStore.open(path, migrations: Self.migrations)
    }

    func session(id: String) throws -> SessionGate.Known? { try .row(id, in: database) }

    /// Throws 421 for a user whose rows are elsewhere, as everything here that a user is named to.
    func profile(of userID: String) throws -> Profile? {
        try database.read { tx in
            try UserOwnership.check(userID, of: Self.group, in: tx)
            return try Self.profile(of: userID, tx)
        }
    }

    /// Of this service's tables in data.json.
    private static let group = "profile"

    enum Change: Sendable, Equatable {
        case changed(Profile)
        case unknownUser
        case foreignAvatar
        case refused
    }

    /// Reads, checks and changes a profile in one transaction.
    ///
    /// - Parameter newcomer: what a user has who is known by a token and by no row yet; the row is made then.
    func change(
        _ userID: String, newcomer: Profile, at time: Timestamp, if condition: (Profile) -> Bool,
        _ change: (inout Profile) -> Void
    ) throws -> Change {
        try database.write { tx in
            try UserOwnership.check(userID, of: Self.group, in: tx, isWrite: true)
            let stored = try Self.profile(of: userID, tx)
            let before = stored ?? newcomer
            guard condition(before) else { return .refused }
            var profile = before
            change(&profile)
            guard profile != before else { return .changed(before) }
            if let avatar = profile.avatarImageID, avatar != before.avatarImageID {
                let owned = try tx.int("SELECT 1 FROM images WHERE id = ? AND user_id = ?", avatar, userID)
                guard owned != nil else { return .foreignAvatar }
            }
            profile.updatedAt = time
            try Self.store(profile, tx)
            return .changed(profile)
        }
    }

    /// Newest first; those older than `before` when it is given. Nil for an unknown user.
    func pictures(of userID: String, before: String?, limit: Int) throws -> [Picture]? {
        try database.read { tx in
            try UserOwnership.check(userID, of: Self.group, in: tx)
            guard try tx.int("SELECT 1 FROM profiles WHERE user_id = ?", userID) != nil else { return nil }
            return try tx.query(
                """
                SELECT id, user_id, format, width, height, bytes, created_at, result_job_id, result_filter,
                    result_format, result_at
                FROM images WHERE user_id = ? AND (? IS NULL OR id < ?) ORDER BY id DESC LIMIT ?
                """, userID, before, before, limit
            ) { row in
                var picture = Picture(
                    id: row.text(0), userID: row.text(1), format: row.text(2), width: row.int(3), height: row.int(4),
                    bytes: row.int(5), createdAt: row.text(6))
                if let job = row.optionalText(7) {
                    picture.result = .init(
                        jobID: job, filter: row.text(8), format: row.text(9), finishedAt: row.text(10))
                }
                return picture
            }
        }
    }

    private static func profile(of userID: String, _ tx: DatabaseConnection) throws -> Profile? {
        try tx.first(
            """
            SELECT user_id, name, bio, links, avatar_image_id, created_ms, updated_ms FROM profiles
            WHERE user_id = ?
            """, userID
        ) { row in
            Profile(
                userID: row.text(0), displayName: row.text(1), bio: row.text(2),
                links: (try? JSONDocument(row.text(3)).root)?.elements.compactMap(\.string) ?? [],
                avatarImageID: row.optionalText(4), createdAt: Timestamp(milliseconds: row.int(5)),
                updatedAt: Timestamp(milliseconds: row.int(6)))
        }
    }

    private static func store(_ profile: Profile, _ tx: DatabaseConnection) throws {
        var links = JSONWriter()
        links.array { writer in for link in profile.links { writer.string(link) } }
        try tx.execute(
            """
            INSERT INTO profiles(user_id, name, bio, links, avatar_image_id, created_ms, updated_ms)
            VALUES(?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT(user_id) DO UPDATE SET name = excluded.name, bio = excluded.bio, links = excluded.links,
                avatar_image_id = excluded.avatar_image_id, updated_ms = excluded.updated_ms
            """, profile.userID, profile.displayName, profile.bio, links.text, profile.avatarImageID,
            profile.createdAt.milliseconds, profile.updatedAt.milliseconds)
    }
}
