/// What a store says about one of its tables.
package struct TableSchema: Sendable, Equatable {
    package struct Column: Sendable, Equatable {
        package var name: String
        /// The type as it was declared; may be empty.
        package var type: String
        package var affinity: Affinity
        package var collation: String
        package var isNotNull: Bool
        /// The SQL of its default; nil when it has none.
        package var fallback: String?
        /// The column is computed by SQLite: it can be read and not written.
        package var isGenerated: Bool

        package init(
            name: String, type: String = "", isStrict: Bool = false, collation: String = "BINARY",
            isNotNull: Bool = false, fallback: String? = nil, isGenerated: Bool = false
        ) {
            self.name = name
            self.type = type
            affinity = isStrict && StoreName.same(type, "ANY") ? .blob : Affinity(declared: type)
            self.collation = collation
            self.isNotNull = isNotNull
            self.fallback = fallback
            self.isGenerated = isGenerated
        }
    }

    /// The name as the store spells it.
    package var name: String
    package var columns: [Column]
    /// The columns of the primary key, in its order.
    package var primaryKey: [String]
    /// Every rule by which two rows cannot stand side by side, the primary key among them.
    package var unique: [UniqueIndex]
    /// Whether the table is STRICT: every value has the class of its column.
    package var isStrict: Bool
    /// The name by which the rowid can be reached; nil for a table without one.
    package var rowid: String?
    /// The column that is another name of the rowid, and so holds nothing but integers.
    package var rowidColumn: String?
    /// Its CHECK constraints, as they are written.
    package var checks: [String]
    /// Collations of indexes that SQLite does not bring along, as (index, collation).
    package var strangeCollations: [StrangeCollation]

    package struct StrangeCollation: Sendable, Equatable {
        package var index: String
        package var collation: String
        package init(index: String, collation: String) {
            self.index = index
            self.collation = collation
        }
    }

    package init(
        name: String, columns: [Column], primaryKey: [String], unique: [UniqueIndex], isStrict: Bool = false,
        rowid: String? = "rowid", rowidColumn: String? = nil, checks: [String] = [],
        strangeCollations: [StrangeCollation] = []
    ) {
        self.name = name
        self.columns = columns
        self.primaryKey = primaryKey
        self.unique = unique
        self.isStrict = isStrict
        self.rowid = rowid
        self.rowidColumn = rowidColumn
        self.checks = checks
        self.strangeCollations = strangeCollations
    }

    package func column(_ name: String) -> Column? { columns.first { StoreName.same($0.name, name) } }

    /// NOT NULL without a default: an insert must give it. The rowid fills itself.
    package func isRequired(_ column: Column) -> Bool {
        column.isNotNull && column.fallback == nil && !column.isGenerated
            && !(rowidColumn.map { StoreName.same($0, column.name) } ?? false)
    }

    /// The rule that makes exactly these columns a key of every row; the primary key's first.
    package func key(over names: [String]) -> UniqueIndex? {
        let wanted = Set(names.map(StoreName.folded))
        let fitting = unique.filter { $0.plainColumns.map { Set($0.map(StoreName.folded)) == wanted } ?? false }
        return fitting.first { $0.isPrimaryKey } ?? fitting.first
    }
}

/// One rule by which two rows of a table cannot stand side by side.
package struct UniqueIndex: Sendable, Equatable {
    package struct Term: Sendable, Equatable {
        /// The column's name; nil for an expression.
        package var column: String?
        /// SQL of the term, without its collation.
        package var sql: String
        package var collation: String

        package static func column(_ name: String, collation: String = "BINARY") -> Term {
            Term(column: name, sql: CaptureSQL.identifier(name), collation: collation)
        }
        package static func expression(_ sql: String, collation: String = "BINARY") -> Term {
            Term(column: nil, sql: "(\(sql))", collation: collation)
        }
    }

    package var name: String
    package var terms: [Term]
    /// The SQL of its WHERE; nil when it covers every row.
    package var condition: String?
    package var isPrimaryKey: Bool

    package init(name: String, terms: [Term], condition: String? = nil, isPrimaryKey: Bool = false) {
        self.name = name
        self.terms = terms
        self.condition = condition
        self.isPrimaryKey = isPrimaryKey
    }

    /// Its columns when it covers every row and holds nothing but columns: then they can be a key.
    package var plainColumns: [String]? {
        let columns = terms.compactMap(\.column)
        return condition == nil && columns.count == terms.count ? columns : nil
    }

    /// Which of the given columns the rule depends on.
    package func columns(among all: [String]) -> [String] {
        let words = Set(
            (terms.filter { $0.column == nil }.map(\.sql) + [condition ?? ""]).flatMap(SQLWords.identifiers)
                .map(StoreName.folded))
        let plain = Set(terms.compactMap(\.column).map(StoreName.folded))
        return all.filter { words.contains(StoreName.folded($0)) || plain.contains(StoreName.folded($0)) }
    }
}
