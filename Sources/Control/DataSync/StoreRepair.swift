package import Migration
internal import SQLite

/// Makes those rows of a follower equal to the source's that a comparison found wrong, and touches no other. Works
/// while both stores live, beside an agent or without one.
///
/// A row that changed since the comparison is left to the agent, which carries it anyway. Afterwards every row is
/// compared again: a repair says nothing that it did not look at.
package struct StoreRepair {
    package struct Report: Sendable, Equatable {
        /// Rows that were written, and rows that the source does not have.
        package var written = 0
        package var deleted = 0
        /// Rows that were found wrong and have changed since, or are right by now.
        package var left = 0
        /// What a comparison found afterwards.
        package var after: StoreVerifier.Report
        /// Tables that another program wrote meanwhile, by their names in the target.
        package var writtenMeanwhile: [String] = []
        /// Why the stream still stands, whatever the rows are; nil: nothing is against it.
        package var obstacle: StopReason?
    }

    /// What a comparison found; what `apply` will look at again.
    package struct Finding: Sendable, Equatable {
        package var report: StoreVerifier.Report
        /// More rows are wrong than are repaired one by one: copying anew takes less.
        package var isTooMuch: Bool { report.wrong > StoreRepair.rowLimit }
        /// How often other programs had written each table before the comparison began.
        fileprivate var foreign: [String: Int]
        /// Tables that other programs have written, by their names in the target.
        package var foreignTables: [String] { foreign.filter { $0.value > 0 }.keys.sorted() }
        package var isNothing: Bool { report.wrong == 0 && foreignTables.isEmpty }
    }

    /// Most rows that are repaired one by one.
    package static let rowLimit = 10_000
    /// Rows of one transaction: other writers of the follower wait for it.
    private static let batch = 200

    private let group: DataDocument.Group

    package init(_ group: DataDocument.Group) { self.group = group }

    /// Compares the stores. Throws `SQLiteError`, `PlanProblem`, or `StopReason` for a source that is not the one that
    /// was copied.
    package func find() throws -> Finding {
        let (source, target) = try open()
        let plans = try InstalledPlans.read(group, source: source, target: target)
        let foreign = try writes(plans, target)
        return Finding(report: try StoreVerifier(group).verify(keeping: Self.rowLimit), foreign: foreign)
    }

    /// Repairs what was found, and compares again. Throws as `find`, and `StopReason.rowRefused` where the target does
    /// not take a row; what was repaired until then stays.
    package func apply(_ finding: Finding) throws -> Report {
        let (source, target) = try open()
        var report = Report(after: finding.report)
        let rows = finding.report.wrongRows
        var start = 0
        while start < rows.count {
            let end = min(start + Self.batch, rows.count)
            try target.transaction { target in
                try source.transaction(.deferred) { source in
                    try repair(rows[start..<end], source, target, &report)
                }
            }
            start = end
        }
        report.after = try StoreVerifier(group).verify()
        try settle(finding, &report, source, target)
        return report
    }

    private func open() throws -> (source: DatabaseConnection, target: DatabaseConnection) {
        let source = try DatabaseConnection(path: group.source, configuration: StreamMemory.besideService)
        let target = try DatabaseConnection(path: group.target, configuration: StreamMemory.follower)
        for store in [source, target] {
            try CaptureInstaller.checkFormat(store)
            try StreamMemory.checkInstalled(group, store)
        }
        try checkOwner(target)
        // Rows of another store, or of an older copy of it, would make right ones wrong.
        _ = try StreamCheck.position(
            group, target, store: source.storeIdentity(),
            top: source.changeClock())
        try SourceHistory(group: group.name, target: target).check(source, target)
        return (source, target)
    }

    /// The source's rows are the right ones only as long as it owns them all.
    private func checkOwner(_ target: DatabaseConnection) throws {
        try OwnedRanges.checkAllHome(group.name, in: target, before: "rows are repaired from the monolith's store")
    }

    /// Inside the target's transaction, with a snapshot of the source that began after it: a row without a change above
    /// the target's position is the same in both that snapshot and the one that the agent carried last.
    private func repair(
        _ rows: ArraySlice<WrongRow>, _ source: DatabaseConnection, _ target: DatabaseConnection,
        _ report: inout Report
    ) throws {
        try checkOwner(target)
        let position = try target.feedPosition(of: group.name) ?? 0
        let peer = try target.storeIdentity()
        try target.execute("INSERT INTO _sf_ctx VALUES('A')")
        let writer = RowWriter(source: .snapshot(source), target: target, owners: nil, faults: FaultInjection())
        var present: [(WrongRow, [SQLValue])] = []
        // First what is gone, so that its unique values are free.
        for row in rows {
            let isPending = try StoreVerifier.isPending(row.plan, row.key, after: position, for: peer, in: source)
            guard !isPending else {
                report.left += 1
                continue
            }
            if let values = try writer.sourceRow(row.plan, row.key) {
                present.append((row, values))
            } else {
                try writer.delete(row.plan, row.key)
                report.deleted += 1
            }
        }
        for (row, values) in present {
            guard try writer.targetRow(row.plan, row.key) != values else {
                report.left += 1
                continue
            }
            try writer.write(values, row.plan, key: row.key)
            report.written += 1
        }
        try target.execute("DELETE FROM _sf_ctx")
    }

    /// Writes of others are forgotten where every row was found equal, and nobody has written since before the first
    /// comparison. A stream that stopped goes on when nothing is against it any more; the comparison of every row is as
    /// good as the proof at the end of a copy (`StoreVerifier` notes it there), so readers stay where they are.
    private func settle(
        _ finding: Finding, _ report: inout Report, _ source: DatabaseConnection, _ target: DatabaseConnection
    ) throws {
        let plans = try InstalledPlans.read(group, source: source, target: target)
        report.obstacle = try target.transaction { target in
            let now = try writes(plans, target)
            for plan in plans where now[plan.target] ?? 0 > 0 {
                if now[plan.target] != finding.foreign[plan.target] {
                    report.writtenMeanwhile.append(plan.target)
                } else if report.after.wrong == 0 {
                    try target.execute("DELETE FROM _sf_foreign WHERE tbl = ?", plan.target)
                }
            }
            if let obstacle = try StreamCheck.obstacle(group, source: source, target: target) { return obstacle }
            guard try report.after.wrong == 0 && target.streamState(of: group.name) == .stopped else { return nil }
            let isProven = try CopyProof.missing(plans, group: group.name, in: target).isEmpty
            try target.markStream(of: group.name, isProven ? .running : .proving)
            return nil
        }
    }

    /// How often other programs wrote each table, by its name in the target.
    private func writes(_ plans: [TablePlan], _ target: DatabaseConnection) throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for plan in plans {
            counts[plan.target] = try target.foreignWrites(to: plan.target)
        }
        return counts
    }
}
