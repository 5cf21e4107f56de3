internal import Migration
internal import SQLite

/// Checks that the target's tables are still those that the agent filled, and that no other program wrote carried rows
/// there.
enum TargetGuard {
    /// Puts the guard triggers on the tables that lack them.
    /// - Returns: source names of the tables that lacked them: what happened there before was not seen.
    static func install(_ plans: [TablePlan], in target: DatabaseConnection) throws -> [String] {
        var installed: [String] = []
        for plan in plans where try !isIntact(plan, in: target) {
            for name in FollowerSQL.guardNames(plan.target) {
                try target.script("DROP TRIGGER IF EXISTS \(CaptureSQL.identifier(name))")
            }
            for trigger in FollowerSQL.guards(of: plan) { try target.script(trigger) }
            installed.append(plan.source)
        }
        return installed
    }

    /// Takes the guard triggers away, where writes of the target's own program are refused or noted instead.
    /// - Returns: source names of the tables that nobody else can have written until now.
    static func remove(_ plans: [TablePlan], from target: DatabaseConnection) throws -> [String] {
        try plans.filter { plan in
            let isWhole = try isIntact(plan, in: target)
            for name in FollowerSQL.guardNames(plan.target) {
                try target.script("DROP TRIGGER IF EXISTS \(CaptureSQL.identifier(name))")
            }
            return try target.execute("DELETE FROM _sf_foreign WHERE tbl = ? AND n > 0", plan.target) == 0 && isWhole
        }.map(\.source)
    }

    /// Throws `StopReason` for the first table that is not what it was.
    static func check(
        _ plans: [TablePlan], of group: DataDocument.Group, in target: DatabaseConnection, schemaMoved: Bool
    ) throws {
        guard group.mode == .reads else {
            guard schemaMoved else { return }
            for plan in plans {
                let installed = try target.text("SELECT digest FROM _sf_tbl WHERE tbl = ?", plan.target)
                guard let installed else { throw StopReason.planChanged(table: plan.source) }
                guard try TableInspector.digest(of: plan.target, in: target) == installed else {
                    throw StopReason.targetChanged(table: plan.target)
                }
            }
            return
        }
        for plan in plans where try schemaMoved && !isIntact(plan, in: target) {
            throw StopReason.targetChanged(table: plan.target)
        }
        for plan in plans {
            let writes = try target.foreignWrites(to: plan.target)
            if writes > 0 { throw StopReason.targetWritten(table: plan.target, writes: writes) }
        }
    }

    private static func isIntact(_ plan: TablePlan, in target: DatabaseConnection) throws -> Bool {
        let found = try target.query(
            "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE", plan.target
        ) { $0.text(0) }
        return Set(FollowerSQL.guards(of: plan)).isSubset(of: found)
    }
}
