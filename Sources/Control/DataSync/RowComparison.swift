internal import Migration
internal import SQLite

/// Compares the rows of one table one by one, each store walked in its own order, and names those that differ.
struct RowComparison {
    private let plan: TablePlan
    private let sampleLimit: Int
    private let rowLimit: Int

    var rows = 0
    var pending = 0
    var missing = 0
    var extra = 0
    var different = 0
    /// Keys of the first rows that are wrong, as `table key: what`; never their content.
    private(set) var samples: [String] = []
    /// The first rows that are wrong, as many as were asked for.
    private(set) var wrongRows: [WrongRow] = []

    init(_ plan: TablePlan, sampleLimit: Int, rowLimit: Int = 0) {
        self.plan = plan
        self.sampleLimit = sampleLimit
        self.rowLimit = rowLimit
    }

    /// - Parameter isPending: whether a change of the row with this key is still on its way.
    mutating func run(
        source: DatabaseConnection, target: DatabaseConnection, isPending: ([SQLValue]) throws -> Bool
    ) throws {
        let sql = RowSQL(plan)
        let places = sql.keyPlaces
        var found = self
        try source.each(sql.sourceRows) { row in
            let values = row.values
            let key = places.map { values[$0] }
            found.rows += 1
            let held = try target.first(sql.targetRow, values: sql.twice(key)) { $0.values }
            guard let held else {
                return found.count(key, "missing in the target", \.missing, isPending: try isPending(key))
            }
            if held != values {
                let names = zip(plan.targetColumns, zip(held, values)).filter { $0.1.0 != $0.1.1 }.map(\.0)
                let what = "differs in \(names.joined(separator: ", "))"
                found.count(key, what, \.different, isPending: try isPending(key))
            }
        }
        let keys = plan.key.map { CaptureSQL.identifier($0.target) }.joined(separator: ", ")
        try target.each("SELECT \(keys) FROM (\(sql.targetRows))") { row in
            let key = row.values
            let exists = try source.first(sql.sourceRow, values: sql.twice(key)) { _ in true } ?? false
            if !exists { found.count(key, "not in the source", \.extra, isPending: try isPending(key)) }
        }
        self = found
    }

    private mutating func count(
        _ key: [SQLValue], _ what: String, _ kind: WritableKeyPath<RowComparison, Int>, isPending: Bool
    ) {
        if isPending {
            pending += 1
            return
        }
        self[keyPath: kind] += 1
        if wrongRows.count < rowLimit { wrongRows.append(WrongRow(plan: plan, key: key)) }
        if samples.count < sampleLimit { samples.append("\(plan.target) \(ChangeKey.text(key)): \(what)") }
    }
}

/// A row of which the stores hold something else.
struct WrongRow: Sendable, Equatable {
    var plan: TablePlan
    var key: [SQLValue]
}
