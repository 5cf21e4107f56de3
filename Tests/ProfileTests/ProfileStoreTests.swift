import Formats
import SQLite
import TestSupport
import Testing

@testable import Profile

@Suite struct ProfileStoreTests {
    private static let newcomer = ProfileStore.Profile(
        userID: "u", displayName: "Ana", bio: "", links: [], createdAt: Timestamp(milliseconds: 1),
        updatedAt: Timestamp(milliseconds: 1))

    private func withStore(_ body: (ProfileStore, Database) throws -> Void) throws {
        try TemporaryFolder.with { folder in
            let store = try ProfileStore(path: folder + "/profile.db")
            // As another process that carries rows over would.
            try body(store, try Database(path: folder + "/profile.db"))
        }
    }

    private func carryImages(_ count: Int, into database: Database, user: String = "u") throws {
        try database.write { tx in
            for number in 0..<count {
                try tx.execute(
                    """
                    INSERT INTO images(id, user_id, sha256, format, width, height, bytes, created_at)
                    VALUES(?, ?, 's', 'png', 1, 1, 1, 't')
                    """, "\(user)\(number)", user)
            }
        }
    }

    @Test func `a row that was carried over is served`() throws {
        try withStore { store, database in
            #expect(try store.profile(of: "u") == nil)
            try database.write { tx in
                _ = try tx.execute(
                    #"INSERT INTO profiles VALUES('u', 'Ana', 'b', '["https://a.b"]', NULL, 1, 1796083200123)"#)
            }
            let profile = try #require(try store.profile(of: "u"))
            #expect(profile.links == ["https://a.b"])
            #expect(profile.updatedAt.description == "2026-12-01T00:00:00.123Z")
        }
    }

    @Test func `a newcomer's first change makes the row`() throws {
        try withStore { store, _ in
            let unchanged = try store.change(
                "u", newcomer: Self.newcomer, at: Timestamp(milliseconds: 9), if: { _ in true }
            ) { _ in }
            #expect(unchanged == .changed(Self.newcomer))
            #expect(try store.profile(of: "u") == nil)
            _ = try store.change("u", newcomer: Self.newcomer, at: Timestamp(milliseconds: 9), if: { _ in true }) {
                $0.bio = "Hi"
            }
            let profile = try #require(try store.profile(of: "u"))
            #expect(profile.bio == "Hi" && profile.createdAt.milliseconds == 1 && profile.updatedAt.milliseconds == 9)
        }
    }

    @Test func `an avatar must be one's own picture`() throws {
        try withStore { store, database in
            try carryImages(1, into: database)
            try carryImages(1, into: database, user: "v")
            func choose(_ id: String) throws -> ProfileStore.Change {
                try store.change("u", newcomer: Self.newcomer, at: Timestamp(milliseconds: 9), if: { _ in true }) {
                    $0.avatarImageID = id
                }
            }
            #expect(try choose("v0") == .foreignAvatar)
            #expect(try choose("nothing") == .foreignAvatar)
            guard case .changed(let profile) = try choose("u0") else { throw Refused() }
            #expect(profile.avatarImageID == "u0")
        }
    }

    @Test func `a condition that does not hold changes nothing`() throws {
        try withStore { store, _ in
            let change = try store.change(
                "u", newcomer: Self.newcomer, at: Timestamp(milliseconds: 9), if: { _ in false }
            ) { $0.bio = "Hi" }
            #expect(change == .refused)
            #expect(try store.profile(of: "u") == nil)
        }
    }

    @Test func `pictures come newest first and in pages`() throws {
        try withStore { store, database in
            #expect(try store.pictures(of: "u", before: nil, limit: 5) == nil)
            _ = try store.change("u", newcomer: Self.newcomer, at: Timestamp(milliseconds: 9), if: { _ in true }) {
                $0.bio = "Hi"
            }
            try carryImages(5, into: database)
            #expect(try store.pictures(of: "u", before: nil, limit: 2)?.map(\.id) == ["u4", "u3"])
            #expect(try store.pictures(of: "u", before: "u3", limit: 9)?.map(\.id) == ["u2", "u1", "u0"])
        }
    }

    @Test func `rows of the shape from before keep their values`() throws {
        try TemporaryFolder.with { folder in
            let old = try DatabaseConnection(path: folder + "/profile.db")
            try old.script(
                """
                CREATE TABLE profiles(user_id TEXT PRIMARY KEY NOT NULL, display_name TEXT NOT NULL, bio TEXT NOT NULL,
                    links TEXT NOT NULL, avatar_image_id TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL) STRICT;
                INSERT INTO profiles VALUES('u', 'Ana', 'b', '[]', NULL, '2026-11-23T23:41:07.250Z', '1969-12-31T23:59:59.999Z');
                PRAGMA user_version = 1;
                """)
            let profile = try #require(try ProfileStore(path: folder + "/profile.db").profile(of: "u"))
            #expect(profile.displayName == "Ana" && profile.createdAt.description == "2026-11-23T23:41:07.250Z")
            #expect(profile.updatedAt.description == "1969-12-31T23:59:59.999Z")
        }
    }

    private struct Refused: Error {}
}
