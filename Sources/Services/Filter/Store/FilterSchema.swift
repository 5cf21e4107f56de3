/// The filter service's database. `images`, `blobs`, `jobs` and `sessions` have the shape of the monolith's tables, so
/// that rows can be carried over as they are; `queue`, `queue_turns`, `queue_totals` and `thumbnails` are this
/// service's own and never leave. A job without an entry in `queue` was accepted elsewhere, and is served but never run
/// here.
enum FilterSchema {
    static let migrations = [
        """
        CREATE TABLE blobs(
            sha256 TEXT PRIMARY KEY NOT NULL,
            bytes BLOB NOT NULL
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
        CREATE TABLE jobs(
            id TEXT PRIMARY KEY NOT NULL,
            image_id TEXT NOT NULL,
            user_id TEXT NOT NULL,
            filter TEXT NOT NULL,
            parameters TEXT NOT NULL,
            format TEXT NOT NULL,
            state TEXT NOT NULL CHECK(state IN ('queued', 'running', 'done', 'failed')),
            attempts INTEGER NOT NULL DEFAULT 0,
            error TEXT,
            result_sha256 TEXT,
            result_format TEXT,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL,
            finished_at TEXT
        ) STRICT;
        CREATE INDEX jobs_by_image ON jobs(image_id);
        CREATE TABLE sessions(
            id TEXT PRIMARY KEY NOT NULL,
            user_id TEXT NOT NULL,
            token_hash TEXT NOT NULL,
            created_at TEXT NOT NULL,
            expires_at TEXT NOT NULL,
            revoked_at TEXT
        ) STRICT;
        CREATE TABLE queue(
            job_id TEXT PRIMARY KEY NOT NULL,
            state TEXT NOT NULL CHECK(state IN ('queued', 'leased', 'done', 'dead')),
            attempts INTEGER NOT NULL,
            queued_at INTEGER NOT NULL,
            available_at INTEGER,
            lease_owner TEXT,
            lease_expires_at INTEGER,
            reason TEXT
        ) STRICT;
        CREATE INDEX queue_waiting ON queue(available_at, job_id) WHERE state = 'queued';
        CREATE INDEX queue_leased ON queue(lease_expires_at) WHERE state = 'leased';
        CREATE TABLE queue_totals(result TEXT PRIMARY KEY NOT NULL, count INTEGER NOT NULL) STRICT;
        INSERT INTO queue_totals VALUES('done', 0), ('failed', 0), ('retried', 0);
        """,
        """
        CREATE TABLE thumbnails(
            picture_sha256 TEXT PRIMARY KEY NOT NULL,
            state TEXT NOT NULL CHECK(state IN ('wanted', 'made', 'impossible')),
            attempts INTEGER NOT NULL DEFAULT 0,
            available_at INTEGER,
            sha256 TEXT,
            format TEXT,
            bytes BLOB
        ) STRICT;
        CREATE INDEX thumbnails_wanted ON thumbnails(available_at) WHERE state = 'wanted';
        ALTER TABLE queue ADD COLUMN user_id TEXT NOT NULL DEFAULT '';
        UPDATE queue SET user_id = coalesce((SELECT user_id FROM jobs WHERE jobs.id = queue.job_id), '');
        CREATE INDEX queue_of_account ON queue(user_id, available_at, job_id) WHERE state = 'queued';
        CREATE TABLE queue_turns(user_id TEXT PRIMARY KEY NOT NULL, turn INTEGER NOT NULL) STRICT;
        CREATE INDEX queue_turns_in_order ON queue_turns(turn);
        """,
    ]
}
