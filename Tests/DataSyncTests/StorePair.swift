import DataSync
import Glibc
@testable import Migration
import SQLite
import TestSupport

/// A monolith's store and a service's, in a folder that goes with them.
final class StorePair {
    static let sourceSchema = """
        CREATE TABLE users(id TEXT PRIMARY KEY, email TEXT UNIQUE COLLATE NOCASE, n REAL, b BLOB);
        CREATE TABLE items(id INTEGER PRIMARY KEY, owner TEXT REFERENCES users(id) ON DELETE CASCADE, place INTEGER UNIQUE);
        CREATE TABLE pairs(a TEXT, b INTEGER, v, PRIMARY KEY(a, b)) WITHOUT ROWID;
        """
    static let targetSchema = """
        CREATE TABLE people(id TEXT PRIMARY KEY NOT NULL, mail TEXT UNIQUE COLLATE NOCASE, n REAL, b BLOB, note TEXT);
        CREATE TABLE items(id INTEGER PRIMARY KEY, owner TEXT REFERENCES people(id), place INTEGER UNIQUE);
        CREATE TABLE pairs(a TEXT NOT NULL, b INTEGER NOT NULL, v, PRIMARY KEY(a, b));
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

    /// Puts an older state of the source in place of the present one: into the same file, or as another file in its place.
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
        let store = try source.text("SELECT id FROM _sf_store") ?? ""
        try target.transaction { try CaptureInstaller.copyAnew($0, group.name, store: store) }
    }

    /// Every row of both stores as text, straight from the tables: shares no code with the verifier.
    func contents() throws -> (source: [String], target: [String]) {
        func dump(_ connection: DatabaseConnection, _ sql: String) throws -> [String] {
            try connection.query(sql) { row in row.values.map { "\($0)" }.joined(separator: "|") }
        }
        return (
            try dump(source, "SELECT id, email, n, b FROM users ORDER BY id")
                + dump(source, "SELECT id, owner, place FROM items ORDER BY id")
                + dump(source, "SELECT a, b, v FROM pairs ORDER BY a, b"),
            try dump(target, "SELECT id, mail, n, b FROM people ORDER BY id")
                + dump(target, "SELECT id, owner, place FROM items ORDER BY id")
                + dump(target, "SELECT a, b, v FROM pairs ORDER BY a, b")
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
