/// Statements that carry rows of one table. Keys compare by the column's own index *and* byte for byte, so that a collation
/// like NOCASE can neither lose an index nor confuse two keys.
package struct RowSQL: Sendable {
    private let plan: TablePlan

    package init(_ plan: TablePlan) { self.plan = plan }

    /// Values to give to a statement that names a key: each twice.
    package func twice<Value>(_ key: [Value]) -> [Value] { key.prefix(plan.key.count).flatMap { [$0, $0] } }

    private static func equal(_ columns: [String]) -> String {
        columns.map { "(\(CaptureSQL.identifier($0)) = ? AND \(CaptureSQL.identifier($0)) = ? COLLATE BINARY)" }
            .joined(separator: " AND ")
    }
    private static func list(_ columns: [String]) -> String {
        columns.map(CaptureSQL.identifier).joined(separator: ", ")
    }

    /// The carried columns of one row of the source; takes the key twice.
    package var sourceRow: String {
        "SELECT \(Self.list(plan.columns.map(\.source))) FROM \(CaptureSQL.identifier(plan.source)) WHERE \(Self.equal(plan.key.map(\.source)))"
    }

    /// The carried columns of one row of the target; takes the key twice.
    package var targetRow: String {
        "SELECT \(Self.list(plan.columns.map(\.target))) FROM \(CaptureSQL.identifier(plan.target)) WHERE \(Self.equal(plan.key.map(\.target)))"
    }

    package var targetDelete: String {
        "DELETE FROM \(CaptureSQL.identifier(plan.target)) WHERE \(Self.equal(plan.key.map(\.target)))"
    }

    package var targetInsert: String {
        let places = plan.columns.map { _ in "?" }.joined(separator: ", ")
        return
            "INSERT INTO \(CaptureSQL.identifier(plan.target))(\(Self.list(plan.columns.map(\.target)))) VALUES(\(places))"
    }

    /// Rows of the source after a key, in the order of keys; takes the key (unless `fromStart`) and a limit.
    package func sourceChunk(fromStart: Bool) -> String {
        let keys = plan.key.map(\.source)
        return
            "SELECT \(Self.list(plan.columns.map(\.source))) FROM \(CaptureSQL.identifier(plan.source)) WHERE \(Self.present(keys))\(fromStart ? "" : " AND " + Self.after(keys)) ORDER BY \(Self.order(keys)) LIMIT ?"
    }

    /// Keys of the target in a range, in the order of keys; takes the start (unless `fromStart`) and the end (unless `toEnd`).
    package func targetKeys(fromStart: Bool, toEnd: Bool) -> String {
        let keys = plan.key.map(\.target)
        var conditions: [String] = [Self.present(keys)]
        if !fromStart { conditions.append(Self.after(keys)) }
        if !toEnd { conditions.append(Self.upTo(keys)) }
        return
            "SELECT \(Self.list(keys)) FROM \(CaptureSQL.identifier(plan.target)) WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(Self.order(keys))"
    }

    /// How many rows of the source have no key and cannot be carried.
    package var keyless: String {
        "SELECT count(*) FROM \(CaptureSQL.identifier(plan.source)) WHERE NOT (\(Self.present(plan.key.map(\.source))))"
    }

    private static func present(_ columns: [String]) -> String {
        columns.map { "\(CaptureSQL.identifier($0)) IS NOT NULL" }.joined(separator: " AND ")
    }
    private static func order(_ columns: [String]) -> String {
        columns.map { "\(CaptureSQL.identifier($0)) COLLATE BINARY" }.joined(separator: ", ")
    }
    private static func after(_ columns: [String]) -> String {
        "(\(order(columns))) > (\(columns.map { _ in "?" }.joined(separator: ", ")))"
    }
    private static func upTo(_ columns: [String]) -> String {
        "(\(order(columns))) <= (\(columns.map { _ in "?" }.joined(separator: ", ")))"
    }
}
