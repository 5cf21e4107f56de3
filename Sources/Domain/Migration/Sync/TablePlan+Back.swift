extension TablePlan {
    /// The way back: the same pair of tables with source and target exchanged, where the target's rows have owners too.
    ///
    /// Throws when the source could not hold what the target may: then nobody's rows may be owned by the target.
    package func back() throws(PlanProblem) -> TablePlan {
        let plan: TablePlan
        do {
            plan = try Self.resolve(backTable, source: targetTable, target: sourceTable)
        } catch {
            throw PlanProblem("on the way back, from the service's store to the monolith's: \(error.reason)")
        }
        // A key is one list of values in both change tables.
        guard plan.key.map(\.target) == key.map(\.source) else {
            throw PlanProblem(
                "the key of \"\(source)\" is (\(Self.list(key.map(\.source)))) and that of the target's \"\(target)\" stands in another order (\(Self.list(plan.key.map(\.source)))): declare both in one order"
            )
        }
        return plan
    }

    /// As `data.json` would name it. A column that the source computes has no way back.
    package var backTable: DataDocument.Table {
        DataDocument.Table(
            name: target, target: source, key: key.map(\.target),
            columns: columns.filter { !(sourceTable.column($0.source)?.isGenerated ?? false) }.map(Self.swapped),
            maps: maps.map(\.swapped), owner: owner?.target)
    }

    /// The target's table by its names, for triggers that only refuse: a catalogue has no way back.
    package var refused: TablePlan {
        var plan = self
        (plan.source, plan.target) = (target, source)
        plan.key = key.map(Self.swapped)
        return plan
    }

    private static func swapped(_ column: DataDocument.Column) -> DataDocument.Column {
        DataDocument.Column(source: column.target, target: column.source)
    }

    private static func list(_ names: [String]) -> String { names.joined(separator: ", ") }
}
