import SQLite
import Sessions

/// Pictures, jobs and what is known of sessions. Several processes open the same file: the service and its workers.
/// Calls block.
package final class FilterStore: Sendable {
    let database: Database

    struct Picture: Sendable, Equatable {
        /// The newest finished job over this picture.
        struct Result: Sendable, Equatable {
            var jobID: String
            var filter: String
            var sha256: String
            var format: String
            var finishedAt: String
        }
        var id: String
        var userID: String
        var sha256: String
        var format: String
        var width: Int
        var height: Int
        var bytes: Int
        var createdAt: String
        var result: Result?
    }

    package struct Job: Sendable, Equatable {
        var id: String
        var imageID: String
        var userID: String
        var filter: String
        /// A JSON object with every setting of the filter.
        var parameters: String
        /// What the result is to be encoded as.
        var format: String
        /// `queued`, `running`, `done` or `failed`, as clients see it.
        var state = "queued"
        var attempts = 0
        var error: String?
        var resultSHA256: String?
        var resultFormat: String?
        var createdAt: String
        var updatedAt: String
        var finishedAt: String?
    }

    package init(path: String, checked: Bool = true) throws {
        database = try ServiceStore.open(path, migrations: FilterSchema.migrations, checked: checked)
    }

    func session(id: String) throws -> SessionGate.Known? { try .row(id, in: database) }

    /// Bytes and row in one transaction, the bytes first.
    func add(_ picture: Picture, bytes: [UInt8], thumbnail: Small? = nil) throws {
        try database.write { tx in
            try Self.keep(bytes, under: picture.sha256, tx)
            if let thumbnail { try Self.keep(thumbnail, of: picture.sha256, tx) }
            try tx.execute(
                """
                INSERT INTO images(id, user_id, sha256, format, width, height, bytes, created_at)
                VALUES(?, ?, ?, ?, ?, ?, ?, ?)
                """, picture.id, picture.userID, picture.sha256, picture.format, picture.width, picture.height,
                picture.bytes, picture.createdAt)
        }
    }

    func picture(id: String) throws -> Picture? {
        try database.read { tx in
            try tx.first(
                """
                SELECT id, user_id, sha256, format, width, height, bytes, created_at, result_job_id, result_filter,
                    result_sha256, result_format, result_at
                FROM images WHERE id = ?
                """, id
            ) { row in
                var picture = Picture(
                    id: row.text(0), userID: row.text(1), sha256: row.text(2), format: row.text(3), width: row.int(4),
                    height: row.int(5), bytes: row.int(6), createdAt: row.text(7))
                if let job = row.optionalText(8) {
                    picture.result = .init(
                        jobID: job, filter: row.text(9), sha256: row.text(10), format: row.text(11),
                        finishedAt: row.text(12))
                }
                return picture
            }
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
        try database.read { try $0.first("SELECT bytes FROM blobs WHERE sha256 = ?", sha256) { $0.blob(0) } }
    }

    func job(id: String) throws -> Job? { try database.read { try Self.job(id: id, $0) } }

    static func job(id: String, _ tx: DatabaseConnection) throws -> Job? {
        try tx.first(
            """
            SELECT id, image_id, user_id, filter, parameters, format, state, attempts, error, result_sha256,
                result_format, created_at, updated_at, finished_at
            FROM jobs WHERE id = ?
            """, id
        ) { row in
            Job(
                id: row.text(0), imageID: row.text(1), userID: row.text(2), filter: row.text(3),
                parameters: row.text(4), format: row.text(5), state: row.text(6), attempts: row.int(7),
                error: row.optionalText(8), resultSHA256: row.optionalText(9), resultFormat: row.optionalText(10),
                createdAt: row.text(11), updatedAt: row.text(12), finishedAt: row.optionalText(13))
        }
    }

    /// Content-addressed: the same bytes are kept once.
    static func keep(_ bytes: [UInt8], under sha256: String, _ tx: DatabaseConnection) throws {
        try tx.execute("INSERT INTO blobs(sha256, bytes) VALUES(?, ?) ON CONFLICT(sha256) DO NOTHING", sha256, bytes)
    }
}
