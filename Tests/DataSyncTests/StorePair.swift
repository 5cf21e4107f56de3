import DataSync
import Glibc
import SQLite
import TestSupport

@testable import Migration

/// A monolith's store and a service's, in a folder that goes with them.
final class StorePair {
    static let sourceSchema = """
        CREATE TABLE users(id TEXT PRIMARY KEY, email TEXT UNIQUE COLLATE NOCASE, n REAL, b BLOB);
        CREATE TABLE items(id INTEGER PRIMARY KEY, owner TEXT REFERENCES users(id) ON DELETE CASCADE, place INTEGER UNIQUE);
        CREATE TABLE pairs(a TEXT, b INTEGER, v, PRIMARY KEY(a, b)) WITHOUT ROWID;
        CREATE TABLE Tags(
            a TEXT, b INTEGER, c TEXT COLLATE NOCASE, slug TEXT, title TEXT, slot INTEGER, live INTEGER, code TEXT,
            low TEXT AS (lower(slug)), PRIMARY KEY(a, b, c));
        \(tagIndexes("Tags"))
        """

    func dropTargetIndexes() throws {
        for name in ["slug", "title", "slot", "code"] { try target.script("DROP INDEX labels_\(name)") }
    }

    /// Unique by an index's own collations, for some rows only, and by an expression.
    private static func tagIndexes(_ table: String) -> String {
        """
        CREATE UNIQUE INDEX \(table)_slug ON \(table)(slug COLLATE NOCASE);
        CREATE UNIQUE INDEX \(table)_title ON \(table)(title COLLATE RTRIM);
        CREATE UNIQUE INDEX \(table)_slot ON \(table)(slot) WHERE live = 1;
        CREATE UNIQUE INDEX \(table)_code ON \(table)(lower(code) DESC, live /* , ) */);
        """
    }
    static let targetSchema = """
        CREATE TABLE people(id TEXT PRIMARY KEY NOT NULL, mail TEXT UNIQUE COLLATE NOCASE, n REAL, b BLOB, note TEXT,
            version INTEGER NOT NULL DEFAULT 1);
        CREATE TABLE items(id INTEGER PRIMARY KEY, owner TEXT REFERENCES people(id), place INTEGER UNIQUE);
        CREATE TABLE pairs(a TEXT NOT NULL, b INTEGER NOT NULL, v, PRIMARY KEY(a, b));
        CREATE TABLE labels(
            c TEXT COLLATE NOCASE, b INTEGER, a TEXT, version INTEGER NOT NULL DEFAULT 1, slug TEXT NOT NULL,
            title TEXT NOT NULL CHECK(length(title) < 10), slot INTEGER, live INTEGER, code TEXT, low TEXT,
            PRIMARY KEY(a, b, c)) WITHOUT ROWID;
        \(tagIndexes("labels"))
        """

    private let scratch: TemporaryFolder
    var folder: String { scratch.path }
    private(set) var source: DatabaseConnection
    let target: DatabaseConnection
    var group: DataDocument.Group

    init(recursiveTriggers: Bool = true) throws {
        scratch = try TemporaryFolder()
        let folder = scratch.path
        source = try DatabaseConnection(
            path: folder + "/source.db",
            configuration: .init {
                $0.synchronous = .off
                $0.recursiveTriggers = recursiveTriggers
            })
        target = try DatabaseConnection(path: folder + "/target.db", configuration: .init { $0.synchronous = .off })
        try source.script(Self.sourceSchema)
        try target.script(Self.targetSchema)
        group = DataDocument.Group(
            name: "all", source: folder + "/source.db", target: folder + "/target.db",
            tables: [
                .init(
                    name: "users", target: "people", key: [],
                    columns: [
                        .init(source: "id", target: "id"), .init(source: "email", target: "mail"),
                        .init(source: "n", target: "n"), .init(source: "b", target: "b"),
                    ]), .init(name: "items", target: "items", key: [], columns: []),
                .init(name: "pairs", target: "pairs", key: [], columns: []),
                // Spelt otherwise than the stores spell them, as SQLite lets one do.
                .init(name: "tags", target: "LABELS", key: ["C", "a", "b"], columns: []),
            ])
    }

    @discardableResult
    func install() throws -> CaptureInstaller.Report {
        try CaptureInstaller(group).install(source: source, target: target)
    }

    /// Steps until nothing is left to do.
    func catchUp(_ stream: SyncStream) throws {
        for _ in 0..<1_000 {
            if try stream.step() == .idle { return }
        }
        throw StopReason.rowRefused(table: "", key: "", message: "the stream never rests")
    }

    func synchronise() throws { try catchUp(try SyncStream(group)) }

    /// Puts an older state of the source in place of the present one: into the same file, or as another file in its
    /// place.
    func restore(_ backup: String, asAnotherFile: Bool) throws {
        guard asAnotherFile else { return try DatabaseConnection(path: backup).backup(to: group.source) }
        let copy = backup + ".copy"
        try DatabaseConnection(path: backup).backup(to: copy)
        // As an operator does it: the monolith is down, its log goes with its file.
        source = try DatabaseConnection(path: copy)
        for suffix in ["-wal", "-shm"] { unlink(group.source + suffix) }
        source = try DatabaseConnection(path: ":memory:", configuration: .init { $0.creates = false })
        rename(copy, group.source)
        source = try DatabaseConnection(path: group.source, configuration: .init { $0.synchronous = .off })
    }

    /// What `data backfill GROUP --restart` does.
    func copyAnew() throws {
        try CaptureInstaller(group).restart(source: source, target: target)
    }

    private static let tagColumns = "a, b, c, slug, title, slot, live, code, low"

    /// What the service counts on rows of its own accord, by their keys.
    func versions() throws -> [String: Int] {
        let rows =
            try target.query("SELECT id, version FROM people WHERE id IS NOT NULL") {
                ("user \($0.text(0))", $0.int(1))
            }
            + target.query("SELECT a || '/' || b || '/' || c, version FROM labels") { ("tag \($0.text(0))", $0.int(1)) }
        return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }

    /// Every row of both stores as text, straight from the tables: shares no code with the verifier.
    func contents() throws -> (source: [String], target: [String]) {
        func dump(_ connection: DatabaseConnection, _ sql: String) throws -> [String] {
            try connection.query(sql) { row in row.values.map { "\($0)" }.joined(separator: "|") }
        }
        return (
            try dump(source, "SELECT id, email, n, b FROM users ORDER BY id")
                + dump(source, "SELECT id, owner, place FROM items ORDER BY id")
                + dump(source, "SELECT a, b, v FROM pairs ORDER BY a, b")
                + dump(source, "SELECT \(Self.tagColumns) FROM tags ORDER BY a, b, c"),
            try dump(target, "SELECT id, mail, n, b FROM people ORDER BY id")
                + dump(target, "SELECT id, owner, place FROM items ORDER BY id")
                + dump(target, "SELECT a, b, v FROM pairs ORDER BY a, b")
                + dump(target, "SELECT \(Self.tagColumns) FROM labels ORDER BY a, b, c")
        )
    }

    var isEqual: Bool {
        get throws {
            let all = try contents()
            return all.source == all.target
        }
    }
}

extension SplitMix {
    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
}
