package import Migration
private import SQLite

/// Carries the changes of one group from its source to its target, and copies what was there before.
///
/// A step reads one snapshot of the source and writes one transaction of the target: changed rows, the next chunk of the
/// copy, and the position that says so. They commit together, so a kill at any point repeats or loses nothing. One step
/// at a time: `SyncLock` keeps a second agent away.
package final class SyncStream {
    package enum Outcome: Sendable, Equatable {
        /// Nothing had changed.
        case idle
        /// Rows carried by changes, and by the copy.
        case carried(changes: Int, copied: Int)
    }

    package let group: DataDocument.Group
    private let source: DatabaseConnection
    private let target: DatabaseConnection
    private let plans: [TablePlan]
    private let faults: SyncFaults
    private var pace: CopyPace
    private var seenData: Int?
    private var seenSchema: Int?
    private var isCopying = true
    /// Only with the mistake `staleChunks`: a second connection that keeps an old snapshot.
    private var staleReader: DatabaseConnection?

    /// Opens both stores; throws `StopReason` or `SQLiteError`.
    package init(
        _ group: DataDocument.Group, pace: CopyPace = CopyPace(), faults: SyncFaults = SyncFaults()
    ) throws {
        self.group = group
        self.pace = pace
        self.faults = faults
        source = try DatabaseConnection(
            path: group.source,
            configuration: .init {
                $0.creates = false
                $0.keepsJournalMode = true
                $0.busyTimeout = .milliseconds(500)
            })
        target = try DatabaseConnection(
            path: group.target,
            configuration: .init {
                $0.creates = false
                $0.keepsJournalMode = true
                // Parents and children arrive in any order; constraints across rows are the owner's business.
                $0.foreignKeys = false
                // Data and position are lost together or not at all, so the log need not be synced with every commit.
                $0.synchronous = .normal
                $0.busyTimeout = .milliseconds(500)
            })
        plans = try CaptureInstaller.plans(group, source: source, target: target)
        for plan in plans where try source.int(Self.installed, CaptureSQL.triggerNames(plan.source)[0]) != 1 {
            throw StopReason.notCreated(table: plan.source)
        }
        guard try target.int(Self.installed.replacing("trigger", with: "table"), "_sf_pos") == 1 else {
            throw StopReason.notCreated(table: group.tables.first?.target ?? "")
        }
        if faults.mistakes.contains(.staleChunks) {
            staleReader = try DatabaseConnection(path: group.source)
        }
    }

    private static let installed = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name = ?"

    /// One round. Cheap when nothing changed: two pragmas. Throws `StopReason` when the stream may not go on, `SQLiteError`
    /// when it may be tried again.
    package func step() throws -> Outcome {
        let data = try source.dataVersion()
        guard isCopying || data != seenData else { return .idle }
        let outcome = try source.transaction(.deferred) { source in
            try carry(source, top: try source.int("SELECT n FROM _sf_clk") ?? 0)
        }
        try faults.reached(.committed)
        seenData = data
        return outcome
    }

    private func carry(_ source: DatabaseConnection, top: Int) throws -> Outcome {
        let store = try source.text("SELECT id FROM _sf_store") ?? ""
        _ = try position(target, store: store, top: top)
        try checkCapture(source)
        let beat = try source.int("SELECT ts FROM _sf_heartbeat WHERE peer = 'A'") ?? 0
        try faults.reached(.snapshotTaken)
        let stale = try staleReader.map { reader in
            if !reader.isInTransaction {
                try reader.script("BEGIN")
                _ = try reader.int("SELECT n FROM _sf_clk")
            }
            return reader
        }
        if faults.mistakes.contains(.positionFirst) {
            let before = try position(target, store: store, top: top)
            try target.execute("UPDATE _sf_pos SET seq = ? WHERE peer = ?", top, group.name)
            try faults.reached(.positionMoved)
            return try apply(source, stale, from: before, top: top, beat: beat, store: store)
        }
        return try apply(source, stale, from: nil, top: top, beat: beat, store: store)
    }

    private func apply(
        _ source: DatabaseConnection, _ stale: DatabaseConnection?, from before: Int?, top: Int, beat: Int,
        store: String
    ) throws -> Outcome {
        let result = try target.transaction { target in
            let position = try before ?? position(target, store: store, top: top)
            try target.execute("INSERT INTO _sf_ctx VALUES('A')")
            try faults.reached(.contextSet)
            let applier = RowApplier(plans, source: source, target: target, faults: faults)
            let changes = try applier.apply(after: position, upTo: top)
            try faults.reached(.insertsDone)
            let copied = try copyChunk(stale ?? source, target, applier, top: top)
            try target.execute(
                "UPDATE _sf_pos SET seq = ?, ts = ? WHERE peer = ?", top, Clock.milliseconds(), group.name)
            try target.execute(
                "INSERT INTO _sf_heartbeat VALUES('A', ?1) ON CONFLICT(peer) DO UPDATE SET ts = max(ts, ?1)", beat)
            try faults.reached(.positionMoved)
            try target.execute("DELETE FROM _sf_ctx")
            return Outcome.carried(changes: changes, copied: copied)
        }
        if let stale, stale.isInTransaction { try stale.script("COMMIT") }
        return result
    }

    /// How far the target is; refuses a source that cannot be the one it follows.
    private func position(_ target: DatabaseConnection, store: String, top: Int) throws -> Int {
        let row = try target.first("SELECT seq, store FROM _sf_pos WHERE peer = ?", group.name) {
            (seq: $0.int(0), store: $0.text(1))
        }
        guard let row else { throw StopReason.notCreated(table: group.tables.first?.name ?? "") }
        guard row.store == store else { throw StopReason.otherSource }
        guard row.seq <= top else { throw StopReason.sourceWentBack(applied: row.seq, clock: top) }
        return row.seq
    }

    /// A trigger dropped or a column added would narrow capture in silence: looked at whenever the schema's version moves.
    private func checkCapture(_ source: DatabaseConnection) throws {
        let version = try source.schemaVersion()
        guard version != seenSchema else { return }
        for plan in plans {
            let installed = try source.text("SELECT digest FROM _sf_tbl WHERE tbl = ?", plan.source)
            guard let installed else { throw StopReason.notCreated(table: plan.source) }
            guard try TableInspector.digest(of: plan.source, in: source) == installed else {
                throw StopReason.captureChanged(table: plan.source)
            }
            if try CaptureInstaller.hasGap(plan, group.name, source: source, target: target) {
                throw StopReason.captureChanged(table: plan.source)
            }
        }
        seenSchema = version
    }

    // MARK: The copy

    /// Makes the next range of keys equal to the source's. Read in the same snapshot as the changes before it, so a row
    /// deleted meanwhile is not in it, and one changed meanwhile is in it as it is now.
    private func copyChunk(
        _ source: DatabaseConnection, _ target: DatabaseConnection, _ applier: RowApplier, top: Int
    ) throws -> Int {
        for plan in plans {
            let fill = try target.first(
                "SELECT k1, k2, rows, done FROM _sf_fill WHERE grp = ? AND tbl = ?", group.name, plan.source
            ) { (key: [$0.value(0), $0.value(1)], rows: $0.int(2), isDone: $0.bool(3)) }
            if fill?.isDone == true { continue }
            isCopying = true
            let start = fill.flatMap { $0.key[0] == .null ? nil : $0.key }
            let began = Clock.monotonicNanoseconds()
            let chunk = try applier.copy(plan, after: start, limit: pace.rows, from: source, top: top)
            pace.took(.nanoseconds(Clock.monotonicNanoseconds() - began))
            try target.execute(
                "INSERT OR REPLACE INTO _sf_fill VALUES(?, ?, ?, ?, ?, ?, ?)", group.name, plan.source,
                chunk.last?.first ?? start?[0] ?? .null, chunk.last?.dropFirst().first ?? start?[1] ?? .null,
                (fill?.rows ?? 0) + chunk.rows, chunk.isLast,
                try self.source.text("SELECT install FROM _sf_tbl WHERE tbl = ?", plan.source) ?? "")
            try faults.reached(.chunkCopied)
            return chunk.rows
        }
        if isCopying {
            isCopying = false
            try target.execute(
                "INSERT OR REPLACE INTO _sf_stream VALUES(?, 'running', NULL, ?)", group.name, Clock.milliseconds())
        }
        return 0
    }

    /// Whether rows are still to be copied.
    package var isFilling: Bool { isCopying }

    /// Keeps the reason where status finds it.
    package static func markStopped(_ group: DataDocument.Group, _ reason: StopReason) throws {
        let target = try DatabaseConnection(
            path: group.target,
            configuration: .init {
                $0.creates = false
                $0.keepsJournalMode = true
            })
        try target.execute(
            "INSERT OR REPLACE INTO _sf_stream VALUES(?, 'stopped', ?, ?)", group.name, reason.sentence,
            Clock.milliseconds())
    }
}
