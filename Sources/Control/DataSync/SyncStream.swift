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
    /// Every table is copied, and the target stands at the position of the snapshot that is open.
    private var isProofDue = false
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
                // As the service's own connections: its triggers may write their own table, and were made for SQLite's default.
                $0.recursiveTriggers = false
                // Data and position are lost together or not at all, so the log need not be synced with every commit.
                $0.synchronous = .normal
                $0.busyTimeout = .milliseconds(500)
            })
        try CaptureInstaller.checkFormat(source)
        try CaptureInstaller.checkFormat(target)
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
        isProofDue = false
        let outcome = try source.transaction(.deferred) { source in
            let top = try source.int("SELECT n FROM _sf_clk") ?? 0
            let outcome = try carry(source, top: top)
            if isProofDue { try prove(source, top: top) }
            return outcome
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
            let copied = try copyChunk(stale ?? source, target)
            try target.execute(
                "UPDATE _sf_pos SET seq = ?, ts = ? WHERE peer = ?", top, Clock.milliseconds(), group.name)
            try target.execute(
                "INSERT INTO _sf_heartbeat VALUES('A', ?1) ON CONFLICT(peer) DO UPDATE SET ts = max(ts, ?1)", beat)
            try faults.reached(.positionMoved)
            try target.execute("DELETE FROM _sf_ctx")
            return Outcome.carried(changes: changes, copied: copied)
        }
        if let stale {
            // What the next step's chunk is read from.
            try stale.script("COMMIT; BEGIN")
            _ = try stale.int("SELECT n FROM _sf_clk")
        }
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

    /// Copies the next chunk of the first table that is not copied; after the last one the proof is due.
    private func copyChunk(_ source: DatabaseConnection, _ target: DatabaseConnection) throws -> Int {
        let copier = TableCopier(group.name, source: source, target: target, faults: faults)
        for plan in plans {
            let began = Clock.monotonicNanoseconds()
            let install = try self.source.text("SELECT install FROM _sf_tbl WHERE tbl = ?", plan.source) ?? ""
            guard let rows = try copier.step(plan, limit: pace.rows, install: install) else { continue }
            isCopying = true
            pace.took(.nanoseconds(Clock.monotonicNanoseconds() - began))
            try faults.reached(.chunkCopied)
            return rows
        }
        guard isCopying else { return 0 }
        let isProven = try CopyProof.missing(plans, group: group.name, in: target).isEmpty
        try mark(isProven ? .running : .proving, target)
        isProofDue = !isProven
        isCopying = !isProven
        return 0
    }

    /// Proves that the target holds what the source held at `top`: the position that the target has just been brought to.
    private func prove(_ source: DatabaseConnection, top: Int) throws {
        isProofDue = false
        let reader = try DatabaseConnection(
            path: group.target,
            configuration: .init {
                $0.creates = false
                $0.keepsJournalMode = true
                $0.busyTimeout = .milliseconds(500)
            })
        let proofs: [CopyProof.Table]? = try reader.transaction(.deferred) { reader in
            guard try reader.int("SELECT seq FROM _sf_pos WHERE peer = ?", group.name) == top else { return nil }
            let unproven = try CopyProof.missing(plans, group: group.name, in: reader)
            return try CopyProof.prove(unproven, source: source, target: reader, faults: faults)
        }
        // Another position means that the copy was begun anew meanwhile; the next step sees that.
        guard let proofs else { return }
        try target.transaction { target in
            guard try target.text("SELECT state FROM _sf_stream WHERE grp = ?", group.name) == "proving" else { return }
            try CopyProof.store(proofs, group: group.name, position: top, in: target)
            try mark(.running, target)
            isCopying = false
        }
    }

    private func mark(_ state: StreamState, _ target: DatabaseConnection) throws {
        try target.execute(
            "INSERT OR REPLACE INTO _sf_stream(grp, state, reason, ts) VALUES(?, ?, NULL, ?)", group.name,
            state.rawValue, Clock.milliseconds())
    }

    /// Whether rows are still to be copied, or the copy to be proven.
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
