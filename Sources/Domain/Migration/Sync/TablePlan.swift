/// One carried table with everything known: what the configuration says, held against both schemas.
package struct TablePlan: Sendable, Equatable {
    package var source: String
    package var target: String
    /// One or two columns, as (source, target).
    package var key: [DataDocument.Column]
    /// All carried columns, the key's included.
    package var columns: [DataDocument.Column]
    /// Unique indexes of the source: `REPLACE` deletes rows by them, and no trigger sees it.
    package var unique: [[String]]

    package init(
        source: String, target: String, key: [DataDocument.Column], columns: [DataDocument.Column],
        unique: [[String]] = []
    ) {
        self.unique = unique
        self.source = source
        self.target = target
        self.key = key
        self.columns = columns
    }

    /// Resolves a table's configuration; throws a sentence for the user.
    package static func resolve(
        _ table: DataDocument.Table, source: TableSchema?, target: TableSchema?
    ) throws(PlanProblem) -> TablePlan {
        guard let source else { throw PlanProblem("the source has no table \"\(table.name)\"") }
        guard let target else { throw PlanProblem("the target has no table \"\(table.target)\"") }
        let columns =
            table.columns.isEmpty
            ? source.columns.map { DataDocument.Column(source: $0.name, target: $0.name) } : table.columns
        for column in columns {
            guard source.column(column.source) != nil else {
                throw PlanProblem("\"\(table.name)\" has no column \"\(column.source)\"")
            }
            guard target.column(column.target) != nil else {
                throw PlanProblem(
                    "the target's \"\(table.target)\" has no column \"\(column.target)\": name the columns to carry in \"columns\""
                )
            }
        }
        let uncovered = target.columns.first { column in
            column.isRequired && !columns.contains { $0.target == column.name }
        }
        if let uncovered {
            throw PlanProblem(
                "the target's \"\(table.target)\" needs \"\(uncovered.name)\", which no column of the source fills")
        }
        let names = table.key.isEmpty ? source.primaryKey : table.key
        guard (1...2).contains(names.count) else {
            throw PlanProblem(
                "\"\(table.name)\" has \(names.isEmpty ? "no primary key" : "a key of \(names.count) columns"): give \"key\" one or two columns that identify a row"
            )
        }
        var key: [DataDocument.Column] = []
        for name in names {
            guard let column = columns.first(where: { $0.source == name }) else {
                throw PlanProblem("the key column \"\(name)\" of \"\(table.name)\" is not carried")
            }
            key.append(column)
        }
        guard Set(key.map(\.target)) == Set(target.primaryKey) || target.uniqueKeys.contains(Set(key.map(\.target)))
        else {
            throw PlanProblem(
                "the target's \"\(table.target)\" must hold (\(key.map(\.target).joined(separator: ", "))) unique: make it the primary key"
            )
        }
        return TablePlan(
            source: table.name, target: table.target, key: key, columns: columns,
            unique: source.uniqueKeys.map { $0.sorted() }.sorted { $0.lexicographicallyPrecedes($1) })
    }
}

/// Why a table cannot be carried.
package struct PlanProblem: Error, Sendable, Equatable {
    package let reason: String
    package init(_ reason: String) { self.reason = reason }
}

/// What a store says about one of its tables.
package struct TableSchema: Sendable, Equatable {
    package struct Column: Sendable, Equatable {
        package var name: String
        /// NOT NULL without a default: an insert must give it.
        package var isRequired: Bool
        package init(name: String, isRequired: Bool) {
            self.name = name
            self.isRequired = isRequired
        }
    }

    /// Stored columns in order; generated ones are not listed, for nobody can write them.
    package var columns: [Column]
    package var primaryKey: [String]
    /// Column sets of unique indexes over whole tables.
    package var uniqueKeys: [Set<String>]

    package init(columns: [Column], primaryKey: [String], uniqueKeys: [Set<String>]) {
        self.columns = columns
        self.primaryKey = primaryKey
        self.uniqueKeys = uniqueKeys
    }

    package func column(_ name: String) -> Column? { columns.first { $0.name == name } }
}
