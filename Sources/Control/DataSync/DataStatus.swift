package import Migration
private import SQLite

/// How one group stands, read from both stores without disturbing either.
package struct DataStatus: Sendable, Equatable {
    package enum State: String, Sendable {
        /// `data create` was not run.
        case notCreated = "not created"
        case copying, proving, running, stopped
        /// A store cannot be opened.
        case unreadable
    }

    /// Count and digest of each table were equal in both stores at one position, and changes were carried from there on.
    package struct Proof: Sendable, Equatable {
        package var rows: Int
        /// Rows of the source without a key, of which nothing could be proven.
        package var keyless: Int
        /// The oldest position that a table was proven at, and when.
        package var position: Int
        package var time: Int
    }

    package var group: String
    package var state: State
    /// Why it is stopped or unreadable.
    package var reason: String?
    package var lag = SyncLag(rows: 0, age: 0)
    /// Last change that the target has, and last that the source made.
    package var position = 0
    package var clock = 0
    /// Rows copied so far, and about how many there are.
    package var copied = 0
    package var total = 0
    /// What the proof at the end of the copy was of; nil while a table lacks one.
    package var proof: Proof?
    /// Milliseconds since the agent last carried the source's stamp; nil: never.
    package var silence: Int?

    /// The agent showed itself within three seconds.
    package var agentLives: Bool { silence.map { $0 < 3_000 } ?? false }
    /// The target holds all that the source had when this was read.
    package var isCaughtUp: Bool { state == .running && proof?.keyless == 0 && lag.rows == 0 }

    /// - Parameter countsRows: fills in `total`, which reads each table once. Default true.
    package static func read(_ group: DataDocument.Group, countsRows: Bool = true) -> DataStatus {
        var status = DataStatus(group: group.name, state: .notCreated)
        do {
            let quiet = DatabaseConfiguration {
                $0.creates = false
                $0.keepsJournalMode = true
                $0.busyTimeout = .milliseconds(500)
            }
            let source = try DatabaseConnection(path: group.source, configuration: quiet)
            let target = try DatabaseConnection(path: group.target, configuration: quiet)
            let hasTables = "SELECT count(*) FROM sqlite_master WHERE name IN ('_sf_chg', '_sf_pos')"
            guard try source.int(hasTables) == 2, try target.int(hasTables) == 2 else { return status }
            try CaptureInstaller.checkFormat(source)
            try CaptureInstaller.checkFormat(target)
            // The target first: what it has, the source had before.
            try target.transaction(.deferred) { try status.readTarget($0, group) }
            try source.transaction(.deferred) { try status.readSource($0, group, countsRows) }
        } catch let reason as StopReason {
            status.state = .notCreated
            status.reason = reason.sentence
        } catch let error as SQLiteError {
            status.state = .unreadable
            status.reason = error.description
        } catch {
            status.state = .unreadable
            status.reason = "\(error)"
        }
        return status
    }

    private mutating func readTarget(_ target: DatabaseConnection, _ group: DataDocument.Group) throws {
        let row = try target.first("SELECT state, reason FROM _sf_stream WHERE grp = ?", group.name) {
            ($0.text(0), $0.optionalText(1))
        }
        guard let row else { return }
        state = State(rawValue: row.0) ?? .notCreated
        reason = row.1
        position = try target.int("SELECT seq FROM _sf_pos WHERE peer = ?", group.name) ?? 0
        copied = try target.int("SELECT sum(rows) FROM _sf_fill WHERE grp = ?", group.name) ?? 0
        proof = try Self.proof(target, group)
        silence = try target.int("SELECT ts FROM _sf_heartbeat WHERE peer = 'A'").map {
            max(0, Clock.milliseconds() - $0)
        }
    }

    private static func proof(_ target: DatabaseConnection, _ group: DataDocument.Group) throws -> Proof? {
        let proofs = try target.query(
            "SELECT tbl, rows, keyless, seq, ts FROM _sf_proof WHERE grp = ?", group.name
        ) { row in
            (
                table: row.text(0),
                proof: Proof(rows: row.int(1), keyless: row.int(2), position: row.int(3), time: row.int(4))
            )
        }
        var all = Proof(rows: 0, keyless: 0, position: .max, time: .max)
        for table in group.tables {
            guard let found = proofs.first(where: { StoreName.same($0.table, table.name) })?.proof else { return nil }
            all.rows += found.rows
            all.keyless += found.keyless
            all.position = min(all.position, found.position)
            all.time = min(all.time, found.time)
        }
        return all
    }

    private mutating func readSource(_ source: DatabaseConnection, _ group: DataDocument.Group, _ countsRows: Bool)
        throws
    {
        clock = try source.int("SELECT n FROM _sf_clk") ?? 0
        lag = try Self.lag(source, group, after: position)
        for table in group.tables where countsRows {
            total += try source.int("SELECT count(*) FROM \(CaptureSQL.identifier(table.name))") ?? 0
        }
    }

    private static func lag(_ source: DatabaseConnection, _ group: DataDocument.Group, after position: Int) throws
        -> SyncLag
    {
        let places = group.tables.map { _ in "?" }.joined(separator: ", ")
        let row = try source.first(
            "SELECT count(*), min(ts) FROM _sf_chg WHERE org = 'A' AND seq > ? AND tbl COLLATE NOCASE IN (\(places))",
            values: [position] + group.tables.map(\.name)
        ) { ($0.int(0), $0.optionalInt(1)) }
        guard let row, let oldest = row.1 else { return SyncLag(rows: 0, age: 0) }
        return SyncLag(rows: row.0, age: max(0, Clock.milliseconds() - oldest))
    }
}
