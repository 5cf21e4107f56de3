/// Statements that carry rows of one table. Keys compare by the column's own index *and* byte for byte, so that a
/// collation like NOCASE can neither lose an index nor confuse two keys.
///
/// No statement compares a value of one store with the order of the other: the source's rows are walked in the order of
/// the source's own index, the target's in that of its own.
package struct RowSQL: Sendable {
    let plan: TablePlan
    /// The group whose rows have owners: only those of the source's side are walked. nil: all of them are.
    private let owners: DataDocument.Group?

    /// - Parameter group: leaves out, of walks over whole tables, the rows that the target owns.
    package init(_ plan: TablePlan, of group: DataDocument.Group? = nil) {
        self.plan = plan
        let isCatalogue = group?.tables.first { StoreName.same($0.name, plan.source) }?.isCatalogue ?? false
        owners = group?.mode == .reads || isCatalogue ? nil : group
    }

    /// The condition for a row that the source's side owns, in either store.
    private func owned(_ column: KeyPath<DataDocument.Column, String>) -> String {
        guard let owners else { return "" }
        let key = plan.owner.map { "CAST(\(CaptureSQL.identifier($0[keyPath: column])) AS TEXT)" }
        return " AND \(WriteRule.belongs(key, to: owners.sourceSide, group: owners.name))"
    }

    /// Values to give to a statement that names a key: each twice.
    package func twice<Value>(_ key: [Value]) -> [Value] { key.prefix(plan.key.count).flatMap { [$0, $0] } }

    /// Where the key's columns stand among the carried ones.
    package var keyPlaces: [Int] {
        plan.key.compactMap { key in plan.columns.firstIndex { $0.source == key.source } }
    }

    private var source: String { CaptureSQL.identifier(plan.source) }
    private var target: String { CaptureSQL.identifier(plan.target) }
    private var targetKey: String { Self.equal(plan.key.map(\.target)) }

    static func equal(_ columns: [String]) -> String {
        columns.map { "(\(CaptureSQL.identifier($0)) = ? AND \(CaptureSQL.identifier($0)) = ? COLLATE BINARY)" }
            .joined(separator: " AND ")
    }
    private static func list(_ columns: [String]) -> String {
        columns.map(CaptureSQL.identifier).joined(separator: ", ")
    }
    static func present(_ columns: [String]) -> String {
        columns.map { "\(CaptureSQL.identifier($0)) IS NOT NULL" }.joined(separator: " AND ")
    }

    // MARK: The source

    /// The carried columns of one row of the source; takes the key twice.
    package var sourceRow: String {
        "SELECT \(plan.sourceTerms.joined(separator: ", ")) FROM \(source) WHERE \(Self.equal(plan.key.map(\.source)))\(owned(\.source))"
    }

    /// The carried columns of every row that has a key, in any order.
    package var sourceRows: String {
        "SELECT \(plan.sourceTerms.joined(separator: ", ")) FROM \(source) WHERE \(Self.present(plan.key.map(\.source)))\(owned(\.source))"
    }

    /// Rows of the source after a key, in the order of its index; takes the key (unless `fromStart`) and a limit.
    package func sourceChunk(fromStart: Bool) -> String {
        let order = sourceOrder
        let after = fromStart ? "" : " AND (\(order)) > (\(plan.key.map { _ in "?" }.joined(separator: ", ")))"
        return "\(sourceRows)\(after) ORDER BY \(order) LIMIT ?"
    }

    /// Keys of users, each after the key of a row that has one, in the order of the source's index; takes the key where
    /// the last walk ended (unless `fromStart`) and a limit. nil where no column names an owner.
    package func sourceOwners(fromStart: Bool) -> String? {
        guard let owner = plan.owner else { return nil }
        let order = sourceOrder
        let keys = plan.key.map(\.source)
        let after = fromStart ? "" : " AND (\(order)) > (\(keys.map { _ in "?" }.joined(separator: ", ")))"
        return
            "SELECT \(Self.list(keys)), CAST(\(CaptureSQL.identifier(owner.source)) AS TEXT) FROM \(source) WHERE \(Self.present(keys))\(after) ORDER BY \(order) LIMIT ?"
    }

    /// Keys of users who have rows among the changes of the source and are not listed; takes two numbers of the feed
    /// and the store that the changes would go to. nil where no column names an owner.
    package func unlistedOwners(_ group: String) -> String? {
        guard let owner = plan.owner else { return nil }
        let table = CaptureSQL.identifier(plan.source)
        let key = "CAST(\(table).\(CaptureSQL.identifier(owner.source)) AS TEXT)"
        let same = zip(plan.key, CaptureSQL.keyColumns).map {
            "\(table).\(CaptureSQL.identifier($0.source)) = _sf_chg.\($1)"
        }.joined(separator: " AND ")
        return """
            SELECT DISTINCT \(key) FROM _sf_chg CROSS JOIN \(table) ON \(same)
            WHERE _sf_chg.feed > ? AND _sf_chg.feed <= ? AND _sf_chg.org <> ?
                AND _sf_chg.tbl = \(CaptureSQL.literal(plan.source)) AND \(key) IS NOT NULL
                AND NOT EXISTS(SELECT 1 FROM _sf_key WHERE grp = \(CaptureSQL.literal(group)) AND key = \(key))
            """
    }

    /// The user's key of a row of the target; takes the row's key twice.
    package var targetOwner: String? {
        plan.owner.map { "SELECT CAST(\(CaptureSQL.identifier($0.target)) AS TEXT) FROM \(target) WHERE \(targetKey)" }
    }

    private var sourceOrder: String {
        zip(plan.key, plan.keyCollations).map {
            "\(CaptureSQL.identifier($0.source)) COLLATE \($1)"
        }.joined(separator: ", ")
    }

    /// How many rows of the source have no key and cannot be carried.
    package var keyless: String {
        let nullable = plan.nullableKey
        let condition =
            nullable.isEmpty ? "0" : nullable.map { "\(CaptureSQL.identifier($0)) IS NULL" }.joined(separator: " OR ")
        return "SELECT count(*) FROM \(source) WHERE \(condition)"
    }

    // MARK: The target

    /// The carried columns of one row of the target; takes the key twice.
    package var targetRow: String {
        "SELECT \(Self.list(plan.targetColumns)) FROM \(target) WHERE \(targetKey)"
    }

    /// The carried columns of every row that has a key, in any order.
    package var targetRows: String {
        "SELECT \(Self.list(plan.targetColumns)) FROM \(target) WHERE \(Self.present(plan.key.map(\.target)))\(owned(\.target))"
    }

    package var targetIsEmpty: String { "SELECT NOT EXISTS(SELECT 1 FROM \(target))" }

    package var targetDelete: String { "DELETE FROM \(target) WHERE \(targetKey)" }

    /// Takes the carried columns.
    ///
    /// - Parameter replaces: rows that stand in the way go.
    package func targetInsert(replaces: Bool = false) -> String {
        "INSERT \(replaces ? "OR REPLACE " : "")INTO \(target)(\(Self.list(plan.targetColumns))) VALUES(\(plan.targetColumns.map { _ in "?" }.joined(separator: ", ")))"
    }

    /// Takes the carried columns, the key's left out unless `withKey`, and the key twice.
    package func targetUpdate(withKey: Bool, replaces: Bool = false) -> String {
        let keys = Set(plan.key.map(\.target))
        let columns = plan.targetColumns.filter { withKey || !keys.contains($0) }
        return
            "UPDATE \(replaces ? "OR REPLACE " : "")\(target) SET \(columns.map { "\(CaptureSQL.identifier($0)) = ?" }.joined(separator: ", ")) WHERE \(targetKey)"
    }

    /// Sets one column of a row; takes the value and the key twice.
    package func targetPark(_ column: String) -> String {
        "UPDATE \(target) SET \(CaptureSQL.identifier(column)) = ? WHERE \(targetKey)"
    }

    /// Every column of a row that can be written, the rowid first where it has no name; takes the key twice.
    package var wholeRow: String { "SELECT \(wholeColumns.joined(separator: ", ")) FROM \(target) WHERE \(targetKey)" }

    /// Takes what `wholeRow` gave.
    package func wholeInsert(replaces: Bool = false) -> String {
        "INSERT \(replaces ? "OR REPLACE " : "")INTO \(target)(\(wholeColumns.joined(separator: ", "))) VALUES(\(wholeColumns.map { _ in "?" }.joined(separator: ", ")))"
    }

    /// Where the carried columns stand in a whole row.
    package var wholePlaces: [Int] {
        plan.targetColumns.compactMap { wholeColumns.firstIndex(of: CaptureSQL.identifier($0)) }
    }

    private var wholeColumns: [String] {
        let table = plan.targetTable
        return (table.rowidColumn == nil ? table.rowid.map { [$0] } ?? [] : [])
            + table.columns.filter { !$0.isGenerated }.map { CaptureSQL.identifier($0.name) }
    }

    /// Columns by which the target's rows are walked: the rowid, or the primary key of a table that has none.
    package var walkWidth: Int { plan.targetTable.rowid == nil ? plan.targetTable.primaryKey.count : 1 }

    /// Keys of the target's rows, each after the columns of the walk; takes where the last walk ended (unless
    /// `fromStart`) and a limit.
    package func targetWalk(fromStart: Bool) -> String {
        let table = plan.targetTable
        let index = table.unique.first { $0.isPrimaryKey }
        let columns =
            table.rowid.map { [(name: $0, order: $0)] }
            ?? (index?.terms ?? []).map { (name: $0.sql, order: "\($0.sql) COLLATE \($0.collation)") }
        let order = columns.map(\.order).joined(separator: ", ")
        let after = fromStart ? "" : "(\(order)) > (\(columns.map { _ in "?" }.joined(separator: ", "))) AND "
        return
            "SELECT \(columns.map(\.name).joined(separator: ", ")), \(Self.list(plan.key.map(\.target))) FROM \(target) WHERE \(after)\(Self.present(plan.key.map(\.target)))\(owned(\.target)) ORDER BY \(order) LIMIT ?"
    }

    /// Whether a unique rule speaks of a row, and what the row holds by it; takes the key twice.
    package func claim(by index: UniqueIndex) -> String {
        "SELECT \(index.condition.map { "(\($0)) IS TRUE" } ?? "1"), \(index.terms.map(\.sql).joined(separator: ", ")) FROM \(target) WHERE \(targetKey)"
    }

    /// Keys of the other rows that hold the same by a unique rule; takes what `claim` gave, and the row's own key
    /// twice.
    package func holders(by index: UniqueIndex) -> String {
        let terms = index.terms.map { "\($0.sql) COLLATE \($0.collation) = ?" }
        let all = terms + (index.condition.map { ["(\($0))"] } ?? [])
        return
            "SELECT \(Self.list(plan.key.map(\.target))) FROM \(target) WHERE \(all.joined(separator: " AND ")) AND NOT (\(targetKey))"
    }
}
