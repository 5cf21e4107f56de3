internal import Migration
internal import SQLite

/// Holds the maps of `data.json` against SQLite and against the rows.
enum MapCheck {
    /// Throws `PlanProblem` for an expression that SQLite does not take, or whose value depends on more than the row.
    ///
    /// SQLite lets into an index only what is a function of the row: no clock, no chance, no other table. So it is
    /// asked to index each expression, of a temporary table that has the columns, a row without values and some of the
    /// rows. A clock shows itself only when it is read: that one row asks for the time is found here, or by the law.
    static func expressions(
        _ plans: [TablePlan], source: DatabaseConnection, target: DatabaseConnection
    ) throws {
        for plan in plans {
            try index(plan.maps.flatMap(\.to), over: plan.source, in: source, named: plan.source)
            try index(plan.maps.flatMap(\.back), over: plan.target, in: target, named: plan.source)
        }
    }

    private static func index(
        _ terms: [ColumnMap.Term], over table: String, in store: DatabaseConnection, named: String
    ) throws {
        guard !terms.isEmpty else { return }
        try store.script(
            "CREATE TEMP TABLE _sf_map AS SELECT * FROM main.\(CaptureSQL.identifier(table)) LIMIT 100; INSERT INTO _sf_map DEFAULT VALUES"
        )
        defer { try? store.script("DROP TABLE temp._sf_map") }
        for term in terms {
            do {
                try store.script("CREATE INDEX temp._sf_map_index ON _sf_map((\(term.expression)))")
                try store.script("DROP INDEX temp._sf_map_index")
            } catch {
                throw PlanProblem(
                    "the map of \"\(named)\" makes \"\(term.column)\" by an expression that SQLite does not take over \"\(table)\": \(error.message): \(term.expression)"
                )
            }
        }
    }

    /// Keys that a failed check names.
    private static let sampleLimit = 3

    /// Throws `PlanProblem` when a row of the source would not come back as it is.
    static func everyRow(_ plans: [TablePlan], in source: DatabaseConnection) throws {
        for plan in plans where !plan.maps.isEmpty {
            let breakers = try source.query(
                RowSQL(plan).lawBreakers(everyRow: true), values: [SQLValue.int(Int64(sampleLimit + 1))]
            ) { "\(ChangeKey.text(key(of: plan, $0))) (\(broken(plan, $0)))" }
            guard !breakers.isEmpty else { continue }
            let more = breakers.count > sampleLimit ? " and others" : ""
            throw PlanProblem(
                "the map of \"\(plan.source)\" loses something: what it makes of these rows does not come back as it was, or would be stored as something else: \(breakers.prefix(sampleLimit).joined(separator: ", "))\(more). Change the map or those rows"
            )
        }
    }

    /// Throws `StopReason` when this row, which the source has, would not come back as it is.
    static func row(_ plan: TablePlan, _ key: [SQLValue], in source: DatabaseConnection) throws {
        guard !plan.maps.isEmpty else { return }
        let sql = RowSQL(plan)
        let columns = try source.first(
            sql.lawBreakers(everyRow: false), values: sql.twice(key) + [SQLValue.int(1)]
        ) { broken(plan, $0) }
        if let columns { throw StopReason.mapBroken(table: plan.source, key: ChangeKey.text(key), columns: columns) }
    }

    private static func key(of plan: TablePlan, _ row: DatabaseRow) -> [SQLValue] {
        plan.key.indices.map { row.value($0) }
    }

    /// The columns for which a row found by `lawBreakers` does not keep the law.
    private static func broken(_ plan: TablePlan, _ row: DatabaseRow) -> String {
        RowSQL(plan).lawNames.enumerated().filter { row.int(plan.key.count + $0.offset) == 0 }.map(\.element)
            .joined(separator: ", ")
    }
}
