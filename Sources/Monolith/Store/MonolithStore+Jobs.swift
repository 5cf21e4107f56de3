import Imaging
import SQLite

extension MonolithStore {
    private static let columns = """
        id, image_id, user_id, filter, parameters, format, state, attempts, error, result_sha256, result_format,
        created_at, updated_at, finished_at
        """

    /// Job and queue entry together; when this returns, a restart will run the job.
    func enqueue(_ job: JobRecord) throws {
        try database.write { tx in
            try tx.execute(
                """
                INSERT INTO jobs(id, image_id, user_id, filter, parameters, format, state, created_at, updated_at)
                VALUES(?, ?, ?, ?, ?, ?, 'queued', ?, ?)
                """, job.id, job.imageID, job.userID, job.filter, job.parameters, job.format, job.createdAt,
                job.updatedAt)
            try tx.execute("INSERT INTO job_queue(job_id, queued_at) VALUES(?, ?)", job.id, job.createdAt)
        }
    }

    func job(id: String) throws -> JobRecord? {
        try database.read { tx in
            try tx.first("SELECT \(Self.columns) FROM jobs WHERE id = ?", id, row: Self.job)
        }
    }

    /// The queue as the last process left it, oldest first, with the accounts. What it was working on is to be run
    /// again.
    func recoverQueue(at time: String) throws -> [(id: String, userID: String)] {
        try database.write { tx in
            try tx.execute(
                """
                UPDATE jobs SET state = 'queued', updated_at = ?
                WHERE state = 'running' AND id IN (SELECT job_id FROM job_queue)
                """, time)
            return try tx.query(
                """
                SELECT job_id, coalesce(user_id, '') FROM job_queue LEFT JOIN jobs ON jobs.id = job_id
                ORDER BY queued_at, job_id
                """
            ) { (id: $0.text(0), userID: $0.text(1)) }
        }
    }

    /// Takes a queued job and counts the attempt; nil when it is gone or finished.
    func begin(job id: String, at time: String) throws -> JobRecord? {
        try database.write { tx in
            try tx.execute(
                "UPDATE jobs SET state = 'running', attempts = attempts + 1, updated_at = ? WHERE id = ?", time, id)
            return try tx.first("SELECT \(Self.columns) FROM jobs WHERE id = ?", id, row: Self.job)
        }
    }

    /// Result, job and picture change together, the bytes first; the entry leaves the queue.
    func finish(_ job: JobRecord, _ outcome: FilterJob.Outcome, at time: String) throws {
        let (sha256, format) = (outcome.sha256, outcome.format.rawValue)
        try database.write { tx in
            try Self.keep(outcome.bytes, under: sha256, tx)
            if let thumbnail = outcome.thumbnail { try Self.keep(thumbnail, of: sha256, tx) }
            try tx.execute(
                """
                UPDATE jobs SET state = 'done', error = NULL, result_sha256 = ?, result_format = ?, updated_at = ?,
                    finished_at = ? WHERE id = ?
                """, sha256, format, time, time, job.id)
            try tx.execute(
                """
                UPDATE images SET result_job_id = ?, result_filter = ?, result_sha256 = ?, result_format = ?,
                    result_at = ? WHERE id = ?
                """, job.id, job.filter, sha256, format, time, job.imageID)
            try tx.execute("DELETE FROM job_queue WHERE job_id = ?", job.id)
        }
    }

    func fail(job id: String, reason: String, at time: String) throws {
        try database.write { tx in
            try tx.execute(
                "UPDATE jobs SET state = 'failed', error = ?, updated_at = ?, finished_at = ? WHERE id = ?", reason,
                time, time, id)
            try tx.execute("DELETE FROM job_queue WHERE job_id = ?", id)
        }
    }

    /// How many jobs wait or run, and when the oldest was queued.
    func queueDepth() throws -> (count: Int, oldest: String?) {
        try database.read { tx in
            try tx.first("SELECT count(*), min(queued_at) FROM job_queue") { ($0.int(0), $0.optionalText(1)) }
                ?? (0, nil)
        }
    }

    private static func job(_ row: DatabaseRow) -> JobRecord {
        JobRecord(
            id: row.text(0), imageID: row.text(1), userID: row.text(2), filter: row.text(3), parameters: row.text(4),
            format: row.text(5), state: JobRecord.State(rawValue: row.text(6)) ?? .failed, attempts: row.int(7),
            error: row.optionalText(8), resultSHA256: row.optionalText(9), resultFormat: row.optionalText(10),
            createdAt: row.text(11), updatedAt: row.text(12), finishedAt: row.optionalText(13))
    }
}
