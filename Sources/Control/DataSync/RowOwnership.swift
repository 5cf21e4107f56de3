internal import Migration
internal import SQLite

/// Whose a row is, where rows have owners.
struct RowOwnership {
    private let group: DataDocument.Group

    init(_ group: DataDocument.Group) { self.group = group }

    /// Throws `StopReason` for a row that the target's store owns and may write itself: nobody else can have a later
    /// version of it.
    /// - Parameters:
    ///   - row: as the source has it; nil: it is deleted there.
    func check(_ plan: TablePlan, _ key: [SQLValue], row: [SQLValue]?, in target: DatabaseConnection) throws {
        guard try isTargets(plan, key, row: row, in: target) else { return }
        throw StopReason.ownedHere(table: plan.target, key: ChangeKey.text(key))
    }

    /// Whether the target's own program may write the row, as it is there or as the source has it.
    func isTargets(
        _ plan: TablePlan, _ key: [SQLValue], row: [SQLValue]?, in target: DatabaseConnection
    ) throws -> Bool {
        let sql = RowSQL(plan)
        guard let held = sql.targetOwner else {
            guard group.mode == .authority, isOwned(plan) else { return false }
            return try target.int(WriteRule.mayWriteAll(group: group.name, side: group.targetSide)) == 1
        }
        let mayWrite = "SELECT \(WriteRule.mayWrite(key: "?1", group: group.name, side: group.targetSide))"
        if let row, let owner = ownerPlace(plan).map({ row[$0] }), owner != .null {
            if try target.first(mayWrite, values: [Self.text(owner)], row: { $0.int(0) }) == 1 { return true }
        }
        guard let owner = try target.first(held, values: sql.twice(key), row: { $0.optionalText(0) }) ?? nil else {
            return false
        }
        return try target.int(mayWrite, owner) == 1
    }

    private func isOwned(_ plan: TablePlan) -> Bool {
        let name = group.tables.first { StoreName.same($0.name, plan.source) }
        return !(name?.isCatalogue ?? true)
    }

    private func ownerPlace(_ plan: TablePlan) -> Int? {
        plan.owner.flatMap { owner in plan.columns.firstIndex { $0.source == owner.source } }
    }

    /// A key as CAST makes it a text.
    private static func text(_ value: SQLValue) -> SQLValue {
        switch value {
        case .int(let number): .text("\(number)")
        case .double(let number): .text("\(number)")
        case .blob(let bytes), .invalidText(let bytes): .text(String(decoding: bytes, as: UTF8.self))
        case .text, .null: value
        }
    }
}
