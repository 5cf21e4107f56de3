internal import Migration
internal import SQLite

/// Copies the rows that were there before, a chunk at a time, and remembers how far it came in `_sf_fill`.
///
/// A table goes through two walks. The source's rows are walked in the order of the source's own index, and each is
/// made so in the target. Then, unless the target's table was empty at first, its rows are walked in *its* order, and
/// those that the source does not have are deleted. Neither store's order says anything about rows of the other, so
/// keys of other types, encodings or collations cannot fall between two ranges.
///
/// Everything is read in the snapshot of the changes that were carried before it: a row deleted meanwhile is not in it,
/// and one changed meanwhile is in it as it is now.
struct TableCopier {
    enum Phase: String {
        /// The target's table was empty: what it holds came from here.
        case fresh
        case copy
        /// The source's rows are all there; the target's are walked.
        case sweep
        case done
    }

    private struct Progress {
        var phase: Phase
        /// Where the walk ended; nil: it has not begun.
        var cursor: [SQLValue]?
        var rows: Int
    }

    private let group: DataDocument.Group
    private let source: DatabaseConnection
    private let target: DatabaseConnection
    private let writer: RowWriter
    private let faults: FaultInjection

    init(
        _ group: DataDocument.Group, source: DatabaseConnection, target: DatabaseConnection, faults: FaultInjection
    ) {
        self.group = group
        self.source = source
        self.target = target
        self.faults = faults
        writer = RowWriter(
            source: .snapshot(source), target: target, owners: group.mode == .reads ? nil : RowOwnership(group),
            faults: faults)
    }

    /// Copies the next chunk; nil when the table is copied.
    /// - Parameter install: name of the installation of the triggers that note changes since the copy began.
    func step(_ plan: TablePlan, limit: Int, install: String) throws -> Int? {
        var progress = try self.progress(plan)
        if progress.phase == .done { return nil }
        let count: Int
        let cursor: [SQLValue]?
        if progress.phase == .sweep {
            (count, cursor) = try sweep(plan, after: progress.cursor, limit: limit)
        } else {
            (count, cursor) = try copy(plan, after: progress.cursor, limit: limit)
            progress.rows += count
        }
        progress.cursor = cursor
        if count < limit {
            progress.cursor = nil
            progress.phase = progress.phase == .copy && !faults.mistakes.contains(.straysKept) ? .sweep : .done
        }
        try store(progress, plan, install)
        return count
    }

    private func progress(_ plan: TablePlan) throws -> Progress {
        let held = try target.first(
            "SELECT phase, rows, \(CaptureSQL.keyList) FROM _sf_fill WHERE grp = ? AND tbl = ?", group.name, plan.source
        ) { row in (phase: row.text(0), rows: row.int(1), values: TablePlan.indices.map { row.value(2 + $0) }) }
        guard let held, let phase = Phase(rawValue: held.phase) else {
            try target.execute("DELETE FROM _sf_proof WHERE grp = ? AND tbl = ?", group.name, plan.source)
            let isEmpty = try target.int(RowSQL(plan).targetIsEmpty) == 1
            return Progress(phase: isEmpty ? .fresh : .copy, cursor: nil, rows: 0)
        }
        return Progress(phase: phase, cursor: held.values.first == .null ? nil : held.values, rows: held.rows)
    }

    private func store(_ progress: Progress, _ plan: TablePlan, _ install: String) throws {
        let places = CaptureSQL.keyColumns.map { _ in "?" }.joined(separator: ", ")
        let values: [any SQLBindable] = [group.name, plan.source, progress.phase.rawValue, progress.rows, install]
        let cursor = progress.cursor.map(ChangeKey.padded) ?? TablePlan.indices.map { _ in .null }
        try target.execute(
            "INSERT OR REPLACE INTO _sf_fill(grp, tbl, phase, rows, install, \(CaptureSQL.keyList)) VALUES(?, ?, ?, ?, ?, \(places))",
            values: values + cursor)
    }

    private func copy(_ plan: TablePlan, after cursor: [SQLValue]?, limit: Int) throws -> (Int, [SQLValue]?) {
        let sql = RowSQL(plan, of: group)
        let from = cursor.map { Array($0.prefix(plan.key.count)) } ?? []
        let rows = try source.query(sql.sourceChunk(fromStart: cursor == nil), values: from + [.int(Int64(limit))]) {
            $0.values
        }
        let places = sql.keyPlaces
        for row in rows { try writer.write(row, plan, key: places.map { row[$0] }) }
        return (rows.count, rows.last.map { row in places.map { row[$0] } } ?? cursor)
    }

    private func sweep(_ plan: TablePlan, after cursor: [SQLValue]?, limit: Int) throws -> (Int, [SQLValue]?) {
        let sql = RowSQL(plan, of: group)
        let from = cursor.map { Array($0.prefix(sql.walkWidth)) } ?? []
        let rows = try target.query(sql.targetWalk(fromStart: cursor == nil), values: from + [.int(Int64(limit))]) {
            $0.values
        }
        for row in rows {
            let key = Array(row.dropFirst(sql.walkWidth))
            if try writer.sourceRow(plan, key) == nil { try writer.delete(plan, key) }
        }
        return (rows.count, rows.last.map { Array($0.prefix(sql.walkWidth)) } ?? cursor)
    }
}

extension TablePlan {
    /// The positions of a key's columns in the change tables.
    static var indices: Range<Int> { 0..<widestKey }
}
