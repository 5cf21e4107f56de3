internal import Migration
internal import SQLite

/// What the service may have written while its triggers were away, or what the monolith wrote of the service's rows
/// while its own were: nothing noted it, and the way back has no copy that would find it.
///
/// So every row that the service owns counts as written now, and each one that the monolith still has as deleted. They
/// come to the monolith, and to all that follow it, as changes do. All ranges enter a new epoch first, so that these
/// are the latest versions, whatever the other side noted.
struct MissedChanges {
    private let group: DataDocument.Group
    private let monolith: DatabaseConnection
    private let service: DatabaseConnection

    /// Both stores in transactions.
    init(_ group: DataDocument.Group, monolith: DatabaseConnection, service: DatabaseConnection) {
        self.group = group
        self.monolith = monolith
        self.service = service
    }

    /// - Parameter plans: of the way there.
    func note(_ plans: [TablePlan]) throws {
        guard try !OwnedRanges(group.name, in: service).areAllMonoliths else { return }
        for store in [monolith, service] {
            guard try !store.hasFence(of: group.name) else {
                throw PlanProblem(
                    "users of the group \"\(group.name)\" are on their way to another owner: let that end first (strangler data move, or data reverse)"
                )
            }
        }
        let last = try [monolith, service].map {
            try $0.lastEpoch(of: group.name) ?? 0
        }
        for store in [monolith, service] {
            try store.execute("UPDATE _sf_own SET epoch = ? + 1 WHERE grp = ?", last.max() ?? 0, group.name)
        }
        try service.execute("UPDATE _sf_clk SET n = n + 1")
        let identity = try service.storeIdentity()
        for (plan, table) in zip(plans, group.tables) where !table.isCatalogue {
            let back = try plan.back()
            let rule = WriteRule(
                group: group.name, side: .service, store: identity,
                ownership: group.ownership(of: table, plan.owner?.target, at: .service))
            try service.execute(CaptureSQL.noteAll(of: back, by: rule))
            try noteGone(back, rule)
        }
    }

    private func noteGone(_ back: TablePlan, _ rule: WriteRule) throws {
        let sql = RowSQL(back, of: group.back([]))
        let exists = RowSQL(back)
        try monolith.each(sql.targetOwned) { row in
            let key = back.key.indices.map { row.value($0) }
            if try service.first(exists.sourceRow, values: exists.twice(key), row: { _ in true }) ?? false { return }
            try service.execute(CaptureSQL.noteGone(of: back, by: rule), values: key + [row.value(back.key.count)])
        }
    }
}
