import SQLite

/// Thumbnails, under the digest of the picture that they show. Whoever uploads or filters a picture makes its
/// thumbnail; for one that was carried here a worker is asked for it.
extension FilterStore {
    /// The small copy of a picture.
    package struct Small: Sendable, Equatable {
        /// Of `bytes`.
        var sha256: String
        var format: String
        var bytes: [UInt8]
    }

    enum ThumbnailState: Sendable, Equatable {
        case made(Small)
        /// The picture cannot be read: there will never be one.
        case impossible
        /// Not made; `hasPicture`: the bytes to make it of are here.
        case absent(hasPicture: Bool)
    }

    /// A worker that has not come back with it after so many milliseconds is taken for dead.
    private static let thumbnailLease = 60_000
    /// A picture that ended so many workers is not tried again.
    private static let thumbnailAttempts = 3
    /// More are not noted down; whoever wants one asks again.
    private static let thumbnailsWaiting = 1_000

    func thumbnail(of sha256: String) throws -> ThumbnailState {
        try database.read { tx in
            let state: ThumbnailState? =
                try tx.first(
                    "SELECT state, sha256, format, bytes FROM thumbnails WHERE picture_sha256 = ?", sha256
                ) { row in
                    switch row.text(0) {
                    case "made": .made(Small(sha256: row.text(1), format: row.text(2), bytes: row.blob(3)))
                    case "impossible": .impossible
                    default: nil
                    }
                } ?? nil
            if let state { return state }
            return .absent(hasPicture: try tx.int("SELECT 1 FROM blobs WHERE sha256 = ?", sha256) != nil)
        }
    }

    /// Notes down that a worker is to make it; nothing when that is known already.
    func wantThumbnail(of sha256: String) throws {
        // A look without the write lock first: a page with many pictures asks again and again.
        let isKnown = try database.read { tx in
            try tx.int(
                """
                SELECT EXISTS(SELECT 1 FROM thumbnails WHERE picture_sha256 = ?)
                    OR (SELECT count(*) FROM thumbnails WHERE state = 'wanted') >= ?
                """, sha256, Self.thumbnailsWaiting)
        }
        guard isKnown == 0 else { return }
        try database.write { tx in
            _ = try tx.execute(
                """
                INSERT INTO thumbnails(picture_sha256, state, available_at) VALUES(?, 'wanted', 0)
                ON CONFLICT(picture_sha256) DO NOTHING
                """, sha256)
        }
    }

    /// The digest of a picture whose thumbnail this worker is to make now; nil when none is due.
    func claimThumbnail(now: Int) throws -> String? {
        let due = try database.read { tx in
            try tx.int("SELECT EXISTS(SELECT 1 FROM thumbnails WHERE state = 'wanted' AND available_at <= ?)", now)
        }
        guard due == 1 else { return nil }
        return try database.write { tx in
            try tx.execute(
                """
                UPDATE thumbnails SET state = 'impossible'
                WHERE state = 'wanted' AND available_at <= ? AND attempts >= ?
                """, now, Self.thumbnailAttempts)
            let next = try tx.text(
                "SELECT picture_sha256 FROM thumbnails WHERE state = 'wanted' AND available_at <= ? LIMIT 1", now)
            guard let next else { return nil }
            try tx.execute(
                "UPDATE thumbnails SET attempts = attempts + 1, available_at = ? WHERE picture_sha256 = ?",
                now &+ Self.thumbnailLease, next)
            return next
        }
    }

    /// `nil`: none can be made of these bytes.
    func keepThumbnail(_ thumbnail: Small?, of sha256: String) throws {
        try database.write { try Self.keep(thumbnail, of: sha256, $0) }
    }

    /// What is made already stays.
    static func keep(_ thumbnail: Small?, of sha256: String, _ tx: DatabaseConnection) throws {
        try tx.execute(
            """
            INSERT INTO thumbnails(picture_sha256, state, sha256, format, bytes) VALUES(?, ?, ?, ?, ?)
            ON CONFLICT(picture_sha256) DO UPDATE SET state = excluded.state, available_at = NULL,
                sha256 = excluded.sha256, format = excluded.format, bytes = excluded.bytes
            WHERE thumbnails.state <> 'made'
            """, sha256, thumbnail == nil ? "impossible" : "made", thumbnail?.sha256, thumbnail?.format,
            thumbnail?.bytes)
    }
}
