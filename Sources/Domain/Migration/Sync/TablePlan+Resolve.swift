extension TablePlan {
    /// Resolves a table's configuration; throws a sentence for the user.
    ///
    /// A table that cannot be carried exactly is refused here, where a person sees it, and not at the first row that
    /// differs.
    package static func resolve(
        _ table: DataDocument.Table, source: TableSchema?, target: TableSchema?
    ) throws(PlanProblem) -> TablePlan {
        guard let source else { throw PlanProblem("the source has no table \"\(table.name)\"") }
        guard let target else { throw PlanProblem("the target has no table \"\(table.target)\"") }
        let columns = try carried(table, source, target)
        let maps = try maps(table, columns, source, target)
        let filled = Set(columns.map(\.target) + maps.flatMap(\.to).map(\.column))
        let uncovered = target.columns.first { target.isRequired($0) && !filled.contains($0.name) }
        if let uncovered {
            throw PlanProblem(
                "the target's \"\(target.name)\" needs \"\(uncovered.name)\", which no column of the source fills")
        }
        for column in columns { try compare(column, source, target) }
        let (key, collations) = try self.key(table, columns, source, target)
        try checkIndexes(source, target)
        return TablePlan(
            source: source.name, target: target.name, key: key, columns: columns, maps: maps,
            keyCollations: collations,
            unique: source.unique.filter { index in
                // The key itself never hits another row, unless its collation is wider than bytes are.
                !(index.plainColumns.map { Set($0) == Set(key.map(\.source)) } ?? false)
                    || index.terms.contains { $0.collation != "BINARY" }
            },
            sourceTable: source, targetTable: target, notes: narrower(columns, key, source, target),
            owner: try owner(table, columns, source))
    }

    private static func owner(
        _ table: DataDocument.Table, _ columns: [DataDocument.Column], _ source: TableSchema
    ) throws(PlanProblem) -> DataDocument.Column? {
        guard let name = table.owner else { return nil }
        guard let column = source.column(name) else {
            throw PlanProblem(
                "\"\(source.name)\" has no column \"\(name)\", which \"owner\" names: name the column that holds the user's key"
            )
        }
        guard let carried = columns.first(where: { $0.source == column.name }) else {
            throw PlanProblem(
                "the owner's column \"\(column.name)\" of \"\(source.name)\" is not carried, so the target could not tell whose row it is: add it to \"columns\", and to the target's table"
            )
        }
        return carried
    }

    /// The columns to carry, in both stores' own spelling.
    private static func carried(
        _ table: DataDocument.Table, _ source: TableSchema, _ target: TableSchema
    ) throws(PlanProblem) -> [DataDocument.Column] {
        let wanted: [DataDocument.Column]
        if table.columns.isEmpty {
            // A column that the source computes is carried where the target stores it, and left out where it does not.
            // And what goes into a map is not carried as it is.
            wanted = source.columns.filter { column in
                if table.maps(from: column.name) { return false }
                return !column.isGenerated || target.column(column.name).map { !$0.isGenerated } ?? false
            }.map { DataDocument.Column(source: $0.name, target: $0.name) }
        } else {
            wanted = table.columns
        }
        var columns: [DataDocument.Column] = []
        for column in wanted {
            guard let from = source.column(column.source) else {
                throw PlanProblem("\"\(source.name)\" has no column \"\(column.source)\"")
            }
            guard let to = target.column(column.target) else {
                throw PlanProblem(
                    "the target's \"\(target.name)\" has no column \"\(column.target)\": name the columns to carry in \"columns\""
                )
            }
            if to.isGenerated {
                throw PlanProblem(
                    "\"\(to.name)\" of the target's \"\(target.name)\" is a generated column, which nobody can write: leave it out of \"columns\", or make it an ordinary one"
                )
            }
            if columns.contains(where: { $0.source == from.name }) {
                throw PlanProblem("the column \"\(from.name)\" of \"\(source.name)\" is named twice")
            }
            if columns.contains(where: { $0.target == to.name }) {
                throw PlanProblem("two columns are carried to \"\(to.name)\" of the target's \"\(target.name)\"")
            }
            columns.append(.init(source: from.name, target: to.name))
        }
        return columns
    }

    /// Refuses a pair of columns if the target's would store other values than the source's holds.
    private static func compare(
        _ column: DataDocument.Column, _ source: TableSchema, _ target: TableSchema
    ) throws(PlanProblem) {
        guard let from = source.column(column.source), let to = target.column(column.target) else { return }
        let holdsOnlyBlobs = source.isStrict && StoreName.same(from.type, "BLOB")
        if from.affinity.survives(in: to.affinity, holdsOnlyBlobs: holdsOnlyBlobs) { return }
        func described(_ column: TableSchema.Column) -> String {
            let declared = column.type.isEmpty ? "no type" : column.type
            return StoreName.same(declared, column.affinity.rawValue)
                ? declared : "\(declared) (which SQLite stores as \(column.affinity.rawValue))"
        }
        throw PlanProblem(
            "\"\(source.name)\".\"\(from.name)\" is \(described(from)) and the target's \"\(target.name)\".\"\(to.name)\" is \(described(to)): SQLite would store other values than the source holds. Declare the target's column \(from.affinity.rawValue), or leave this one out with \"columns\""
        )
    }

    /// The key in the order of the source's index, with that index's collations.
    private static func key(
        _ table: DataDocument.Table, _ columns: [DataDocument.Column], _ source: TableSchema, _ target: TableSchema
    ) throws(PlanProblem) -> ([DataDocument.Column], [String]) {
        let names = table.key.isEmpty ? source.primaryKey : table.key
        guard (1...widestKey).contains(names.count) else {
            throw PlanProblem(
                "\"\(source.name)\" has \(names.isEmpty ? "no primary key" : "a key of \(names.count) columns"): give \"key\" one to \(widestKey) columns that identify a row"
            )
        }
        if Set(names.map(StoreName.folded)).count != names.count {
            throw PlanProblem("the key of \"\(source.name)\" names a column twice")
        }
        for name in names where source.column(name) == nil {
            throw PlanProblem("\"\(source.name)\" has no column \"\(name)\" for its key")
        }
        for name in names where !columns.contains(where: { StoreName.same($0.source, name) }) {
            throw PlanProblem("the key column \"\(name)\" of \"\(source.name)\" is not carried")
        }
        let list = names.joined(separator: ", ")
        guard let index = source.key(over: names) else {
            throw PlanProblem(
                "nothing in the source makes (\(list)) of \"\(source.name)\" unique, so it does not identify a row\(partial(source, names)): name the columns of its primary key or of a unique index in \"key\""
            )
        }
        let key = index.terms.compactMap { term in columns.first { $0.source == term.column } }
        let targets = key.map(\.target)
        guard let held = target.key(over: targets) else {
            throw PlanProblem(
                "the target's \"\(target.name)\" must hold (\(targets.joined(separator: ", "))) unique: make it the primary key"
            )
        }
        for (column, term) in zip(key, index.terms) {
            let mine = term.collation
            let its = held.terms.first { $0.column == column.target }?.collation ?? "BINARY"
            if its != "BINARY", its != mine {
                throw PlanProblem(
                    "the key \"\(source.name)\".\"\(column.source)\" is unique by \(mine) and the target's \"\(target.name)\".\"\(column.target)\" by \(its): two rows of the source could be one there. Declare the target's column COLLATE \(mine)"
                )
            }
        }
        return (key, index.terms.map(\.collation))
    }

    private static func partial(_ source: TableSchema, _ names: [String]) -> String {
        let wanted = Set(names.map(StoreName.folded))
        let near = source.unique.first { index in
            index.condition != nil && Set(index.terms.compactMap(\.column).map(StoreName.folded)) == wanted
        }
        return near.map { " (the index \"\($0.name)\" covers only some rows)" } ?? ""
    }

    /// A collation that its application brings along is unknown to the shell and to us: an index in it can be neither
    /// asked nor written.
    private static func checkIndexes(_ source: TableSchema, _ target: TableSchema) throws(PlanProblem) {
        let known = ["BINARY", "NOCASE", "RTRIM"]
        for index in source.unique {
            for term in index.terms where !known.contains(term.collation) {
                throw PlanProblem(
                    "the index \"\(index.name)\" of \"\(source.name)\" is unique by the collation \(term.collation), which only its application knows: rows that REPLACE deletes by it cannot be found. Use BINARY, NOCASE or RTRIM, or leave the table out"
                )
            }
        }
        if let strange = target.strangeCollations.first {
            throw PlanProblem(
                "the index \"\(strange.index)\" of the target's \"\(target.name)\" uses the collation \(strange.collation), which only its application knows, so no other program can write that table. Use BINARY, NOCASE or RTRIM"
            )
        }
    }
}
