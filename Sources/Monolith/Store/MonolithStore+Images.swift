import SQLite

extension MonolithStore {
    private static let columns = """
        id, user_id, sha256, format, width, height, bytes, created_at, result_job_id, result_filter, result_sha256,
        result_format, result_at
        """

    /// Bytes and row in one transaction, the bytes first: no row ever names bytes that are not there.
    func add(_ image: ImageRecord, bytes: [UInt8], thumbnail: ThumbnailRecord?) throws {
        try database.write { tx in
            try Self.keep(bytes, under: image.sha256, tx)
            if let thumbnail { try Self.keep(thumbnail, of: image.sha256, tx) }
            try tx.execute(
                """
                INSERT INTO images(id, user_id, sha256, format, width, height, bytes, created_at)
                VALUES(?, ?, ?, ?, ?, ?, ?, ?)
                """, image.id, image.userID, image.sha256, image.format, image.width, image.height, image.bytes,
                image.createdAt)
        }
    }

    func image(id: String) throws -> ImageRecord? {
        try database.read { tx in
            try tx.first("SELECT \(Self.columns) FROM images WHERE id = ?", id, row: Self.image)
        }
    }

    /// Newest first; those older than `before` when it is given.
    func images(of userID: String, before: String?, limit: Int) throws -> [ImageRecord] {
        try database.read { tx in
            try tx.query(
                """
                SELECT \(Self.columns) FROM images WHERE user_id = ? AND (? IS NULL OR id < ?)
                ORDER BY id DESC LIMIT ?
                """, userID, before, before, limit, row: Self.image)
        }
    }

    /// How many bytes are kept under a digest; nil when there are none.
    func blobSize(sha256: String) throws -> Int? {
        // `length` of a column reads where it begins, not the bytes.
        try database.read { try $0.int("SELECT length(bytes) FROM blobs WHERE sha256 = ?", sha256) }
    }

    /// At most `count` of the bytes from `offset` on; nil when there are none under the digest (any more).
    func blob(sha256: String, from offset: Int, count: Int) throws -> [UInt8]? {
        try database.read { tx in
            guard let row = try tx.int("SELECT rowid FROM blobs WHERE sha256 = ?", sha256) else { return nil }
            return try tx.blob("blobs", "bytes", row: Int64(row), from: offset, count: count)
        }
    }

    func blob(sha256: String) throws -> [UInt8]? {
        try database.read { tx in
            try tx.first("SELECT bytes FROM blobs WHERE sha256 = ?", sha256) { $0.blob(0) }
        }
    }

    /// Content-addressed: the same bytes are kept once, whichever account uploads them.
    static func keep(_ bytes: [UInt8], under sha256: String, _ tx: DatabaseConnection) throws {
        try tx.execute("INSERT INTO blobs(sha256, bytes) VALUES(?, ?) ON CONFLICT(sha256) DO NOTHING", sha256, bytes)
    }

    private static func image(_ row: DatabaseRow) -> ImageRecord {
        var image = ImageRecord(
            id: row.text(0), userID: row.text(1), sha256: row.text(2), format: row.text(3), width: row.int(4),
            height: row.int(5), bytes: row.int(6), createdAt: row.text(7))
        if let job = row.optionalText(8) {
            image.result = .init(
                jobID: job, filter: row.text(9), sha256: row.text(10), format: row.text(11), finishedAt: row.text(12))
        }
        return image
    }
}
