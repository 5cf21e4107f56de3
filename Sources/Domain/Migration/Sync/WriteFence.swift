/// The triggers that refuse to write rows which a store does not own, in whatever program and form of SQL.
///
/// They roll the whole transaction back: a program that passes over one failed statement cannot commit the half of what
/// it meant. Nothing fires while an applier has set `_sf_ctx`.
struct WriteFence {
    static let suffixes = ["fi", "fu", "fd"]

    private let plan: TablePlan
    private let rule: WriteRule

    init(_ plan: TablePlan, _ rule: WriteRule) {
        self.plan = plan
        self.rule = rule
    }

    var triggers: [String] {
        guard rule.ownership != .open else { return [] }
        return [
            trigger("fi", "INSERT", refusing: [refused("NEW"), taken(except: nil)]),
            trigger("fu", "UPDATE", refusing: [refused("OLD"), refusedGift, taken(except: "OLD")]),
            trigger("fd", "DELETE", refusing: [refused("OLD")]),
        ]
    }

    private func trigger(_ suffix: String, _ event: String, refusing conditions: [String?]) -> String {
        let name = CaptureSQL.identifier("_sf_\(plan.source)_\(suffix)")
        let any = conditions.compactMap { $0 }.joined(separator: " OR ")
        return
            "CREATE TRIGGER \(name) BEFORE \(event) ON \(table) WHEN \(CaptureSQL.quiet) AND (\(any)) BEGIN SELECT RAISE(ROLLBACK, 'SF_FENCED'); END"
    }

    private var table: String { CaptureSQL.identifier(plan.source) }

    private func refused(_ row: String) -> String { "NOT \(rule.mayWrite(row))" }

    /// The row is given to a user whose rows this store does not own.
    private var refusedGift: String? {
        guard case .byKey(let column) = rule.ownership else { return nil }
        return "\(CaptureSQL.different(column)) AND \(refused("NEW"))"
    }

    /// The key is another user's row by now, which `OR REPLACE` would put this one in the place of. Where the key has
    /// the user in it, both rows are the same user's.
    private func taken(except row: String?) -> String? {
        guard case .byKey(let column) = rule.ownership, !plan.key.contains(where: { $0.source == column }) else {
            return nil
        }
        let keys = plan.key.map { CaptureSQL.identifier($0.source) }
        let same = keys.map { "\(table).\($0) = NEW.\($0)" }.joined(separator: " AND ")
        let moved = row.map { _ in
            "(\(plan.key.map { CaptureSQL.different($0.source) }.joined(separator: " OR "))) AND "
        }
        return "\(moved ?? "")EXISTS(SELECT 1 FROM \(table) WHERE \(same) AND \(refused(table)))"
    }
}
