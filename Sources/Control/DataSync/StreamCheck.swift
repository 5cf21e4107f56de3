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
        for (plan, table) in zip(plans, group.tables) {
            let installed = try source.first(
                "SELECT digest, grp, rule FROM _sf_tbl WHERE tbl = ? COLLATE NOCASE", plan.source
            ) { (digest: $0.text(0), group: $0.text(1), rule: $0.text(2)) }
            guard let installed else { throw StopReason.notCreated(table: plan.source) }
            // Who may write is not what data.json says, or is said by no group any more.
            let wanted = group.ownership(of: table, plan.owner?.source, at: group.sourceSide)
            guard installed.rule == wanted.text || wanted == .open && installed.group != group.name else {
                throw StopReason.planChanged(table: plan.source)
            }
            guard try TableInspector.digest(of: plan.source, in: source) == installed.digest else {
                throw StopReason.captureChanged(table: plan.source)
            }
            if try CaptureInstaller.hasGap(plan, group.name, source: source, target: target) {
                throw StopReason.captureChanged(table: plan.source)
            }
        }
        if try !KeyDirectory.isWhole(group, in: source) {
            throw StopReason.notCreated(table: plans.first { $0.owner != nil }?.source ?? group.name)
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
            try TargetGuard.check(plans, of: group, in: target, schemaMoved: true)
            return nil
        } catch let reason as StopReason {
            return reason
        } catch let problem as PlanProblem {
            return .notCarryable(problem.reason)
        }
    }
}
