import DataSync
import SQLite
import TestSupport

@testable import Migration

/// A monolith's store that is the hub, a service that owns users of it, and a reader that follows the same tables.
final class OwnedStores {
    static let hubSchema = """
        CREATE TABLE docs(id TEXT PRIMARY KEY NOT NULL, user TEXT NOT NULL, title TEXT, n INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE notes(user TEXT NOT NULL, slot INTEGER NOT NULL, body TEXT, PRIMARY KEY(user, slot)) WITHOUT ROWID;
        CREATE TABLE kinds(id TEXT PRIMARY KEY NOT NULL, label TEXT);
        """
    static let serviceSchema = """
        CREATE TABLE papers(id TEXT PRIMARY KEY NOT NULL, owner TEXT NOT NULL, title TEXT,
            n INTEGER NOT NULL DEFAULT 0, seen INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE notes(user TEXT NOT NULL, slot INTEGER NOT NULL, body TEXT, PRIMARY KEY(user, slot));
        CREATE TABLE kinds(id TEXT PRIMARY KEY NOT NULL, label TEXT);
        """

    private let scratch: TemporaryFolder
    let hub: DatabaseConnection
    let service: DatabaseConnection
    let reader: DatabaseConnection
    var group: DataDocument.Group
    /// What the reader follows.
    let followed: DataDocument.Group

    init(mode: DataDocument.Mode = .owned, recursiveTriggers: Bool = true) throws {
        let folder = try TemporaryFolder()
        scratch = folder
        func open(_ name: String, _ schema: String) throws -> DatabaseConnection {
            let connection = try DatabaseConnection(
                path: folder.path + "/\(name).db",
                configuration: .init {
                    $0.synchronous = .off
                    $0.recursiveTriggers = recursiveTriggers
                    $0.busyTimeout = .milliseconds(0)
                })
            try connection.script(schema)
            return connection
        }
        hub = try open("hub", Self.hubSchema)
        service = try open("service", Self.serviceSchema)
        reader = try open("reader", Self.hubSchema)
        let isOwned = mode == .owned
        group = DataDocument.Group(
            name: "g", source: folder.path + "/hub.db", target: folder.path + "/service.db",
            tables: [
                .init(
                    name: "docs", target: "papers", key: [],
                    columns: [
                        .init(source: "id", target: "id"), .init(source: "user", target: "owner"),
                        .init(source: "title", target: "title"), .init(source: "n", target: "n"),
                    ], owner: isOwned ? "user" : nil),
                .init(name: "notes", target: "notes", key: [], columns: [], owner: isOwned ? "user" : nil),
                .init(name: "kinds", target: "kinds", key: [], columns: [], isCatalogue: mode != .reads),
            ], mode: mode)
        followed = DataDocument.Group(
            name: "r", source: folder.path + "/hub.db", target: folder.path + "/reader.db",
            tables: [.init("docs"), .init("notes"), .init("kinds")])
    }

    @discardableResult
    func install() throws -> CaptureInstaller.Report {
        try CaptureInstaller(group).install(source: hub, target: service)
    }

    /// The bucket of a user's key in the group.
    func bucket(_ user: String) -> Int { KeyBuckets(salt: group.salt).bucket(of: user) }

    /// Gives the buckets below `ticks` to the service and the others to the monolith, in both stores at once: what a
    /// move ends with.
    func own(_ ticks: Int, epoch: Int) throws {
        for (store, side) in [(hub, "A"), (service, "B")] {
            try store.transaction { store in
                try store.execute("DELETE FROM _sf_own WHERE grp = 'g'")
                for (low, high, owner) in [(0, ticks - 1, "B"), (ticks, CaptureSQL.lastBucket, "A")] where low <= high {
                    try store.execute(
                        "INSERT INTO _sf_own VALUES('g', ?, ?, ?, ?, ?)", low, high, owner, epoch,
                        owner == side ? "own" : "follow")
                }
            }
        }
    }

    /// What a statement comes to: nil when it was carried out, else the error's message.
    static func refusal(_ store: DatabaseConnection, _ sql: String) throws -> String? {
        do {
            try store.script(sql)
            return nil
        } catch {
            return error.message
        }
    }

    /// The schema of a store as it stands in its file.
    static func schema(_ store: DatabaseConnection) throws -> [String] {
        try store.query("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name") { row in
            row.values.map { "\($0)" }.joined(separator: "|")
        }
    }
}

extension OwnedStores {
    /// Steps until nothing is left to do.
    func synchronise() throws {
        let stream = try SyncStream(group)
        for _ in 0..<1_000 where try stream.step() == .idle { return }
        throw StopReason.rowRefused(table: "", key: "", message: "the stream never rests")
    }

    /// Steps both ways until nothing is left to do.
    func settle() throws {
        for _ in 0..<3 {
            try synchronise()
            let back = try SyncStream(WayBack.group(of: group))
            for _ in 0..<1_000 where try back.step() == .idle { break }
        }
    }
}
