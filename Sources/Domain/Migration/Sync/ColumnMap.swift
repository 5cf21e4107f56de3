/// Columns of the target that are made from the source's by SQL, and the way back: names that are split, times that are
/// kept as numbers, other units, words that became numbers.
///
/// Both directions are declared, because rows go both ways once users move. They must undo each other for every row:
/// that is checked for all rows when capture is installed, and for each row that is carried afterwards.
package struct ColumnMap: Sendable, Equatable {
    /// A column, and the expression over a row of the other store that gives its value.
    package struct Term: Sendable, Equatable {
        package var column: String
        package var expression: String

        package init(_ column: String, _ expression: String) {
            self.column = column
            self.expression = expression
        }
    }

    /// Of the target, from a row of the source.
    package var to: [Term]
    /// Of the source, from a row of the target. Empty where the target's columns follow from others alone.
    package var back: [Term]

    package init(to: [Term], back: [Term]) {
        self.to = to
        self.back = back
    }

    /// The same seen from the target.
    package var swapped: ColumnMap { ColumnMap(to: back, back: to) }

    /// Why a text cannot be one expression, whatever SQLite says of it; nil: it may be.
    package static func mistake(in expression: String) -> String? {
        var depth = 0
        let tokens = SQLTokenizer.tokens(expression)
        guard !tokens.isEmpty else { return "it is empty" }
        // What stands behind it must not become part of it.
        guard SQLTokenizer.tokens(expression + " x").count == tokens.count + 1 else {
            return "it ends inside a text, a name or a comment"
        }
        for token in tokens {
            if token.kind == .parameter {
                return "\"\(token.text.isEmpty ? "?" : token.text)\" is a parameter, and nobody gives it a value"
            }
            guard token.kind == .symbol else { continue }
            switch token.text {
            case "(": depth += 1
            case ")": depth -= 1
            case ";": return "it is more than one expression"
            default: break
            }
            if depth < 0 { break }
        }
        return depth == 0 ? nil : "its brackets do not match"
    }
}

extension DataDocument.Table {
    /// Whether a column of the source goes into a map, and so is not carried as it is.
    package func maps(from column: String) -> Bool {
        maps.flatMap(\.back).contains { StoreName.same($0.column, column) }
    }
}

extension TablePlan {
    /// The columns of the target that are carried, plain ones first.
    package var targetColumns: [String] { columns.map(\.target) + maps.flatMap(\.to).map(\.column) }

    /// What a row of the source gives for each of them.
    package var sourceTerms: [String] {
        columns.map { CaptureSQL.identifier($0.source) } + maps.flatMap(\.to).map { "(\($0.expression))" }
    }

    /// The columns of the source that go into maps.
    package var mappedColumns: [String] { maps.flatMap(\.back).map(\.column) }

    /// The maps in both stores' own spelling, held against both schemas.
    static func maps(
        _ table: DataDocument.Table, _ columns: [DataDocument.Column], _ source: TableSchema, _ target: TableSchema
    ) throws(PlanProblem) -> [ColumnMap] {
        var taken = columns.map(\.target)
        var given = columns.map(\.source)
        var maps: [ColumnMap] = []
        for map in table.maps {
            maps.append(
                ColumnMap(
                    to: try terms(map.to, of: target, "target's \"\(target.name)\"", &taken),
                    back: try terms(map.back, of: source, "source's \"\(source.name)\"", &given)))
        }
        return maps
    }

    private static func terms(
        _ terms: [ColumnMap.Term], of table: TableSchema, _ place: String, _ taken: inout [String]
    ) throws(PlanProblem) -> [ColumnMap.Term] {
        var found: [ColumnMap.Term] = []
        for term in terms {
            guard let column = table.column(term.column) else {
                throw PlanProblem("the \(place) has no column \"\(term.column)\", which \"map\" names")
            }
            if column.isGenerated {
                throw PlanProblem(
                    "\"\(column.name)\" of the \(place) is a generated column, which nobody can write: leave it out of \"map\""
                )
            }
            if taken.contains(column.name) {
                throw PlanProblem(
                    "\"\(column.name)\" of the \(place) is carried twice: name it in \"columns\" or in one \"map\"")
            }
            taken.append(column.name)
            found.append(ColumnMap.Term(column.name, term.expression))
        }
        return found
    }
}

extension RowSQL {
    /// The rows of the source that would not come back from the target as they are, or that the target would store as
    /// something else: their keys, then for each name of `lawNames` 1 where it holds. Takes the key twice unless
    /// `everyRow`, and a limit.
    ///
    /// SQLite computes both directions itself, one over the other, so that what is checked is what is carried.
    package func lawBreakers(everyRow: Bool) -> String {
        let plan = self.plan
        let keys = plan.key.indices.map { "_sf_k\($0)" }
        let originals = plan.maps.flatMap(\.back)
        let inner =
            zip(plan.key, keys).map { "\(CaptureSQL.identifier($0.source)) AS \($1)" }
            + zip(plan.sourceTerms, plan.targetColumns).map { "\($0) AS \(CaptureSQL.identifier($1))" }
            + originals.enumerated().map { "\(CaptureSQL.identifier($1.column)) AS _sf_o\($0)" }
        let laws =
            originals.enumerated().map { index, term in
                "((\(term.expression)) IS _sf_o\(index) COLLATE BINARY AND typeof((\(term.expression))) = typeof(_sf_o\(index)))"
            } + plan.maps.flatMap(\.to).map { Self.isStoredAsIs($0.column, plan.targetTable) }
        let place = everyRow ? Self.present(plan.key.map(\.source)) : Self.equal(plan.key.map(\.source))
        return
            "SELECT \((keys + laws).joined(separator: ", ")) FROM (SELECT \(inner.joined(separator: ", ")) FROM \(CaptureSQL.identifier(plan.source)) WHERE \(place)) WHERE NOT (\(laws.joined(separator: " AND "))) LIMIT ?"
    }

    /// What `lawBreakers` asks of a row: columns of the source that must come back, columns of the target that must be
    /// stored as they are given.
    package var lawNames: [String] { plan.mappedColumns + plan.maps.flatMap(\.to).map(\.column) }

    /// Whether a column's affinity leaves a value alone (https://sqlite.org/datatype3.html, 3.2).
    private static func isStoredAsIs(_ name: String, _ table: TableSchema) -> String {
        let column = CaptureSQL.identifier(name)
        switch table.column(name)?.affinity ?? .blob {
        case .integer, .numeric:
            return
                "(typeof(\(column)) IN ('integer', 'blob', 'null') OR typeof(\(column)) = 'real' AND \(column) <> CAST(\(column) AS INTEGER))"
        case .real: return "(typeof(\(column)) IN ('real', 'blob', 'null'))"
        case .text: return "(typeof(\(column)) IN ('text', 'blob', 'null'))"
        case .blob: return "1"
        }
    }
}
