package import Migration
private import SQLite

/// Compares every row of a group in both stores, while both live.
///
/// The target's snapshot is taken first and the source's after it, so the source is never behind: a row that differs is
/// either a change not carried yet (its number is above the target's position: *pending*) or wrong. No barrier, no pause.
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
        /// Keys of the first rows that are wrong, as `table key: what`; never their content.
        package var samples: [String] = []

        package var isEqual: Bool { missing == 0 && extra == 0 && different == 0 && keyless == 0 }
    }

    private let group: DataDocument.Group
    private static let sampleLimit = 20

    package init(_ group: DataDocument.Group) { self.group = group }

    /// Throws `SQLiteError` or `PlanProblem`.
    package func verify() throws -> Report {
        let quiet = DatabaseConfiguration {
            $0.creates = false
            $0.keepsJournalMode = true
        }
        let source = try DatabaseConnection(path: group.source, configuration: quiet)
        let target = try DatabaseConnection(path: group.target, configuration: quiet)
        let plans = try CaptureInstaller.plans(group, source: source, target: target)
        return try target.transaction(.deferred) { target in
            let position = try target.int("SELECT seq FROM _sf_pos WHERE peer = ?", group.name) ?? 0
            return try source.transaction(.deferred) { source in
                var report = Report(group: group.name)
                for plan in plans {
                    try compare(plan, source, target, position, &report)
                }
                return report
            }
        }
    }

    private func compare(
        _ plan: TablePlan, _ source: DatabaseConnection, _ target: DatabaseConnection, _ position: Int,
        _ report: inout Report
    ) throws {
        let sql = RowSQL(plan)
        let places = plan.key.compactMap { key in plan.columns.firstIndex { $0.source == key.source } }
        report.keyless += try source.int(sql.keyless) ?? 0
        var found = report
        func isPending(_ key: [SQLValue]) throws -> Bool {
            let seq = try source.int(
                "SELECT seq FROM _sf_chg WHERE tbl = ? AND k1 = ? AND k2 = ?", plan.source, key[0],
                key.count > 1 ? key[1] : .text(""))
            return (seq ?? 0) > position
        }
        func wrong(_ key: [SQLValue], _ what: String, _ count: WritableKeyPath<Report, Int>) throws {
            if try isPending(key) {
                found.pending += 1
                return
            }
            found[keyPath: count] += 1
            if found.samples.count < Self.sampleLimit {
                found.samples.append("\(plan.target) \(RowApplier.text(key)): \(what)")
            }
        }
        try source.query(sql.sourceChunk(fromStart: true), values: [-1]) { row in
            let values = row.values
            let key = places.map { values[$0] }
            found.rows += 1
            let held = try target.first(sql.targetRow, values: sql.twice(key)) { $0.values }
            guard let held else { return try wrong(key, "missing in the target", \.missing) }
            if held != values {
                let names = zip(plan.columns, zip(held, values)).filter { $0.1.0 != $0.1.1 }.map(\.0.target)
                try wrong(key, "differs in \(names.joined(separator: ", "))", \.different)
            }
        }
        try target.query(sql.targetKeys(fromStart: true, toEnd: true), values: []) { row in
            let key = row.values
            let exists = try source.first(sql.sourceRow, values: sql.twice(key)) { _ in true } ?? false
            if !exists { try wrong(key, "not in the source", \.extra) }
        }
        report = found
    }
}
