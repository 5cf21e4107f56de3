package import Migration
private import SQLite

/// Carries the changes of one group from its source to its target, and copies what was there before.
///
/// A step reads one snapshot of the source and writes one transaction of the target: changed rows, the next chunk of
/// the copy, and the position that says so. They commit together, so a kill at any point repeats or loses nothing. One
/// step at a time: `SyncLock` keeps a second agent away.
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
    /// The target's identity: what it wrote itself is not carried back to it.
    private let peer: String
    private let keys: KeyFeed
    private let copy: CopyStage
    private var trimmer: ChangeTrimmer
    /// Writes into the source beside the snapshot that `source` holds; nil without WAL, where no connection can write
    /// beside a reader.
    private let marker: DatabaseConnection?
    private let faults: FaultInjection
    private let begins: (Int, Bool) -> Void
    private var seenData: Int?
    private var seenTarget: Int?
    private var seenSchema: Int?
    private var seenTargetSchema: Int?
    /// Changes up to this one were looked at: carried, or none of this group's.
    private var seenTop = 0
    /// Where the target stood when the stream last moved it: another position means that the target was restored.
    private var seenPosition: Int?
    /// The target's position is brought up to date with the next step, though nothing is to be carried.
    private var isPositionDue = false
    /// Only with the mistake `staleChunks`: a second connection that keeps an old snapshot.
    private var staleReader: DatabaseConnection?

    /// Opens both stores; throws `StopReason`, `PlanProblem` or `SQLiteError`.
    ///
    /// - Parameter begins: called before rows are carried, with about how many they are and whether they are copied.
    package init(
        _ group: DataDocument.Group, pace: CopyPace = CopyPace(), faults: FaultInjection = FaultInjection(),
        begins: @escaping (Int, Bool) -> Void = { _, _ in }
    ) throws {
        self.group = group
        self.faults = faults
        self.begins = begins
        source = try StreamConnections.source(group)
        target = try StreamConnections.target(group)
        for connection in [source, target] {
            try CaptureInstaller.checkFormat(connection)
            try StreamMemory.checkInstalled(group, connection)
        }
        generation = try StreamMemory.generation(group, target)
        plans = try InstalledPlans.read(group, source: source, target: target)
        history = try SourceHistory(group: group.name, target: target)
        peer = faults.mistakes.contains(.originIgnored) ? "" : history.store
        keys = KeyFeed(group, peer: peer)
        trimmer = try ChangeTrimmer(group: group.name, target: target)
        let isLogged = try source.text("PRAGMA journal_mode")?.lowercased() == "wal"
        marker = isLogged ? try StreamConnections.source(group) : nil
        // Rows go back once all of them came.
        if try group.isBack && !WayBack.start(group, plans, source: source, target: target) {
            throw StreamNotDue()
        }
        copy = try CopyStage(
            group, plans, target: target, pace: pace, faults: faults, countsBetweenWriters: !isLogged)
        if faults.mistakes.contains(.staleChunks) {
            staleReader = try DatabaseConnection(path: group.source)
        }
    }

    /// One round. Cheap when nothing changed: two pragmas and two `stat`. Throws `StopReason` when the stream may not
    /// go on, `StoreReplaced` when a file was replaced, `SQLiteError` when it may be tried again.
    package func step() throws -> Outcome {
        if source.hasMoved || target.hasMoved { throw StoreReplaced() }
        try checkTarget()
        let data = try source.dataVersion()
        guard copy.isUnderWay || isPositionDue || data != seenData else { return .idle }
        let outcome = try marker.map(stepBesideWriters) ?? stepBetweenWriters()
        try faults.reached(.committed)
        (seenData, isPositionDue) = (data, false)
        return outcome
    }

    /// What a snapshot of the source shows.
    private struct Look {
        var store: String
        var top: Int
        var position: Int
        /// Changes of this group's tables that were not carried, counted up to `countLimit`.
        var changes: Int
        /// Users' keys that the target is to list.
        var keys: [String]
        /// How much of what the target wrote itself the source has; nil where only one side writes.
        var known: Int?
        /// Somebody waits for the target to have this snapshot, whether it has changes or not.
        var isAwaited: Bool

        var isNews: Bool { changes > 0 || !keys.isEmpty || isAwaited }
    }
    private static let countLimit = 1_000_000

    /// Checks in a snapshot of the source that it may be followed, and looks for what is to be carried.
    private func look(_ source: DatabaseConnection) throws -> Look {
        let schema = try source.schemaVersion()
        // A back-up from before capture was installed has none of our tables.
        if schema != seenSchema { try StreamMemory.checkInstalled(group, source) }
        let top = try source.changeClock()
        let store = try source.storeIdentity()
        let position = try position(target, store: store, top: top)
        if !faults.mistakes.contains(.historyIgnored) { try history.check(source, target) }
        if schema != seenSchema { try StreamCheck.capture(group, plans, source: source, target: target) }
        seenSchema = schema
        try faults.reached(.snapshotTaken)
        let places = plans.map { _ in "?" }.joined(separator: ", ")
        let changes = try source.first(
            "SELECT count(*) FROM (SELECT 1 FROM _sf_chg WHERE feed > ? AND feed <= ? AND org <> ? AND tbl IN (\(places)) LIMIT ?)",
            values: [max(position, seenTop), top, peer] as [any SQLBindable] + plans.map(\.source) + [Self.countLimit]
        ) { $0.int(0) }
        return Look(
            store: store, top: top, position: position, changes: changes ?? 0,
            keys: try keys.due(in: source, after: position),
            known: group.mode == .reads
                ? nil : try source.feedPosition(of: group.name) ?? 0,
            isAwaited: try isAwaited(source, position, top))
    }

    /// A range that is fenced waits until the other side has everything that was written before.
    private func isAwaited(_ source: DatabaseConnection, _ position: Int, _ top: Int) throws -> Bool {
        guard group.mode != .reads, position < top else { return false }
        if isPositionDue { return true }
        return try source.hasFence(of: group.name)
    }

    /// With WAL: writers go on while the snapshot is read.
    private func stepBesideWriters(_ marker: DatabaseConnection) throws -> Outcome {
        try source.transaction(.deferred) { source in
            let look = try look(source)
            guard copy.isUnderWay || look.isNews else { return rest(look) }
            begins(look.changes, copy.isUnderWay)
            let stale = try staleSnapshot()
            let fresh = try keys.fresh(plans, in: source, after: look.position, upTo: look.top)
            let nonce = try StreamConnections.patiently {
                try marker.transaction { marker in
                    try keys.list(fresh, in: marker, position: look.position)
                    return try history.renew(marker, target, beyond: look.top)
                }
            }
            try faults.reached(.historyMarked)
            let before = try positionFirst(look)
            let outcome = try StreamConnections.patiently {
                try target.transaction { target in
                    try apply(.snapshot(source), stale ?? source, look, from: before, target: target, nonce: nonce)
                }
            }
            copy.committed()
            if let stale {
                // What the next step's chunk is read from.
                try stale.script("COMMIT; BEGIN")
                _ = try stale.changeClock()
            }
            (seenTop, seenPosition) = (look.top, look.top)
            if copy.isProofDue { try copy.prove(source, top: look.top) }
            return outcome
        }
    }

    /// Without WAL a reader holds up the writers' commits. So the store is locked once, for as long as it takes to read
    /// the changes into memory and to write the mark; the target is written when it is free again. What is too much for
    /// that, and the copy, is carried with the store locked.
    private func stepBetweenWriters() throws -> Outcome {
        let glance = try StreamConnections.patiently { try source.transaction(.deferred) { try look($0) } }
        guard copy.isUnderWay || glance.isNews else { return rest(glance) }
        begins(glance.changes, copy.isUnderWay)
        if !copy.isUnderWay, glance.changes <= ChangeBatch.rowLimit {
            do {
                if let outcome = try stepInTwo() { return outcome }
            } catch is NotInBatch {
            }
        }
        return try stepLocked()
    }

    /// nil when the changes were too many for the memory that is given to them.
    private func stepInTwo() throws -> Outcome? {
        typealias Reading = (look: Look, batch: ChangeBatch, nonce: String)
        let reading: Reading? = try StreamConnections.patiently {
            try source.transaction(.immediate) { source in
                let look = try look(source)
                let batch = try ChangeBatch.read(plans, for: peer, in: source, after: look.position, upTo: look.top)
                guard let batch else { return nil }
                try listFresh(look, in: source)
                return (look, batch, try history.renew(source))
            }
        }
        guard let reading else { return nil }
        try faults.reached(.historyMarked)
        let outcome = try StreamConnections.patiently {
            try target.transaction { target in
                try apply(.batch(reading.batch), nil, reading.look, from: nil, target: target, nonce: reading.nonce)
            }
        }
        (seenTop, seenPosition) = (reading.look.top, reading.look.top)
        return outcome
    }

    private func stepLocked() throws -> Outcome {
        var top = 0
        // Both or neither are made again: a reader of the source can keep it from committing, and its mark, which the
        // target's transaction has by then, is gone.
        let outcome = try StreamConnections.patiently {
            try target.transaction { target in
                // The source's mark is durable before the target's position: the inner transaction commits first.
                try source.transaction(.immediate) { source in
                    let look = try look(source)
                    top = look.top
                    try listFresh(look, in: source)
                    let nonce = try history.renew(source)
                    return try apply(.snapshot(source), source, look, from: nil, target: target, nonce: nonce)
                }
            }
        }
        copy.committed()
        (seenTop, seenPosition) = (top, top)
        try copy.goOnBetweenWriters(source, top: top)
        return outcome
    }

    private func listFresh(_ look: Look, in source: DatabaseConnection) throws {
        let fresh = try keys.fresh(plans, in: source, after: look.position, upTo: look.top)
        try keys.list(fresh, in: source, position: look.position)
    }

    private func rest(_ look: Look) -> Outcome {
        seenTop = look.top
        return .idle
    }

    private func staleSnapshot() throws -> DatabaseConnection? {
        try staleReader.map { reader in
            if !reader.isInTransaction {
                try reader.script("BEGIN")
                _ = try reader.changeClock()
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
    ///
    /// - Parameter copied: where the next chunk of the copy is read; nil when there is none.
    private func apply(
        _ rows: RowSource, _ copied: DatabaseConnection?, _ look: Look, from before: Int?,
        target: DatabaseConnection, nonce: String
    ) throws -> Outcome {
        let top = look.top
        let position = try before ?? position(target, store: look.store, top: top)
        try target.execute("INSERT INTO _sf_ctx VALUES(?)", group.sourceSide.rawValue)
        try faults.reached(.contextSet)
        let applier = RowApplier(
            group, plans, for: peer, source: rows, target: target,
            quarantine: look.known.map { Quarantine(group, target: history.store, known: $0) }, faults: faults)
        let changes = try applier.apply(after: position, upTo: top)
        try keys.grant(look.keys, in: target)
        try faults.reached(.insertsDone)
        let copied = try copied.map { try copy.step($0, installs: source, top: top) } ?? 0
        try target.execute(
            "UPDATE _sf_pos SET seq = ?, ts = ? WHERE peer = ?", top, Clock.milliseconds(), group.name)
        try history.settle(nonce, in: target)
        try faults.reached(.positionMoved)
        try target.execute("DELETE FROM _sf_ctx")
        return Outcome.carried(changes: changes, copied: copied)
    }

    /// How far the target is; refuses a source that cannot be the one it follows.
    private func position(_ target: DatabaseConnection, store: String, top: Int) throws -> Int {
        try StreamCheck.position(group, target, store: store, top: top)
    }

    /// Somebody else's writes, a table that is another one, a copy that begins anew: looked at whenever somebody
    /// committed there.
    private func checkTarget() throws {
        let data = try target.dataVersion()
        guard data != seenTarget else { return }
        let version = try target.schemaVersion()
        // Installed again, or the copy begun anew: everything that was remembered is read again.
        let begun = try StreamMemory.generation(group, target)
        if begun != generation || version != seenTargetSchema {
            plans = try InstalledPlans.read(group, source: source, target: target)
            copy.adopt(plans)
        }
        try TargetGuard.check(plans, of: group, in: target, schemaMoved: version != seenTargetSchema)
        if begun != generation {
            (generation, seenTop, seenSchema) = (begun, 0, nil)
            copy.begin()
        }
        let position = try target.feedPosition(of: group.name)
        if position != seenPosition { (seenPosition, seenTop, seenData) = (position, 0, nil) }
        (seenTarget, seenTargetSchema) = (data, version)
    }

    /// Removes a batch of changes that are not needed any more and returns their number. 0 means that nothing was left
    /// to trim and nothing was written.
    package func trim(limit: Int = 500) throws -> Int {
        guard !copy.isUnderWay else { return 0 }
        // What the target wrote itself is no news for it, and its position would stand still before that for ever.
        isPositionDue = group.mode != .reads
        return try trimmer.batch(plans, source: marker ?? source, target: target, limit: limit)
    }

    /// Whether carrying holds up the source's writers, so that it is done in fewer and larger steps.
    var locksWriters: Bool { marker == nil }

    /// Whether rows are still to be copied, or the copy to be proven.
    package var isFilling: Bool { copy.isUnderWay }
}

/// The way back is not open yet: the copy there is not proven.
package struct StreamNotDue: Error {}
