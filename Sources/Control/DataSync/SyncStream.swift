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
    private var plans: [TablePlan]
    /// How often the copy had been begun when the stream last looked.
    private(set) var generation: Int?
    private let history: SourceHistory
    private let copy: CopyStage
    private var trimmer: ChangeTrimmer
    /// Writes into the source beside the snapshot that `source` holds; nil without WAL, where nobody can write beside a reader.
    private let marker: DatabaseConnection?
    private let faults: SyncFaults
    private let begins: (Int, Bool) -> Void
    private var seenData: Int?
    private var seenTarget: Int?
    private var seenSchema: Int?
    private var seenTargetSchema: Int?
    /// Changes up to this one were looked at: carried, or none of this group's.
    private var seenTop = 0
    /// Only with the mistake `staleChunks`: a second connection that keeps an old snapshot.
    private var staleReader: DatabaseConnection?

    /// Opens both stores; throws `StopReason`, `PlanProblem` or `SQLiteError`.
    ///
    /// - Parameter begins: told before rows are carried: about how many, and whether they are copied.
    package init(
        _ group: DataDocument.Group, pace: CopyPace = CopyPace(), faults: SyncFaults = SyncFaults(),
        begins: @escaping (Int, Bool) -> Void = { _, _ in }
    ) throws {
        self.group = group
        self.faults = faults
        self.begins = begins
        source = try DatabaseConnection(path: group.source, configuration: Self.beside(writers: true))
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
        for connection in [source, target] {
            try CaptureInstaller.checkFormat(connection)
            try Self.checkInstalled(group, connection)
        }
        generation = try Self.generation(group, target)
        plans = try InstalledPlans.read(group, source: source, target: target)
        history = try SourceHistory(group: group.name, target: target)
        trimmer = try ChangeTrimmer(group: group.name, target: target)
        let isLogged = try source.text("PRAGMA journal_mode")?.lowercased() == "wal"
        marker = isLogged ? try DatabaseConnection(path: group.source, configuration: Self.beside(writers: true)) : nil
        copy = try CopyStage(
            group, plans, target: target, pace: pace, faults: faults, countsBetweenWriters: !isLogged)
        if faults.mistakes.contains(.staleChunks) {
            staleReader = try DatabaseConnection(path: group.source)
        }
    }

    /// A connection to a store that others write all the time: their locks last for a moment, so it asks often instead of waiting long.
    private static func beside(writers: Bool) -> DatabaseConfiguration {
        .init {
            $0.creates = false
            $0.keepsJournalMode = true
            $0.busyTimeout = .milliseconds(writers ? 50 : 500)
        }
    }

    private static func checkInstalled(_ group: DataDocument.Group, _ store: DatabaseConnection) throws {
        let tables = try store.int(
            "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('_sf_pos', '_sf_chg', '_sf_history', '_sf_plan')"
        )
        if tables != 4 { throw StopReason.notCreated(table: group.tables.first?.name ?? "") }
    }

    /// One round. Cheap when nothing changed: two pragmas and two `stat`. Throws `StopReason` when the stream may not go on,
    /// `StoreReplaced` when a file was replaced, `SQLiteError` when it may be tried again.
    package func step() throws -> Outcome {
        if source.hasMoved || target.hasMoved { throw StoreReplaced() }
        try checkTarget()
        let data = try source.dataVersion()
        guard copy.isUnderWay || data != seenData else { return .idle }
        let outcome = try marker.map(stepBesideWriters) ?? stepBetweenWriters()
        try faults.reached(.committed)
        seenData = data
        return outcome
    }

    /// What a look at a snapshot of the source tells.
    private struct Look {
        var store: String
        var top: Int
        var position: Int
        /// Changes of this group's tables that were not carried, counted up to `countLimit`.
        var changes: Int
    }
    private static let countLimit = 1_000_000

    /// Checks in a snapshot of the source that it may be followed, and looks for what is to be carried.
    private func look(_ source: DatabaseConnection) throws -> Look {
        let schema = try source.schemaVersion()
        // A back-up from before capture was installed has none of our tables.
        if schema != seenSchema { try Self.checkInstalled(group, source) }
        let top = try source.int("SELECT n FROM _sf_clk") ?? 0
        let store = try source.text("SELECT id FROM _sf_store") ?? ""
        let position = try position(target, store: store, top: top)
        if !faults.mistakes.contains(.historyIgnored) { try history.check(source, target) }
        if schema != seenSchema { try StreamCheck.capture(group, plans, source: source, target: target) }
        seenSchema = schema
        try faults.reached(.snapshotTaken)
        let places = plans.map { _ in "?" }.joined(separator: ", ")
        let changes = try source.first(
            "SELECT count(*) FROM (SELECT 1 FROM _sf_chg WHERE org = 'A' AND seq > ? AND seq <= ? AND tbl IN (\(places)) LIMIT ?)",
            values: [max(position, seenTop), top] as [any SQLBindable] + plans.map(\.source) + [Self.countLimit]
        ) { $0.int(0) }
        return Look(store: store, top: top, position: position, changes: changes ?? 0)
    }

    /// With WAL: writers go on while the snapshot is read.
    private func stepBesideWriters(_ marker: DatabaseConnection) throws -> Outcome {
        try source.transaction(.deferred) { source in
            let look = try look(source)
            guard copy.isUnderWay || look.changes > 0 else { return rest(look) }
            begins(look.changes, copy.isUnderWay)
            let stale = try staleSnapshot()
            let nonce = try marker.transaction { try history.renew($0) }
            try faults.reached(.historyMarked)
            let before = try positionFirst(look)
            let outcome = try target.transaction { target in
                try apply(source, stale, look, from: before, target: target, nonce: nonce)
            }
            if let stale {
                // What the next step's chunk is read from.
                try stale.script("COMMIT; BEGIN")
                _ = try stale.int("SELECT n FROM _sf_clk")
            }
            seenTop = look.top
            if copy.isProofDue { try copy.prove(source, top: look.top) }
            return outcome
        }
    }

    /// Without WAL a reader holds up the writers' commits, so nothing is held while nothing is to be done, and the store is locked once
    /// for reading and marking.
    private func stepBetweenWriters() throws -> Outcome {
        let glance = try source.transaction(.deferred) { try look($0) }
        guard copy.isUnderWay || glance.changes > 0 else { return rest(glance) }
        begins(glance.changes, copy.isUnderWay)
        var top = glance.top
        let outcome = try target.transaction { target in
            // The source's mark is durable before the target's position: the inner transaction commits first.
            try source.transaction(.immediate) { source in
                let look = try look(source)
                top = look.top
                return try apply(source, nil, look, from: nil, target: target, nonce: try history.renew(source))
            }
        }
        seenTop = top
        try copy.goOnBetweenWriters(source, top: top)
        return outcome
    }

    private func rest(_ look: Look) -> Outcome {
        seenTop = look.top
        return .idle
    }

    private func staleSnapshot() throws -> DatabaseConnection? {
        try staleReader.map { reader in
            if !reader.isInTransaction {
                try reader.script("BEGIN")
                _ = try reader.int("SELECT n FROM _sf_clk")
            }
            return reader
        }
    }

    /// Only with the mistake `positionFirst`: the position is stored in a transaction of its own.
    private func positionFirst(_ look: Look) throws -> Int? {
        guard faults.mistakes.contains(.positionFirst) else { return nil }
        let before = try position(target, store: look.store, top: look.top)
        try target.execute("UPDATE _sf_pos SET seq = ? WHERE peer = ?", look.top, group.name)
        try faults.reached(.positionMoved)
        return before
    }

    /// Brings the target to what the snapshot says, inside the target's transaction.
    private func apply(
        _ source: DatabaseConnection, _ stale: DatabaseConnection?, _ look: Look, from before: Int?,
        target: DatabaseConnection, nonce: String
    ) throws -> Outcome {
        let top = look.top
        let position = try before ?? position(target, store: look.store, top: top)
        try target.execute("INSERT INTO _sf_ctx VALUES('A')")
        try faults.reached(.contextSet)
        let applier = RowApplier(plans, source: source, target: target, faults: faults)
        let changes = try applier.apply(after: position, upTo: top)
        try faults.reached(.insertsDone)
        let copied = try copy.step(stale ?? source, installs: source, top: top)
        try target.execute(
            "UPDATE _sf_pos SET seq = ?, ts = ? WHERE peer = ?", top, Clock.milliseconds(), group.name)
        try history.settle(nonce, in: target)
        try faults.reached(.positionMoved)
        try target.execute("DELETE FROM _sf_ctx")
        return Outcome.carried(changes: changes, copied: copied)
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

    /// Somebody else's writes, a table that is another one, a copy that begins anew: looked at whenever somebody committed there.
    private func checkTarget() throws {
        let data = try target.dataVersion()
        guard data != seenTarget else { return }
        let version = try target.schemaVersion()
        // Installed again, or the copy begun anew: everything that was remembered is read again.
        let begun = try Self.generation(group, target)
        if begun != generation || version != seenTargetSchema {
            plans = try InstalledPlans.read(group, source: source, target: target)
            copy.adopt(plans)
        }
        try TargetGuard.check(plans, in: target, schemaMoved: version != seenTargetSchema)
        if begun != generation {
            (generation, seenTop, seenSchema) = (begun, 0, nil)
            copy.begin()
        }
        (seenTarget, seenTargetSchema) = (data, version)
    }

    /// How often the group's copy was begun; nil when capture was never installed.
    private static func generation(_ group: DataDocument.Group, _ target: DatabaseConnection) throws -> Int? {
        guard try target.int("SELECT count(*) FROM sqlite_master WHERE name = '_sf_known'") == 1 else { return nil }
        return try target.int("SELECT gen FROM _sf_known WHERE grp = ?", group.name)
    }

    /// Removes a batch of changes that nobody needs any more; answers how many. 0: nothing is left to trim, and nothing was written.
    package func trim(limit: Int = 500) throws -> Int {
        guard !copy.isUnderWay else { return 0 }
        return try trimmer.batch(plans, source: marker ?? source, target: target, limit: limit)
    }

    /// Whether rows are still to be copied, or the copy to be proven.
    package var isFilling: Bool { copy.isUnderWay }

    /// Keeps the reason where status finds it.
    ///
    /// - Parameter generation: of the copy that is stopped; one that was begun since is not.
    package static func markStopped(_ group: DataDocument.Group, _ reason: StopReason, generation: Int?) throws {
        let target = try DatabaseConnection(path: group.target, configuration: beside(writers: false))
        try target.transaction { target in
            guard try target.int(hasStreams) == 1, try Self.generation(group, target) == generation else { return }
            try target.execute(
                "INSERT OR REPLACE INTO _sf_stream VALUES(?, 'stopped', ?, ?)", group.name, reason.sentence,
                Clock.milliseconds())
        }
    }

    /// What the target remembers of the stream: how often its copy was begun, and why it was stopped, by this agent or one before it.
    static func memory(_ group: DataDocument.Group) throws -> (generation: Int?, stop: String?) {
        let target = try DatabaseConnection(path: group.target, configuration: beside(writers: false))
        guard try target.int(hasStreams) == 1 else { return (nil, nil) }
        return try target.transaction(.deferred) { target in
            (
                try generation(group, target),
                try target.text("SELECT reason FROM _sf_stream WHERE grp = ? AND state = 'stopped'", group.name)
            )
        }
    }

    private static let hasStreams = "SELECT count(*) FROM sqlite_master WHERE name = '_sf_stream'"
}
