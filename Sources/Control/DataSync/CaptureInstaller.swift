private import Glibc
package import Migration
package import SQLite

/// Installs change capture for a group: tables in both stores, triggers in the source. May be run again at any time.
package struct CaptureInstaller {
    package struct Report: Sendable, Equatable {
        package var group: String
        package var plans: [TablePlan]
        /// Tables whose triggers were installed now; the others had them already.
        package var installed: [String]
        /// The copy begins anew, because capture was missing or not what it was.
        package var copiesAnew: Bool
        /// Tables of the source that are copied anew.
        package var copied: [String] = []
        /// Stores whose change tables an older release had made; they were made anew.
        package var rebuilt: [String] = []
        /// Users' keys that were listed now.
        package var keys = 0
    }

    private let group: DataDocument.Group

    package init(_ group: DataDocument.Group) { self.group = group }

    /// What would be carried; throws `PlanProblem` with the table's name in it.
    package static func plans(
        _ group: DataDocument.Group, source: DatabaseConnection, target: DatabaseConnection
    ) throws -> [TablePlan] {
        try group.tables.map { table in
            try TablePlan.resolve(
                table, source: try TableInspector.schema(of: table.name, in: source),
                target: try TableInspector.schema(of: table.target, in: target))
        }
    }

    /// - Parameter dryRun: everything is done and rolled back, so that what is reported is what would happen.
    @discardableResult
    package func install(
        source: DatabaseConnection, target: DatabaseConnection, dryRun: Bool = false
    ) throws -> Report {
        struct Undo: Error { let report: Report }
        let plans = try InstalledPlans.renewed(group, source: source, target: target)
        try MapCheck.expressions(plans, source: source, target: target)
        try MapCheck.everyRow(plans, in: source)
        if group.mode == .reads {
            for store in [source, target] {
                try OwnedRanges.checkAllHome(group.name, in: store, before: "it goes back to the mode reads")
            }
        }
        do {
            var report = try source.transaction { source in
                let isOld = try prepare(source, .monolith)
                let installed = try installSource(source, plans)
                return try target.transaction { target in
                    let isTargetOld = try prepare(target, .service)
                    var report = try installTarget(target, plans, installed, source: source)
                    report.rebuilt = (isOld ? [group.source] : []) + (isTargetOld ? [group.target] : [])
                    if dryRun { throw Undo(report: report) }
                    return report
                }
            }
            if group.mode == .owned {
                report.keys = try KeyDirectory(group).listAll(plans, source: source, target: target)
            }
            return report
        } catch let undo as Undo {
            return undo.report
        }
    }

    /// Copies the whole group anew, whatever was wrong with it: what a stop asks for may have taken guard triggers
    /// away, as a table that was made again with wider constraints has none.
    package func restart(source: DatabaseConnection, target: DatabaseConnection) throws {
        try install(source: source, target: target)
        let store = try source.storeIdentity()
        if group.mode != .reads { try WayBack.restart(group.name, monolith: source, service: target) }
        try target.transaction { try Self.copyAnew($0, group.name, store: store) }
    }

    private func installSource(_ source: DatabaseConnection, _ plans: [TablePlan]) throws -> [String] {
        let installer = try TriggerInstaller(
            group: group, store: source, side: .monolith, identity: source.storeIdentity())
        return try zip(plans, group.tables).filter { plan, table in
            try installer.install(plan, group.ownership(of: table, plan.owner?.source, at: .monolith))
        }.map(\.0.source)
    }

    /// The service's triggers, where its rows have owners too; source names of the tables that lacked them.
    private func installFences(_ target: DatabaseConnection, _ plans: [TablePlan]) throws -> [String] {
        let installer = try TriggerInstaller(
            group: group, store: target, side: .service, identity: target.storeIdentity())
        return try zip(plans, group.tables).filter { plan, table in
            let other = try target.text(
                "SELECT grp FROM _sf_plan WHERE dst = ? COLLATE NOCASE AND grp <> ?", plan.target, group.name)
            if let other {
                throw PlanProblem(
                    "the group \"\(other)\" carries rows into the target's \"\(plan.target)\" too, and in the mode \(group.mode.rawValue) a table is filled by one group"
                )
            }
            let ownership = group.ownership(of: table, plan.owner?.target, at: .service)
            return try installer.install(ownership == .never ? plan.refused : plan.back(), ownership)
        }.map(\.0.source)
    }

    private func installTarget(
        _ target: DatabaseConnection, _ plans: [TablePlan], _ installed: [String], source: DatabaseConnection
    ) throws -> Report {
        let store = try source.storeIdentity()
        let before = try target.text("SELECT store FROM _sf_pos WHERE peer = ?", group.name)
        let isStopped = try target.streamState(of: group.name) == .stopped
        var tables = Set(installed)
        tables.formUnion(try InstalledPlans.write(group.name, plans, to: target))
        if group.mode == .reads {
            try TriggerInstaller.removeAll(of: group.name, from: target)
            try WayBack.remove(group.name, monolith: source, service: target)
            tables.formUnion(try TargetGuard.install(plans, in: target))
        } else {
            let watched = try TargetGuard.remove(plans, from: target)
            tables.formUnion(Set(try installFences(target, plans)).subtracting(watched))
            let isBackStopped = try source.streamState(of: group.name) == .stopped
            if !tables.isEmpty || isStopped || isBackStopped {
                try MissedChanges(group, monolith: source, service: target).note(plans)
            }
        }
        for plan in plans {
            let isWritten = try target.foreignWrites(to: plan.target) > 0
            if try isWritten || Self.hasGap(plan, group.name, source: source, target: target) {
                tables.insert(plan.source)
            }
        }
        let isSameHistory = (try? SourceHistory(group: group.name, target: target).check(source, target)) != nil
        try ChangeTrimmer(group: group.name, target: target).register(plans, in: source)
        if group.mode != .reads { try WayBack.install(group, plans, monolith: source, service: target) }
        let all = before != store || !isSameHistory || isStopped && tables.isEmpty
        if all {
            try Self.copyAnew(target, group.name, store: store)
        } else if !tables.isEmpty {
            try Self.copyAnew(target, group.name, tables: plans.filter { tables.contains($0.source) })
        }
        return Report(
            group: group.name, plans: plans, installed: installed, copiesAnew: all || !tables.isEmpty,
            copied: all ? plans.map(\.source) : plans.map(\.source).filter(tables.contains))
    }

    /// Forgets how far the copy came, and which history was followed. Rows stay: each range is made equal to the
    /// source's when the copy comes by. Versions go: another history's numbers would hide changes of this one.
    package static func copyAnew(_ target: DatabaseConnection, _ group: String, store: String) throws {
        for table in ["_sf_fill", "_sf_proof"] { try target.execute("DELETE FROM \(table) WHERE grp = ?", group) }
        try target.execute("INSERT OR REPLACE INTO _sf_pos VALUES(?, ?, 0, 0)", group, store)
        try target.execute(
            "INSERT INTO _sf_known VALUES(?, NULL, 1) ON CONFLICT(grp) DO UPDATE SET nonce = NULL, gen = gen + 1", group
        )
        let mine = "tbl IN (SELECT dst FROM _sf_plan WHERE grp = ?)"
        try target.execute("DELETE FROM _sf_foreign WHERE \(mine)", group)
        // What the target wrote itself is a change of its own, which may be on its way to others.
        try target.execute(
            "DELETE FROM _sf_chg WHERE \(mine) AND org <> (SELECT id FROM _sf_store)", group)
        try target.markStream(of: group, .copying)
    }

    /// Copies some tables anew; the others, and the position, stay.
    static func copyAnew(_ target: DatabaseConnection, _ group: String, tables: [TablePlan]) throws {
        for plan in tables {
            try target.execute("DELETE FROM _sf_fill WHERE grp = ? AND tbl = ? COLLATE NOCASE", group, plan.source)
            try target.execute("DELETE FROM _sf_proof WHERE grp = ? AND tbl = ? COLLATE NOCASE", group, plan.source)
            try target.execute("DELETE FROM _sf_foreign WHERE tbl = ?", plan.target)
        }
        try target.execute("UPDATE _sf_known SET gen = gen + 1 WHERE grp = ?", group)
        try target.markStream(of: group, .copying)
    }

    /// Whether a table's triggers were put in after its copy began, so that changes before them were not noted. Another
    /// group that carries the same table may have done that.
    static func hasGap(
        _ plan: TablePlan, _ group: String, source: DatabaseConnection, target: DatabaseConnection
    ) throws -> Bool {
        let copied = try target.text("SELECT install FROM _sf_fill WHERE grp = ? AND tbl = ?", group, plan.source)
        let installed = try source.text("SELECT install FROM _sf_tbl WHERE tbl = ?", plan.source)
        return copied != nil && copied != installed
    }

    /// Format of a store's change tables; nil when it has none.
    package static func format(_ connection: DatabaseConnection) throws -> Int? {
        guard try connection.int("SELECT count(*) FROM sqlite_master WHERE name = '_sf_store'") == 1 else { return nil }
        return try connection.int("SELECT format FROM _sf_store")
    }

    /// Throws `StopReason` for a store whose change tables another release made.
    static func checkFormat(_ connection: DatabaseConnection) throws {
        if let found = try format(connection), found != CaptureSQL.format { throw StopReason.otherFormat(found: found) }
    }

    /// Takes everything of ours out of a store.
    private static func removeAll(_ connection: DatabaseConnection) throws {
        let names = try connection.query(
            "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'table') AND substr(name, 1, 4) = '_sf_' ORDER BY type DESC"
        ) { ($0.text(0), $0.text(1)) }
        for (type, name) in names { try connection.script("DROP \(type) \(CaptureSQL.identifier(name))") }
    }

    static func newName() -> String {
        var random = SystemRandomNumberGenerator()
        return String(random.next() as UInt64, radix: 16) + String(random.next() as UInt64, radix: 16)
    }

    /// - Returns: whether an older release had made the change tables.
    private func prepare(_ connection: DatabaseConnection, _ side: StoreSide) throws -> Bool {
        let isOld = try Self.format(connection).map { $0 < CaptureSQL.format } ?? false
        if isOld { try Self.removeAll(connection) }
        try Self.checkFormat(connection)
        try connection.script(CaptureSQL.objects)
        try connection.script(FollowerSQL.objects)
        try connection.execute(
            "INSERT OR IGNORE INTO _sf_store VALUES(1, ?, ?, \(CaptureSQL.format))", Self.newName(), side.rawValue)
        try OwnedRanges.prepare(group, side, in: connection)
        return isOld
    }
}

/// The wall clock, for lag only: no decision about rows rests on it.
package enum Clock {
    package static func milliseconds() -> Int {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return now.tv_sec * 1_000 + now.tv_nsec / 1_000_000
    }

    /// Goes on while the wall clock is set; it means something within one machine only.
    package static func monotonicNanoseconds() -> Int {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return now.tv_sec * 1_000_000_000 + now.tv_nsec
    }
}
