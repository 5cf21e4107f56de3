internal import Migration
internal import SQLite

/// Makes one row of the target equal to the source's, and leaves columns alone that are not carried.
///
/// A row that exists is updated, never deleted and inserted: the columns that the service added keep their values.
/// Where a unique value is still held by another row, that row is either gone from the source, and is deleted, or will
/// hold another value when its own turn has come: then the value is taken from it for the moment, and its turn comes at
/// once.
struct RowWriter {
    private let source: RowSource
    private let target: DatabaseConnection
    /// nil where rows have no owners.
    private let owners: RowOwnership?
    private let faults: FaultInjection

    init(source: RowSource, target: DatabaseConnection, owners: RowOwnership?, faults: FaultInjection) {
        self.owners = owners
        self.source = source
        self.target = target
        self.faults = faults
    }

    /// A row whose turn it is.
    private struct Turn {
        var key: [SQLValue]
        var row: [SQLValue]
        /// The whole row as it stood, when it had to be taken out.
        var taken: [SQLValue]?
    }

    func sourceRow(_ plan: TablePlan, _ key: [SQLValue]) throws -> [SQLValue]? { try source.row(plan, key) }

    func delete(_ plan: TablePlan, _ key: [SQLValue]) throws {
        let sql = RowSQL(plan)
        try target.execute(sql.targetDelete, values: sql.twice(key))
    }

    /// Brings the row with this key to what the source's snapshot holds.
    func write(_ row: [SQLValue], _ plan: TablePlan, key: [SQLValue]) throws {
        var turns = [Turn(key: key, row: row)]
        while let turn = turns.popLast() { turns += try settle(turn, plan) }
    }

    /// Writes a row and returns the rows whose turn it is then.
    private func settle(_ turn: Turn, _ plan: TablePlan) throws -> [Turn] {
        if faults.mistakes.contains(.rowsReplaced) { try delete(plan, turn.key) }
        let held = turn.taken == nil ? try targetRow(plan, turn.key) : nil
        // A row that is equal already is not written, so that copying anew fires no trigger of the service.
        if held == turn.row { return [] }
        guard let conflict = try conflict(turn, plan, held: held) else { return [] }
        let turns = try clear(turn, plan, held: held, conflict)
        if let error = try self.conflict(turn, plan, held: held) { throw refusal(plan, turn.key, error) }
        return turns
    }

    /// Writes a row and returns the error when another row holds a unique value of it.
    private func conflict(_ turn: Turn, _ plan: TablePlan, held: [SQLValue]?) throws -> SQLiteError? {
        do {
            try put(turn, plan, held: held)
            return nil
        } catch {
            if error.isUnique { return error }
            throw error.isRefusal ? refusal(plan, turn.key, error) : error
        }
    }

    func targetRow(_ plan: TablePlan, _ key: [SQLValue]) throws -> [SQLValue]? {
        let sql = RowSQL(plan)
        return try target.first(sql.targetRow, values: sql.twice(key)) { $0.values }
    }

    private func put(
        _ turn: Turn, _ plan: TablePlan, held: [SQLValue]?, replaces: Bool = false
    ) throws(SQLiteError) {
        let sql = RowSQL(plan)
        if var whole = turn.taken {
            for (place, value) in zip(sql.wholePlaces, turn.row) { whole[place] = value }
            try target.execute(sql.wholeInsert(replaces: replaces), values: whole)
        } else if let held {
            // The key's bytes are the same; its class may not be: 1 and 1.0 are one key.
            let places = sql.keyPlaces
            let isKeySame = places.allSatisfy { held[$0] == turn.row[$0] }
            let values = isKeySame ? turn.row.indices.filter { !places.contains($0) }.map { turn.row[$0] } : turn.row
            try target.execute(
                sql.targetUpdate(withKey: !isKeySame, replaces: replaces), values: values + sql.twice(turn.key))
        } else {
            try target.execute(sql.targetInsert(replaces: replaces), values: turn.row)
        }
    }

    // MARK: Unique values

    /// Frees the unique values that the row claims and returns the rows whose turn it is then.
    private func clear(
        _ turn: Turn, _ plan: TablePlan, held: [SQLValue]?, _ error: SQLiteError
    ) throws -> [Turn] {
        var turns: [Turn] = []
        for (index, key) in try holders(turn, plan, held: held) {
            // A row that the target owns stands in the way by right: two owners took one value.
            if let owners, try owners.isTargets(plan, key, row: nil, in: target) {
                throw refusal(plan, turn.key, error)
            }
            guard let row = try sourceRow(plan, key) else {
                // The row was deleted without any trigger noticing.
                try delete(plan, key)
                continue
            }
            if faults.mistakes.contains(.holdersDeleted) {
                try delete(plan, key)
                turns.append(Turn(key: key, row: row))
                continue
            }
            // The row already has its final value: both rows are right in the source, and the target's rule is
            // narrower.
            if try targetRow(plan, key) == row { throw refusal(plan, turn.key, error) }
            turns.append(try park(Turn(key: key, row: row), plan, by: index))
        }
        return turns
    }

    /// The rows that stand in the way, each with the first rule by which it does.
    ///
    /// What the row will hold by each rule (expressions, defaults, generated columns and all) is asked of SQLite: the
    /// row is written with `OR REPLACE`, looked at, and that is undone.
    private func holders(
        _ turn: Turn, _ plan: TablePlan, held: [SQLValue]?
    ) throws -> [(UniqueIndex, [SQLValue])] {
        let sql = RowSQL(plan)
        var holders: [(UniqueIndex, [SQLValue])] = []
        for (index, claim) in try claims(turn, plan, held: held) {
            let keys = try target.query(sql.holders(by: index), values: claim + sql.twice(turn.key)) { $0.values }
            for key in keys {
                let isKnown = holders.contains { $0.1 == key }
                if !isKnown { holders.append((index, key)) }
            }
        }
        return holders
    }

    private func claims(
        _ turn: Turn, _ plan: TablePlan, held: [SQLValue]?
    ) throws -> [(UniqueIndex, [SQLValue])] {
        let sql = RowSQL(plan)
        try target.execute("SAVEPOINT _sf_claim")
        var claims: [(UniqueIndex, [SQLValue])] = []
        do {
            try put(turn, plan, held: held, replaces: true)
        } catch {
            throw error.isRefusal ? refusal(plan, turn.key, error) : error
        }
        for index in plan.targetTable.unique {
            let claim = try target.first(sql.claim(by: index), values: sql.twice(turn.key)) { $0.values } ?? [.null]
            let isClaimed = claim.first == .int(1) && !claim.contains(.null)
            if isClaimed { claims.append((index, Array(claim.dropFirst()))) }
        }
        try target.execute("ROLLBACK TO _sf_claim")
        try target.execute("RELEASE _sf_claim")
        return claims
    }

    /// Frees a unique value that a remaining row holds: its column is set to NULL, or to a value that no other row can
    /// have. Where the table's constraints allow neither, the whole row is taken out, and comes back whole at its turn.
    private func park(_ turn: Turn, _ plan: TablePlan, by index: UniqueIndex) throws -> Turn {
        let sql = RowSQL(plan)
        let keys = plan.key.map(\.target)
        let carried = plan.targetColumns.filter { !keys.contains($0) }
        let before = try target.first(sql.claim(by: index), values: sql.twice(turn.key)) { $0.values }
        for name in index.columns(among: carried) {
            for value in plan.targetTable.column(name).map(Self.placeholders) ?? [] {
                guard try set(name, value, plan, turn.key) else { continue }
                let after = try target.first(sql.claim(by: index), values: sql.twice(turn.key)) { $0.values }
                if after != before { return turn }
            }
        }
        var turn = turn
        turn.taken = try target.first(sql.wholeRow, values: sql.twice(turn.key)) { $0.values }
        try delete(plan, turn.key)
        return turn
    }

    /// Sets one column; false where a constraint refuses that.
    private func set(_ column: String, _ value: SQLValue, _ plan: TablePlan, _ key: [SQLValue]) throws -> Bool {
        let sql = RowSQL(plan)
        do {
            try target.execute(sql.targetPark(column), values: [value] + sql.twice(key))
            return true
        } catch {
            if error.isRefusal { return false }
            throw error
        }
    }

    private static func placeholders(_ column: TableSchema.Column) -> [SQLValue] {
        var random = SystemRandomNumberGenerator()
        let number = Int64(random.next() >> 12)
        let values: [SQLValue] =
            switch column.affinity {
            case .integer, .numeric, .real: [.int(-number), .int(number)]
            case .text, .blob: [.text("\u{1}sf-\(number)"), .blob(Array("\u{1}sf-\(number)".utf8))]
            }
        return (column.isNotNull ? [] : [.null]) + values
    }

    private func refusal(_ plan: TablePlan, _ key: [SQLValue], _ error: SQLiteError) -> StopReason {
        .rowRefused(table: plan.target, key: ChangeKey.text(key), message: error.message)
    }
}
