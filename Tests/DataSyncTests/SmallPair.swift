import DataSync
import SQLite
import TestSupport

@testable import Migration

/// Two stores of any schema, and one group between them.
final class SmallPair {
    private let scratch: TemporaryFolder
    let source: DatabaseConnection
    let target: DatabaseConnection
    var group: DataDocument.Group

    init(
        _ sourceSchema: String, _ targetSchema: String, tables: [DataDocument.Table],
        recursiveTriggers: Bool = false, sourceEncoding: String = "UTF-8", targetEncoding: String = "UTF-8",
        sourceJournal: String = "WAL"
    ) throws {
        let folder = try TemporaryFolder()
        scratch = folder
        func open(_ name: String, _ encoding: String, _ schema: String) throws -> DatabaseConnection {
            let connection = try DatabaseConnection(
                path: folder.path + "/\(name).db",
                configuration: .init {
                    $0.synchronous = .off
                    $0.recursiveTriggers = recursiveTriggers
                    $0.foreignKeys = false
                    $0.keepsJournalMode = true
                })
            try connection.script(
                "PRAGMA encoding = '\(encoding)'; PRAGMA journal_mode = \(name == "source" ? sourceJournal : "WAL"); \(schema)"
            )
            return connection
        }
        source = try open("source", sourceEncoding, sourceSchema)
        target = try open("target", targetEncoding, targetSchema)
        group = DataDocument.Group(
            name: "g", source: scratch.path + "/source.db", target: scratch.path + "/target.db", tables: tables)
    }

    @discardableResult
    func install() throws -> CaptureInstaller.Report {
        try CaptureInstaller(group).install(source: source, target: target)
    }

    /// Why the group cannot be carried; nil when it can.
    func problem() throws -> String? {
        do {
            _ = try CaptureInstaller.plans(group, source: source, target: target)
            return nil
        } catch let problem as PlanProblem {
            return problem.reason
        }
    }

    /// Steps until nothing is left to do.
    func synchronise() throws {
        let stream = try SyncStream(group, pace: CopyPace(rows: 7, limit: 7))
        for _ in 0..<10_000 where try stream.step() == .idle { return }
        throw StopReason.rowRefused(table: "", key: "", message: "the stream never rests")
    }

    func copyAnew() throws {
        try CaptureInstaller(group).restart(source: source, target: target)
    }

    /// Rows as their classes and bytes, of one query on each side.
    func rows(_ sourceSQL: String, _ targetSQL: String) throws -> (source: [[SQLValue]], target: [[SQLValue]]) {
        (try source.query(sourceSQL) { $0.values }, try target.query(targetSQL) { $0.values })
    }
}

extension DataDocument.Table {
    /// A table under one name, with every column.
    init(_ name: String, key: [String] = [], columns: [String] = []) {
        self.init(
            name: name, target: name, key: key, columns: columns.map { .init(source: $0, target: $0) })
    }
}
