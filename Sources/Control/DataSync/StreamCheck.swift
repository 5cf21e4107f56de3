internal import Migration
internal import SQLite

/// The conditions for a stream to go on. The agent checks them while it carries; status and the gate of a shift check
/// them without an agent.
enum StreamCheck {
    /// How far the target is; refuses a source that cannot be the one it follows.
    static func position(
        _ group: DataDocument.Group, _ target: DatabaseConnection, store: String, top: Int
    ) throws -> Int {
        let row = try target.first("SELECT seq, store FROM _sf_pos WHERE peer = ?", group.name) {
            (seq: $0.int(0), store: $0.text(1))
        }
        guard let row else { throw StopReason.notCreated(table: group.tables.first?.name ?? "") }
        guard row.store == store else { throw StopReason.otherSource }
        guard row.seq <= top else { throw StopReason.sourceWentBack(applied: row.seq, clock: top) }
        return row.seq
    }

    /// Throws `StopReason` when a change of the source could slip through, `PlanProblem` when a table cannot be carried
    /// any more.
    static func capture(
        _ group: DataDocument.Group, _ plans: [TablePlan], source: DatabaseConnection, target: DatabaseConnection
    ) throws {
        for plan in plans {
            let installed = try source.text("SELECT digest FROM _sf_tbl WHERE tbl = ? COLLATE NOCASE", plan.source)
            guard let installed else { throw StopReason.notCreated(table: plan.source) }
            guard try TableInspector.digest(of: plan.source, in: source) == installed else {
                throw StopReason.captureChanged(table: plan.source)
            }
            if try CaptureInstaller.hasGap(plan, group.name, source: source, target: target) {
                throw StopReason.captureChanged(table: plan.source)
            }
        }
        // A carried column that was renamed or dropped.
        _ = try InstalledPlans.read(group, source: source, target: target)
    }

    /// Why the group may not be carried as the stores are now; nil when nothing is against it.
    static func obstacle(
        _ group: DataDocument.Group, source: DatabaseConnection, target: DatabaseConnection
    ) throws -> StopReason? {
        do {
            let plans = try InstalledPlans.read(group, source: source, target: target)
            try SourceHistory(group: group.name, target: target).check(source, target)
            try capture(group, plans, source: source, target: target)
            try TargetGuard.check(plans, in: target, schemaMoved: true)
            return nil
        } catch let reason as StopReason {
            return reason
        } catch let problem as PlanProblem {
            return .notCarryable(problem.reason)
        }
    }
}
