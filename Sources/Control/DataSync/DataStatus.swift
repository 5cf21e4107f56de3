package import Migration
private import SQLite

/// How one group stands, read from both stores without writing either.
package struct DataStatus: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        /// `data create` was not run.
        case notCreated = "not created"
        case copying, proving, running, stopped
        /// A store cannot be opened.
        case unreadable
    }

    /// Count and digest of each table were equal in both stores at one position, and changes were carried from there
    /// on.
    package struct Proof: Sendable, Equatable {
        package var rows: Int
        /// The oldest position that a table was proven at, and when.
        package var position: Int
        package var time: Int
    }

    package var group: String
    /// Of the way back, where rows have owners: `position` and `lag` are of what the service wrote.
    package var isBack = false
    package var state: State
    /// Why it is stopped or unreadable.
    package var reason: String?
    /// What to do about a stop.
    package var fix: String?
    package var lag = SyncLag(rows: 0, age: 0)
    /// Last change that the target has, and last that the source made.
    package var position = 0
    package var clock = 0
    /// Rows copied so far, and about how many there are.
    package var copied = 0
    package var total = 0
    /// What the proof at the end of the copy covered; nil while a table lacks one.
    package var proof: Proof?
    /// Rows of the source without a key, which cannot be carried and of which nothing is proven. As they are now; of a
    /// key of several columns, where counting reads the table, as they were at the proof unless rows are counted.
    package var keyless = 0
    /// Rows of the target that a later owner overwrote before they were carried; both are kept there.
    package var quarantined = 0
    /// What can be seen of the agent.
    package var agent = AgentSign.absent
    /// What a person may want to know without having to act, for example columns that are not carried.
    package var notes: [String] = []

    package init(group: String, state: State) {
        self.group = group
        self.state = state
    }

    /// Milliseconds since the agent last showed itself; nil: there is none.
    package var silence: Int? {
        // Through a copy: the optimiser of Swift 6.3 loses the end of the borrow where this is inlined, and gives up.
        let agent = agent
        switch agent {
        case .present(_, let silence): return silence
        case .absent, .unknown: return nil
        }
    }
    /// What the agent says that it does for this group.
    package var doing: AgentReport.Line? {
        if case .present(let report?, _) = agent { report.groups[stream] } else { nil }
    }
    /// As the agent's report names the stream.
    var stream: String { isBack ? "\(group) back" : group }
    /// As people read it.
    package var label: String { isBack ? "\(group) (way back)" : group }
    /// A process holds the target and showed itself within three seconds.
    package var agentLives: Bool { silence.map { $0 < AgentSign.patience } ?? false }
    /// The target holds all that the source had when this was read.
    package var isCaughtUp: Bool { state == .running && proof != nil && keyless == 0 && lag.rows == 0 }

    /// Every way that rows of the group go.
    package static func readAll(_ group: DataDocument.Group, countsRows: Bool = true) -> [DataStatus] {
        let there = read(group, countsRows: countsRows)
        guard group.mode != .reads, there.state != .notCreated, there.state != .unreadable else { return [there] }
        do {
            return [there, read(try WayBack.group(of: group), countsRows: false)]
        } catch {
            // What stands in the way of the plans stands in the way there, which says so.
            return [there]
        }
    }

    /// - Parameter countsRows: fills in `total`, which reads each table once. Default true.
    package static func read(_ group: DataDocument.Group, countsRows: Bool = true) -> DataStatus {
        var status = DataStatus(group: group.name, state: .notCreated)
        status.isBack = group.isBack
        status.agent = AgentSign.read(target: group.service)
        do {
            let source = try DatabaseConnection(path: group.source, configuration: StreamMemory.besideService)
            let target = try DatabaseConnection(path: group.target, configuration: StreamMemory.besideService)
            try CaptureInstaller.checkFormat(source)
            try CaptureInstaller.checkFormat(target)
            guard try StreamMemory.isInstalled(source) && StreamMemory.isInstalled(target) else { return status }
            // The target first: what it has, the source had before.
            try target.transaction(.deferred) { target in
                try status.readTarget(target, group)
                guard status.state != .notCreated else { return }
                try source.transaction(.deferred) { try status.readSource($0, target, group, countsRows: countsRows) }
            }
            // Apart from the snapshots: without WAL a long one would hold up the writers.
            if countsRows, status.state != .notCreated { try status.countRows(source, group) }
        } catch let reason as StopReason {
            status.state = .notCreated
            (status.reason, status.fix) = (reason.sentence, reason.fix(group.name, isBack: group.isBack))
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
        let row = try target.first("SELECT state, reason, fix FROM _sf_stream WHERE grp = ?", group.name) {
            (state: $0.text(0), reason: $0.optionalText(1), fix: $0.optionalText(2))
        }
        guard let row else { return }
        state = State(rawValue: row.state) ?? .notCreated
        (reason, fix) = (row.reason, row.fix)
        position = try target.feedPosition(of: group.name) ?? 0
        copied = try target.int("SELECT sum(rows) FROM _sf_fill WHERE grp = ?", group.name) ?? 0
        quarantined = try Quarantine.count(group.name, in: target)
        if quarantined > 0 {
            notes.append(
                "\(quarantined) row\(quarantined == 1 ? "" : "s") that were not carried yet were overwritten by a later owner; both images stand in _sf_quarantine of \(group.target), until somebody deletes them there"
            )
        }
        try readProof(target, group)
    }

    private mutating func readProof(_ target: DatabaseConnection, _ group: DataDocument.Group) throws {
        let proofs = try target.query("SELECT tbl, rows, seq, ts FROM _sf_proof WHERE grp = ?", group.name) { row in
            (table: row.text(0), proof: Proof(rows: row.int(1), position: row.int(2), time: row.int(3)))
        }
        var all = Proof(rows: 0, position: .max, time: .max)
        for table in group.tables {
            guard let found = proofs.first(where: { StoreName.same($0.table, table.name) })?.proof else { return }
            all.rows += found.rows
            all.position = min(all.position, found.position)
            all.time = min(all.time, found.time)
        }
        proof = all
    }

    private mutating func countKeyless(
        _ plan: TablePlan, _ group: DataDocument.Group, _ source: DatabaseConnection, _ target: DatabaseConnection,
        countsRows: Bool
    ) throws {
        if plan.nullableKey.isEmpty { return }
        if plan.key.count == 1 || countsRows {
            keyless += try source.int(RowSQL(plan).keyless) ?? 0
        } else {
            keyless +=
                try target.int("SELECT keyless FROM _sf_proof WHERE grp = ? AND tbl = ?", group.name, plan.source) ?? 0
        }
    }

    private mutating func readSource(
        _ source: DatabaseConnection, _ target: DatabaseConnection, _ group: DataDocument.Group, countsRows: Bool
    ) throws {
        clock = try source.changeClock()
        // Reasons for which the agent would stop are shown without an agent too.
        if let obstacle = try StreamCheck.obstacle(group, source: source, target: target) {
            (state, reason, fix) = (.stopped, obstacle.sentence, obstacle.fix(group.name, isBack: group.isBack))
        }
        let peer = try target.storeIdentity()
        lag = try Self.lag(source, group, after: position, peer: peer)
        guard state != .stopped else { return }
        for (table, plan) in zip(group.tables, try InstalledPlans.read(group, source: source, target: target)) {
            try countKeyless(plan, group, source, target, countsRows: countsRows)
            for column in try InstalledPlans.uncarried(table, plan, source) {
                notes.append(
                    "the column \"\(column)\" of \"\(plan.source)\" is not carried; strangler data create \(group.name) carries it once the target has it too"
                )
            }
        }
    }

    private mutating func countRows(_ source: DatabaseConnection, _ group: DataDocument.Group) throws {
        for table in group.tables {
            total += try source.int("SELECT count(*) FROM \(CaptureSQL.identifier(table.name))") ?? 0
        }
    }

    private static func lag(
        _ source: DatabaseConnection, _ group: DataDocument.Group, after position: Int, peer: String
    ) throws -> SyncLag {
        let places = group.tables.map { _ in "?" }.joined(separator: ", ")
        let row = try source.first(
            "SELECT count(*), min(ts) FROM _sf_chg WHERE feed > ? AND org <> ? AND tbl COLLATE NOCASE IN (\(places))",
            values: [position, peer] + group.tables.map(\.name)
        ) { ($0.int(0), $0.optionalInt(1)) }
        guard let row, let oldest = row.1 else { return SyncLag(rows: 0, age: 0) }
        return SyncLag(rows: row.0, age: max(0, Clock.milliseconds() - oldest))
    }
}
