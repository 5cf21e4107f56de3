private import JSON
package import Migration
package import SQLite

/// What `data create` decided to carry, kept in the target: columns that an application adds later are not carried by
/// surprise, and an edit of `data.json` takes effect when capture is installed for it, not before.
package enum InstalledPlans {
    /// The plans of a group as they were installed, held against both schemas as they are.
    ///
    /// Throws `StopReason` when `data.json` says something else by now, `PlanProblem` when a table cannot be carried
    /// any more.
    package static func read(
        _ group: DataDocument.Group, source: DatabaseConnection, target: DatabaseConnection
    ) throws -> [TablePlan] {
        try group.tables.map { table in
            guard let installed = try row(group.name, table.name, target) else {
                throw StopReason.notCreated(table: table.name)
            }
            var fixed = table
            if fixed.columns.isEmpty { fixed.columns = installed.columns.filter { !table.maps(from: $0.source) } }
            let plan = try TablePlan.resolve(
                fixed, source: try TableInspector.schema(of: table.name, in: source),
                target: try TableInspector.schema(of: table.target, in: target))
            guard (columns(plan), keys(plan), plan.target) == installed.text else {
                throw StopReason.planChanged(table: table.name)
            }
            return plan
        }
    }

    /// The plans to install now. Where `data.json` leaves the columns open, those are carried that were carried before,
    /// and new ones that both sides have; a column that only the source got since is left out, so that installing again
    /// is always a way out.
    static func renewed(
        _ group: DataDocument.Group, source: DatabaseConnection, target: DatabaseConnection
    ) throws -> [TablePlan] {
        var group = group
        let hasPlans = try target.int("SELECT count(*) FROM sqlite_master WHERE name = '_sf_plan'") == 1
        for index in group.tables.indices where hasPlans && group.tables[index].columns.isEmpty {
            let table = group.tables[index]
            guard let before = try row(group.name, table.name, target),
                let theirs = try TableInspector.schema(of: table.name, in: source),
                let ours = try TableInspector.schema(of: table.target, in: target)
            else { continue }
            let known = Set(before.columns.map { $0.source.lowercased() })
            let held = Set(ours.columns.map { $0.name.lowercased() })
            group.tables[index].columns = theirs.columns.map(\.name)
                .filter { known.contains($0.lowercased()) || held.contains($0.lowercased()) }
                .filter { !table.maps(from: $0) }
                .map { name in
                    before.columns.first { $0.source.lowercased() == name.lowercased() }
                        ?? DataDocument.Column(source: name, target: name)
                }
        }
        return try CaptureInstaller.plans(group, source: source, target: target)
    }

    /// Stores the plans of a group.
    /// - Returns: source names of tables that were carried differently before; new ones are not among them.
    static func write(
        _ group: String, _ plans: [TablePlan], to target: DatabaseConnection
    ) throws -> [String] {
        var changed: [String] = []
        for plan in plans {
            let text = (columns(plan), keys(plan), plan.target)
            if let before = try row(group, plan.source, target), before.text != text { changed.append(plan.source) }
            try target.execute("DELETE FROM _sf_plan WHERE grp = ? AND src = ? COLLATE NOCASE", group, plan.source)
            try target.execute(
                "INSERT INTO _sf_plan(grp, src, dst, cols, keys) VALUES(?, ?, ?, ?, ?)", group, plan.source,
                plan.target,
                text.0, text.1)
        }
        return changed
    }

    /// Columns of the source that are there and not carried, for tables whose columns `data.json` leaves open.
    static func uncarried(
        _ table: DataDocument.Table, _ plan: TablePlan, _ source: DatabaseConnection
    ) throws -> [String] {
        guard table.columns.isEmpty, let schema = try TableInspector.schema(of: plan.source, in: source) else {
            return []
        }
        let carried = Set((plan.columns.map(\.source) + plan.mappedColumns).map { $0.lowercased() })
        return schema.columns.map(\.name).filter { !carried.contains($0.lowercased()) }
    }

    private struct Row {
        var columns: [DataDocument.Column]
        var text: (String, String, String)
    }

    private static func row(_ group: String, _ table: String, _ target: DatabaseConnection) throws -> Row? {
        let text = try target.first(
            "SELECT cols, keys, dst FROM _sf_plan WHERE grp = ? AND src = ? COLLATE NOCASE", group, table
        ) { ($0.text(0), $0.text(1), $0.text(2)) }
        guard let text else { return nil }
        let columns = (try? JSONDocument(text.0).root.elements.map { $0 }) ?? []
        return Row(
            columns: columns.compactMap { pair in
                let names = pair.elements.compactMap(\.string)
                return names.count == 2 ? DataDocument.Column(source: names[0], target: names[1]) : nil
            }, text: text)
    }

    private static func columns(_ plan: TablePlan) -> String { list(plan.columns, plan.maps) }
    private static func keys(_ plan: TablePlan) -> String { list(plan.key) }

    /// Pairs of columns; then the terms of maps as three texts, so that a changed expression is a changed plan.
    private static func list(_ columns: [DataDocument.Column], _ maps: [ColumnMap] = []) -> String {
        var json = JSONWriter()
        json.array { json in
            for column in columns {
                json.array { json in
                    json.string(column.source)
                    json.string(column.target)
                }
            }
            for map in maps {
                for (way, terms) in [("to", map.to), ("back", map.back)] {
                    for term in terms {
                        json.array { json in
                            for text in [way, term.column, term.expression] { json.string(text) }
                        }
                    }
                }
            }
        }
        return json.text
    }
}
