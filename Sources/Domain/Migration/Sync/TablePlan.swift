/// One carried table with everything known: what the configuration says, held against both schemas.
///
/// Every name is spelt as its store spells it, whatever the configuration wrote.
package struct TablePlan: Sendable, Equatable {
    /// Most columns of a key: `_sf_chg` has a column for each.
    package static let widestKey = 8

    package var source: String
    package var target: String
    /// As (source, target), in the order of the source's index over them.
    package var key: [DataDocument.Column]
    /// All columns that are carried as they are, the key's included.
    package var columns: [DataDocument.Column]
    /// Columns whose values the stores keep in different forms.
    package var maps: [ColumnMap] = []
    /// Collations of the source's index over the key: its own order is the order of the copy.
    package var keyCollations: [String]
    /// Every rule of the source by which `REPLACE` deletes rows that no trigger sees.
    package var unique: [UniqueIndex]
    package var sourceTable: TableSchema
    package var targetTable: TableSchema
    /// What a person should know before the first row is carried: where the target is narrower than the source.
    package var notes: [String]
    /// The column that holds the user's key, where each user's rows have one writing side; always carried.
    package var owner: DataDocument.Column?

    /// Which columns of the source's key may be NULL; such rows cannot be carried.
    package var nullableKey: [String] {
        key.map(\.source).filter { name in
            let isRowid = sourceTable.rowidColumn.map { StoreName.same($0, name) } ?? false
            return !isRowid && !(sourceTable.column(name)?.isNotNull ?? false)
        }
    }

    /// The name of the source's rowid where no carried key is the rowid. It is needed because `REPLACE` deletes by it
    /// too.
    package var hiddenRowid: String? {
        let names = key.map(\.source)
        return names.count == 1 && names.first == sourceTable.rowidColumn ? nil : sourceTable.rowid
    }

    /// How the key's columns are written down in `_sf_tbl`.
    package var keyNames: String { key.map { CaptureSQL.identifier($0.source) }.joined(separator: ", ") }
}

/// Why a table cannot be carried.
package struct PlanProblem: Error, Sendable, Equatable {
    package let reason: String
    package init(_ reason: String) { self.reason = reason }
}
