internal import Migration
internal import SQLite

/// Brings rows of the target to what one snapshot of the source says, inside the target's transaction.
struct RowApplier {
    private let plans: [TablePlan]
    private let source: DatabaseConnection
    private let target: DatabaseConnection
    private let faults: SyncFaults

    init(_ plans: [TablePlan], source: DatabaseConnection, target: DatabaseConnection, faults: SyncFaults) {
        self.plans = plans
        self.source = source
        self.target = target
        self.faults = faults
    }

    /// A row of the source's change table.
    private struct Change {
        var plan: TablePlan
        var key: [SQLValue]
        var epoch: Int
        var seq: Int
    }

    /// Carries every change after `position`; answers how many rows that were.
    ///
    /// First all keys are deleted, then the rows that exist are inserted: two rows that swapped a unique value never meet.
    func apply(after position: Int, upTo top: Int) throws -> Int {
        guard top > position else { return 0 }
        if !faults.mistakes.contains(.insertsAtOnce) {
            try forEachChange(after: position, upTo: top) { change in
                if faults.mistakes.contains(.deletesIgnored), try sourceRow(change) == nil { return }
                try delete(change.plan, change.key)
            }
            try faults.reached(.deletesDone)
        }
        var count = 0
        try forEachChange(after: position, upTo: top) { change in
            let row = try sourceRow(change)
            if row == nil, faults.mistakes.contains(.deletesIgnored) { return }
            if faults.mistakes.contains(.insertsAtOnce) { try delete(change.plan, change.key) }
            if let row { try insert(row, change.plan, key: change.key, top: top) }
            try note(change.plan, change.key, epoch: change.epoch, seq: change.seq, isDeleted: row == nil)
            count += 1
        }
        return count
    }

    /// Streams the changes, so that any number of them needs no memory; both passes see the same, for the snapshot stands still
    /// and versions are noted in the second only.
    private func forEachChange(
        after position: Int, upTo top: Int, _ body: (Change) throws -> Void
    ) throws {
        let byName = Dictionary(uniqueKeysWithValues: plans.map { ($0.source, $0) })
        let last = faults.mistakes.contains(.lastChangeSkipped) && top > position + 1 ? top - 1 : top
        try source.query(
            "SELECT tbl, k1, k2, epoch, seq FROM _sf_chg WHERE org = 'A' AND seq > ? AND seq <= ? ORDER BY seq, tbl, k1, k2",
            position, last
        ) { row in
            guard let plan = byName[row.text(0)] else { return }
            let change = Change(plan: plan, key: [row.value(1), row.value(2)], epoch: row.int(3), seq: row.int(4))
            if try isNewer(change) { try body(change) }
        }
    }

    /// Whether the target holds an older version of the row. Versions are totally ordered, for an epoch has one writer.
    private func isNewer(_ change: Change) throws -> Bool {
        let held = try target.first(
            "SELECT epoch, seq FROM _sf_chg WHERE tbl = ? AND k1 = ? AND k2 = ?", change.plan.target, change.key[0],
            change.key[1]
        ) { ($0.int(0), $0.int(1)) }
        guard let held else { return true }
        return (change.epoch, change.seq) > held
    }

    private func note(_ plan: TablePlan, _ key: [SQLValue], epoch: Int, seq: Int, isDeleted: Bool) throws {
        try target.execute(
            """
            INSERT INTO _sf_chg(tbl, k1, k2, epoch, seq, org, del, ts) VALUES(?, ?, ?, ?, ?, 'A', ?, ?)
            ON CONFLICT(tbl, k1, k2) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, org = excluded.org,
                del = excluded.del, ts = excluded.ts
            """, plan.target, key[0], key[1], epoch, seq, isDeleted, Clock.milliseconds())
    }

    private func sourceRow(_ change: Change) throws -> [SQLValue]? {
        let sql = RowSQL(change.plan)
        return try source.first(sql.sourceRow, values: sql.twice(change.key)) { $0.values }
    }

    private func delete(_ plan: TablePlan, _ key: [SQLValue]) throws {
        let sql = RowSQL(plan)
        try target.execute(sql.targetDelete, values: sql.twice(key))
    }

    private func insert(_ row: [SQLValue], _ plan: TablePlan, key: [SQLValue], top: Int) throws {
        let sql = RowSQL(plan).targetInsert
        do {
            try target.execute(sql, values: row)
        } catch let error where error.isUnique {
            try removeStale(row, plan, key: key, top: top)
            do {
                try target.execute(sql, values: row)
            } catch let error where error.isConstraint {
                throw refusal(plan, key, error)
            }
        } catch let error where error.isConstraint {
            throw refusal(plan, key, error)
        }
    }

    /// A row that holds a unique value of ours, and is no longer in the source, was deleted where no trigger saw it:
    /// `INSERT OR REPLACE` with `recursive_triggers` off (SQLite's default) does that. One that *is* in the source means that the
    /// target's constraints are narrower.
    private func removeStale(_ row: [SQLValue], _ plan: TablePlan, key: [SQLValue], top: Int) throws {
        let sql = RowSQL(plan)
        for columns in try TableInspector.uniqueIndexes(of: plan.target, in: target) {
            let places = columns.compactMap { column in plan.columns.firstIndex { $0.target == column } }
            guard places.count == columns.count else { continue }
            let condition = columns.map { "\(CaptureSQL.identifier($0)) = ?" }.joined(separator: " AND ")
            let keys = plan.key.map { CaptureSQL.identifier($0.target) }.joined(separator: ", ")
            let holders = try target.query(
                "SELECT \(keys) FROM \(CaptureSQL.identifier(plan.target)) WHERE \(condition)",
                values: places.map { row[$0] }
            ) { $0.values }
            for holder in holders {
                if let theirs = try source.first(sql.sourceRow, values: sql.twice(holder), row: { $0.values }) {
                    // It has given the value up in the source, and is older here: after a copy from another history, say.
                    if places.map({ theirs[$0] }) == places.map({ row[$0] }) { continue }
                    try delete(plan, holder)
                    try insert(theirs, plan, key: holder, top: top)
                    continue
                }
                try delete(plan, holder)
                try note(plan, holder + (holder.count == 1 ? [.text("")] : []), epoch: 1, seq: top, isDeleted: true)
            }
        }
    }

    private func refusal(_ plan: TablePlan, _ key: [SQLValue], _ error: SQLiteError) -> StopReason {
        .rowRefused(table: plan.target, key: Self.text(key), message: error.message)
    }

    /// A key for messages: never the rest of the row.
    static func text(_ key: [SQLValue]) -> String {
        key.compactMap { value in
            switch value {
            case .null: "NULL"
            case .int(let int): "\(int)"
            case .double(let double): "\(double)"
            case .text(let text): text.isEmpty ? nil : text
            case .blob(let bytes), .invalidText(let bytes): "\(bytes.count) bytes"
            }
        }.joined(separator: "/")
    }

    // MARK: The copy

    struct Chunk {
        var rows: Int
        /// Key of the last row; nil when there was none.
        var last: [SQLValue]?
        var isLast: Bool
    }

    /// Makes the target's rows between `start` and the end of the chunk equal to the source's.
    func copy(
        _ plan: TablePlan, after start: [SQLValue]?, limit: Int, from source: DatabaseConnection, top: Int
    ) throws -> Chunk {
        let sql = RowSQL(plan)
        let from = start.map { Array($0.prefix(plan.key.count)) } ?? []
        let rows = try source.query(sql.sourceChunk(fromStart: start == nil), values: from + [.int(Int64(limit))]) {
            $0.values
        }
        let places = plan.key.compactMap { key in plan.columns.firstIndex { $0.source == key.source } }
        let isLast = rows.count < limit
        let last = rows.last.map { row in places.map { row[$0] } }
        let end = isLast ? [] : last ?? []
        let held = try target.query(
            sql.targetKeys(fromStart: start == nil, toEnd: isLast), values: from + end
        ) { $0.values }
        for key in held { try delete(plan, key) }
        for row in rows { try insert(row, plan, key: places.map { row[$0] }, top: top) }
        return Chunk(
            rows: rows.count, last: last.map { $0.count == 1 ? $0 + [.text("")] : $0 }, isLast: isLast)
    }
}
