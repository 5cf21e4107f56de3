package import Migration
internal import SQLite

/// Compares every row of a group in both stores, while both live.
///
/// The target's snapshot is taken first and the source's after it, so the source is never behind: a row that differs is
/// either a change not carried yet (its number is above the target's position: *pending*) or wrong. No barrier, no
/// pause.
package struct StoreVerifier {
    package struct Report: Sendable, Equatable {
        package var group: String
        /// Rows of the source that were compared.
        package var rows = 0
        package var pending = 0
        package var missing = 0
        package var extra = 0
        package var different = 0
        /// Rows without a key, which cannot be carried.
        package var keyless = 0
        /// Rows of the target whose parent is not there, by its foreign keys; the agent does not enforce them.
        package var orphans = 0
        /// Keys of the first rows that are wrong, as `table key: what`; never their content.
        package var samples: [String] = []
        /// The first orphans, as `table row: parent`.
        package var orphanSamples: [String] = []
        /// The first rows that are wrong, as many as were asked for.
        var wrongRows: [WrongRow] = []

        package var wrong: Int { missing + extra + different }
        package var isEqual: Bool { missing == 0 && extra == 0 && different == 0 && keyless == 0 }
    }

    private let group: DataDocument.Group
    private static let sampleLimit = 20

    package init(_ group: DataDocument.Group) { self.group = group }

    /// Throws `SQLiteError` or `PlanProblem`.
    package func verify() throws -> Report { try verify(keeping: 0) }

    /// - Parameter rowLimit: how many of the rows that are wrong are kept in the report.
    func verify(keeping rowLimit: Int) throws -> Report {
        let quiet = DatabaseConfiguration {
            $0.creates = false
            $0.keepsJournalMode = true
        }
        let source = try DatabaseConnection(path: group.source, configuration: quiet)
        let target = try DatabaseConnection(path: group.target, configuration: quiet)
        let plans = try InstalledPlans.read(group, source: source, target: target)
        var confirmed: [TablePlan] = []
        var generation: Int?
        var cut = Cut()
        let report = try target.transaction(.deferred) { target in
            cut.position = try target.int(Self.position, group.name) ?? 0
            cut.clock = try target.changeClock()
            cut.peer = try target.storeIdentity()
            generation = try target.int("SELECT gen FROM _sf_known WHERE grp = ?", group.name)
            return try source.transaction(.deferred) { source in
                var report = Report(group: group.name)
                if group.mode != .reads {
                    cut.way = (
                        try source.int(Self.position, group.name) ?? 0, try source.changeClock(),
                        try source.storeIdentity()
                    )
                }
                for plan in plans {
                    let before = report.wrong
                    try compare(plan, source, target, cut, rowLimit, &report)
                    if report.wrong == before { confirmed.append(plan) }
                    try countOrphans(plan, target, &report)
                }
                return report
            }
        }
        // Best effort: a target that is locked keeps its older proof.
        try? remember(confirmed, cut, generation, target)
        if let way = cut.way {
            try? source.transaction { source in
                for plan in confirmed {
                    try Self.remember(plan.target, group.name, way.position, clock: way.clock, in: source)
                }
            }
        }
        return report
    }

    /// Where both snapshots stand.
    private struct Cut {
        /// How much of the source the target has.
        var position = 0
        /// The target's clock and identity.
        var clock = 0
        var peer = ""
        /// How much of the target the source has, its clock and its identity, where rows have owners.
        var way: (position: Int, clock: Int, identity: String)?
    }

    private static let position = "SELECT seq FROM _sf_pos WHERE peer = ?"

    /// Tables that were found equal at a position are proven like a copy: changes up to there may be trimmed.
    private func remember(
        _ plans: [TablePlan], _ cut: Cut, _ generation: Int?, _ target: DatabaseConnection
    ) throws {
        try target.transaction { target in
            // A copy that was begun anew meanwhile has its own proof to give.
            guard try target.int("SELECT gen FROM _sf_known WHERE grp = ?", group.name) == generation else { return }
            for plan in plans {
                try Self.remember(plan.source, group.name, cut.position, clock: cut.clock, in: target)
            }
        }
    }

    private static func remember(
        _ table: String, _ group: String, _ position: Int, clock: Int, in store: DatabaseConnection
    ) throws {
        try store.execute(
            "UPDATE _sf_proof SET seq = ?1, clk = ?2, ts = ?3 WHERE grp = ?4 AND tbl = ?5 AND clk <= ?2", position,
            clock,
            Clock.milliseconds(), group, table)
    }

    private static let change =
        "SELECT feed FROM _sf_chg WHERE org <> ? AND " + ChangeKey.place

    /// Whether a row was changed after a position, and not by `peer`, to whom the change would go.
    static func isPending(
        _ plan: TablePlan, _ key: [SQLValue], after position: Int, for peer: String, in source: DatabaseConnection
    ) throws -> Bool {
        let feed = try source.first(
            change, values: [.text(peer), .text(plan.source)] + ChangeKey.padded(key)
        ) { $0.int(0) }
        return (feed ?? 0) > position
    }

    /// Whether the service's own change of a row is on its way to the monolith, or came there after the service's
    /// snapshot was taken.
    private func isComingBack(
        _ plan: TablePlan, _ key: [SQLValue], _ cut: Cut, _ source: DatabaseConnection, _ target: DatabaseConnection
    ) throws -> Bool {
        guard let way = cut.way else { return false }
        var back = plan
        (back.source, back.target) = (plan.target, plan.source)
        if try Self.isPending(back, key, after: way.position, for: way.identity, in: target) { return true }
        let seq = try source.first(
            "SELECT seq FROM _sf_chg WHERE org = ? AND " + ChangeKey.place,
            values: [.text(cut.peer), .text(plan.source)] + ChangeKey.padded(key)
        ) { $0.int(0) }
        return seq ?? 0 > cut.clock
    }

    private func compare(
        _ plan: TablePlan, _ source: DatabaseConnection, _ target: DatabaseConnection, _ cut: Cut,
        _ rowLimit: Int, _ report: inout Report
    ) throws {
        report.keyless += try source.int(RowSQL(plan).keyless) ?? 0
        var comparison = RowComparison(
            plan, sampleLimit: Self.sampleLimit - report.samples.count, rowLimit: rowLimit - report.wrongRows.count)
        try comparison.run(source: source, target: target) { key in
            try Self.isPending(plan, key, after: cut.position, for: cut.peer, in: source)
                || isComingBack(plan, key, cut, source, target)
        }
        report.rows += comparison.rows
        report.pending += comparison.pending
        report.missing += comparison.missing
        report.extra += comparison.extra
        report.different += comparison.different
        report.samples += comparison.samples
        report.wrongRows += comparison.wrongRows
    }

    /// Rows of a carried table whose parent is missing, and rows of any table whose missing parent is a carried one.
    private func countOrphans(_ plan: TablePlan, _ target: DatabaseConnection, _ report: inout Report) throws {
        var found = report
        let limit = Self.sampleLimit
        do {
            try target.each("SELECT \"table\", rowid, parent FROM pragma_foreign_key_check") { row in
                let isChild = StoreName.same(row.text(0), plan.target)
                guard isChild || StoreName.same(row.text(2), plan.target) && !isCarried(row.text(0)) else { return }
                found.orphans += 1
                if found.orphanSamples.count < limit {
                    let place = row.isNull(1) ? "" : " rowid \(row.int(1))"
                    found.orphanSamples.append("\(row.text(0))\(place): no row of \(row.text(2))")
                }
            }
        } catch let error as SQLiteError where error.code == 1 {
            // A foreign key that names a table or columns that are not there: SQLite cannot check anything by it.
            if !found.orphanSamples.contains(error.message) { found.orphanSamples.append(error.message) }
        }
        report = found
    }

    private func isCarried(_ table: String) -> Bool {
        group.tables.contains { StoreName.same($0.target, table) }
    }
}
