/// The one database of the monolith, as scripts for `user_version`. A published script is never changed.
///
/// Rules of the tables that may leave one day: text keys made here or elsewhere (ULID), the owning user's id in every
/// row, times as RFC 3339 text, no reference that a follower could not hold. `job_queue` is this process's own
/// business and never leaves; neither do `thumbnails`, which each side makes of the pictures it holds.
enum MonolithSchema {
    static let migrations = [
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
        CREATE TABLE profiles(
            user_id TEXT PRIMARY KEY NOT NULL,
            display_name TEXT NOT NULL,
            bio TEXT NOT NULL,
            links TEXT NOT NULL,
            avatar_image_id TEXT,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL
        ) STRICT;
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
        CREATE TABLE job_queue(
            job_id TEXT PRIMARY KEY NOT NULL,
            queued_at TEXT NOT NULL
        ) STRICT;
        """,
        """
        CREATE TABLE thumbnails(
            picture_sha256 TEXT PRIMARY KEY NOT NULL,
            sha256 TEXT,
            format TEXT,
            bytes BLOB
        ) STRICT;
        """,
    ]
}
