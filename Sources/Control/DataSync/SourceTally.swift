internal import Migration
internal import SQLite

/// Counts and hashes the rows of tables in a store without WAL, where a reader holds up the writers' commits: a chunk
/// at a time, each in a transaction of its own, as long as one of the copy.
///
/// The chunks are of different positions. Each row's hash is kept in a temporary database, so that a row that was
/// changed since can be taken out of the sum and put in as it is now; once no row is left to be put in, the sum holds
/// for the position of that moment.
final class SourceTally {
    /// Changes that may be reconciled inside the step that brings the target to the same position.
    private static let patience = 500

    private let group: DataDocument.Group
    private let plans: [String: TablePlan]
    private let hashes: DatabaseConnection
    private var sums: [String: TableDigest] = [:]
    /// Tables of which rows are still to be read, the first from the key.
    private var rest: [TablePlan]
    private var cursor: [SQLValue]?
    /// Changes up to this one are in the sums; nil: nothing was read.
    private var position: Int?

    init(_ plans: [TablePlan], of group: DataDocument.Group) throws {
        self.group = group
        rest = plans
        self.plans = Dictionary(plans.map { ($0.source, $0) }, uniquingKeysWith: { first, _ in first })
        // The empty name is SQLite's for a private file that is deleted with the connection.
        hashes = try DatabaseConnection(
            path: "",
            configuration: .init {
                $0.keepsJournalMode = true
                $0.synchronous = .off
            })
        try hashes.script(
            "CREATE TABLE row(tbl, \(CaptureSQL.keyList), h1, h2, PRIMARY KEY(tbl, \(CaptureSQL.keyList))) WITHOUT ROWID"
        )
    }

    /// Reads the next chunk of rows, or of changes since, in a transaction of its own.
    func gather(_ source: DatabaseConnection, limit: Int) throws {
        try source.transaction(.deferred) { source in
            let top = try source.changeClock()
            if position == nil { position = top }
            guard let plan = rest.first else {
                return try reconcile(source, upTo: top, limit: max(limit, Self.patience))
            }
            try read(plan, source, limit)
        }
    }

    private func read(_ plan: TablePlan, _ source: DatabaseConnection, _ limit: Int) throws {
        let sql = RowSQL(plan, of: group)
        let places = sql.keyPlaces
        var canonical = CanonicalRow()
        var count = 0
        var last: [SQLValue]?
        try hashes.transaction { _ in
            try source.query(
                sql.sourceChunk(fromStart: cursor == nil), values: (cursor ?? []) + [.int(Int64(limit))]
            ) { row in
                let key = places.map { row.value($0) }
                canonical.begin(row)
                try set(plan, key, TableDigest(canonical))
                count += 1
                last = key
            }
        }
        cursor = count < limit ? nil : last
        if cursor == nil { rest.removeFirst() }
    }

    /// Count and digest of each table at the position of the snapshot that is open; nil while rows or too many changes
    /// are unread.
    func settle(_ source: DatabaseConnection, top: Int) throws -> [String: TableDigest]? {
        guard rest.isEmpty else { return nil }
        try reconcile(source, upTo: top, limit: Self.patience)
        return position == top ? sums : nil
    }

    /// Puts in the rows that were changed, oldest change first.
    private func reconcile(_ source: DatabaseConnection, upTo top: Int, limit: Int) throws {
        let changes = try source.query(
            "SELECT tbl, feed, \(CaptureSQL.keyList) FROM _sf_chg WHERE feed > ? AND feed <= ? ORDER BY feed LIMIT ?",
            position ?? 0, top, limit
        ) { row in (table: row.text(0), feed: row.int(1), key: TablePlan.indices.map { row.value(2 + $0) }) }
        var canonical = CanonicalRow()
        try hashes.transaction { _ in
            for change in changes {
                guard let plan = plans[change.table] else { continue }
                let sql = RowSQL(plan, of: group)
                let key = Array(change.key.prefix(plan.key.count))
                let now = try source.first(sql.sourceRow, values: sql.twice(key)) { row in
                    canonical.begin(row)
                    return TableDigest(canonical)
                }
                try set(plan, key, now)
            }
        }
        // Several changes may share a number: one that was cut off is read again.
        position = changes.count < limit ? top : max(position ?? 0, (changes.last?.feed ?? top) - 1)
    }

    /// What a row adds to the sum from now on; nil when there is no such row.
    private func set(_ plan: TablePlan, _ key: [SQLValue], _ digest: TableDigest?) throws {
        let values = [SQLValue.text(plan.source)] + ChangeKey.padded(key)
        let before = try hashes.first(Self.held, values: values) { row in
            TableDigest(rows: 1, parts: (UInt64(bitPattern: row.int64(0)), UInt64(bitPattern: row.int64(1))))
        }
        if let before { sums[plan.source, default: TableDigest()].remove(before) }
        guard let digest else { return _ = try hashes.execute(Self.removing, values: values) }
        sums[plan.source, default: TableDigest()].add(digest)
        let parts = [digest.parts.0, digest.parts.1].map { SQLValue.int(Int64(bitPattern: $0)) }
        try hashes.execute(Self.keeping, values: values + parts)
    }

    private static let key = CaptureSQL.keyColumns.map { "\($0) = ?" }.joined(separator: " AND ")
    private static let held = "SELECT h1, h2 FROM row WHERE tbl = ? AND \(key)"
    private static let removing = "DELETE FROM row WHERE tbl = ? AND \(key)"
    private static let keeping =
        "INSERT OR REPLACE INTO row(tbl, \(CaptureSQL.keyList), h1, h2) VALUES(?, \(CaptureSQL.keyColumns.map { _ in "?" }.joined(separator: ", ")), ?, ?)"
}
