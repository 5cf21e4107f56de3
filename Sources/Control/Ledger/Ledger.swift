import AdminAPI
import ControlKit
import JSON
import SQLite

/// Which author changed which route when, why, from what to what; and every document that was ever seen, so that `undo`
/// can go back to any of them. One SQLite file beside the routes (`run/ledger.db`).
///
/// The ledger is a record, not a condition: a caller that cannot write it warns and goes on.
package final class Ledger: Sendable {
    private static let migrations = [
        """
        CREATE TABLE changes (
            number INTEGER PRIMARY KEY,
            at TEXT NOT NULL,
            who TEXT NOT NULL,
            verb TEXT NOT NULL,
            route TEXT NOT NULL,
            reason TEXT,
            changes TEXT NOT NULL,
            previous_revision INTEGER NOT NULL,
            revision INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX changes_by_route ON changes (route, number);
        CREATE TABLE documents (
            revision INTEGER PRIMARY KEY,
            seen_at TEXT NOT NULL,
            body BLOB NOT NULL
        ) STRICT;
        """
    ]

    private let database: Database

    /// Opens or creates the ledger at `path`; its folder is created too.
    package init(path: String) throws {
        try FileSystem.createDirectory(FileSystem.directory(of: path))
        database = try Database(
            path: path, migrations: Self.migrations,
            configuration: DatabaseConfiguration {
                $0.readers = 1
                // A person waits: better a warning soon than a command that hangs.
                $0.busyTimeout = .seconds(2)
            })
    }

    /// Records one change and the document it led to. What another command recorded for us meanwhile is replaced: we
    /// know better.
    package func record(_ entry: LedgerEntry, document: [UInt8]?) throws {
        try database.write { connection in
            try connection.execute(
                """
                DELETE FROM changes WHERE revision = ?1 AND previous_revision = ?2
                  AND (verb = 'outside' OR (verb = ?3 AND who = ?4))
                """, entry.revision, entry.previousRevision, entry.verb, entry.actor)
            try Self.insert(entry, connection)
            if let document { try Self.keep(document, revision: entry.revision, at: entry.at, connection) }
        }
    }

    /// Records a change of somebody else, unless that is there already.
    package func record(missing entry: LedgerEntry, document: [UInt8]?) throws {
        try database.write { connection in
            if try !Self.hasChange(from: entry.previousRevision, to: entry.revision, connection) {
                try Self.insert(entry, connection)
            }
            if let document { try Self.keep(document, revision: entry.revision, at: entry.at, connection) }
        }
    }

    /// Whether a change that led to this revision is on record.
    package func hasChange(to revision: Int) throws -> Bool {
        try database.read { connection in
            try connection.first("SELECT 1 FROM changes WHERE revision = ? LIMIT 1", revision) { $0.int(0) } != nil
        }
    }

    private static func hasChange(
        from previous: Int, to revision: Int, _ connection: DatabaseConnection
    ) throws -> Bool {
        try connection.first(
            "SELECT 1 FROM changes WHERE previous_revision = ? AND revision = ? LIMIT 1", previous, revision
        ) { $0.int(0) } != nil
    }

    private static func insert(_ entry: LedgerEntry, _ connection: DatabaseConnection) throws {
        try connection.execute(
            """
            INSERT INTO changes (at, who, verb, route, reason, changes, previous_revision, revision)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            entry.at, entry.actor, entry.verb, entry.route, entry.reason,
            OutputValue.array(entry.changes.map(\.datum)).json(pretty: false), entry.previousRevision, entry.revision)
    }

    /// Keeps a document that was seen, without a change: the state before the first one.
    package func keep(_ document: [UInt8], revision: Int, at: String) throws {
        try database.write { try Self.keep(document, revision: revision, at: at, $0) }
    }

    /// A revision's number may be used again after a person restored an older file: the newest document wins.
    private static func keep(
        _ document: [UInt8], revision: Int, at: String, _ connection: DatabaseConnection
    ) throws {
        try connection.execute(
            """
            INSERT INTO documents (revision, seen_at, body) VALUES (?, ?, ?)
            ON CONFLICT (revision) DO UPDATE SET seen_at = excluded.seen_at, body = excluded.body
            WHERE documents.body <> excluded.body
            """, revision, at, document)
    }

    /// The newest changes first.
    ///
    /// - Parameter route: only changes that touched this route.
    package func entries(limit: Int, route: String? = nil) throws -> [LedgerEntry] {
        try database.read { connection in
            try connection.query(
                """
                SELECT number, at, who, verb, route, reason, changes, previous_revision, revision FROM changes
                WHERE ?1 IS NULL OR route = ?1
                   OR EXISTS (SELECT 1 FROM json_each(changes.changes) WHERE json_extract(value, '$.route') = ?1)
                ORDER BY number DESC LIMIT ?2
                """, route, limit
            ) { row in
                LedgerEntry(
                    number: row.int(0), at: row.text(1), actor: row.text(2), verb: row.text(3), route: row.text(4),
                    reason: row.optionalText(5), changes: Self.changes(row.text(6)), previousRevision: row.int(7),
                    revision: row.int(8))
            }
        }
    }

    /// The newest revision on record; nil when nothing is.
    package func newestRevision() throws -> Int? {
        try database.read { connection in
            try connection.first("SELECT revision FROM changes ORDER BY number DESC LIMIT 1") { $0.int(0) }
                ?? connection.first("SELECT max(revision) FROM documents HAVING count(*) > 0") { $0.int(0) }
        }
    }

    /// The document of a revision, if it was ever seen.
    package func document(revision: Int) throws -> [UInt8]? {
        try database.read { connection in
            try connection.first("SELECT body FROM documents WHERE revision = ?", revision) { $0.blob(0) }
        }
    }

    private static func changes(_ text: String) -> [RouteChange] {
        guard let document = try? JSONDocument(text) else { return [] }
        return document.root.elements.map { value in
            RouteChange(
                route: value["route"]?.string ?? "", field: value["field"]?.string ?? "",
                before: value["before"]?.double, after: value["after"]?.double)
        }
    }
}
