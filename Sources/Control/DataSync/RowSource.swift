internal import Migration
internal import SQLite

/// Where changed rows are read: from a snapshot of the source that is held, or from rows that were read from one that
/// has been released since.
enum RowSource {
    case snapshot(DatabaseConnection)
    case batch(ChangeBatch)

    /// The carried columns of a row; nil when the snapshot has none. Throws `NotInBatch` for a row that was not read,
    /// and `StopReason.mapBroken` for one that its map does not bring back.
    func row(_ plan: TablePlan, _ key: [SQLValue]) throws -> [SQLValue]? {
        switch self {
        case .snapshot(let source):
            let sql = RowSQL(plan)
            let row = try source.first(sql.sourceRow, values: sql.twice(key)) { $0.values }
            if row != nil { try MapCheck.row(plan, key, in: source) }
            return row
        case .batch(let batch): return try batch.row(plan, key)
        }
    }

    /// Only with the mistake `ownChangesOnly`: the source's identity.
    var identity: String? {
        get throws {
            guard case .snapshot(let source) = self else { return nil }
            return try source.text("SELECT id FROM _sf_store")
        }
    }

    /// Calls `body` with the changes in (`position`, `top`] that did not come from `peer`, in their order.
    func forEachChange(
        _ plans: [TablePlan], for peer: String, after position: Int, upTo top: Int,
        _ body: (ChangeBatch.Change) throws -> Void
    ) throws {
        switch self {
        case .snapshot(let source):
            try ChangeBatch.forEach(plans, for: peer, in: source, after: position, upTo: top) { change in
                try body(change)
                return true
            }
        case .batch(let batch): for change in batch.changes where change.feed <= top { try body(change) }
        }
    }
}

/// The step needs a row that was not read beforehand, for example one that holds a unique value. It is repeated with a
/// held snapshot.
struct NotInBatch: Error {}

/// Changes and their rows, read from one snapshot of the source at once, so that the snapshot can be let go before the
/// target is written. Without WAL a reader holds up the writers' commits.
struct ChangeBatch {
    /// A row of the source's change table.
    struct Change {
        var plan: TablePlan
        var key: [SQLValue]
        /// The row's version, and the store that wrote it.
        var epoch: Int
        var seq: Int
        var origin: String
        /// When it came to the source, by whatever way.
        var feed: Int
    }

    private struct Name: Hashable {
        var table: String
        var key: [SQLValue]
    }

    /// The most that is kept in memory; more is read in a held snapshot.
    static let rowLimit = 2_000
    private static let byteLimit = 8 << 20

    private(set) var changes: [Change] = []
    private var rows: [Name: [SQLValue]] = [:]
    private var gone: Set<Name> = []

    /// nil when it would be more than fits.
    static func read(
        _ plans: [TablePlan], for peer: String, in source: DatabaseConnection, after position: Int, upTo top: Int
    ) throws -> ChangeBatch? {
        var batch = ChangeBatch()
        var bytes = 0
        let isWhole = try forEach(plans, for: peer, in: source, after: position, upTo: top) { change in
            guard batch.changes.count < rowLimit, bytes < byteLimit else { return false }
            let name = Name(table: change.plan.source, key: change.key)
            if let row = try RowSource.snapshot(source).row(change.plan, change.key) {
                bytes += row.reduce(0) { $0 + size($1) }
                batch.rows[name] = row
            } else {
                batch.gone.insert(name)
            }
            batch.changes.append(change)
            return true
        }
        return isWhole ? batch : nil
    }

    fileprivate func row(_ plan: TablePlan, _ key: [SQLValue]) throws -> [SQLValue]? {
        let name = Name(table: plan.source, key: key)
        if let row = rows[name] { return row }
        guard gone.contains(name) else { throw NotInBatch() }
        return nil
    }

    private static func size(_ value: SQLValue) -> Int {
        switch value {
        case .text(let text): text.utf8.count
        case .blob(let bytes), .invalidText(let bytes): bytes.count
        default: 8
        }
    }

    /// Streams the changes, so that any number of them needs no memory, until `body` answers false; whether it never
    /// did.
    @discardableResult
    fileprivate static func forEach(
        _ plans: [TablePlan], for peer: String, in source: DatabaseConnection, after position: Int, upTo top: Int,
        _ body: (Change) throws -> Bool
    ) throws -> Bool {
        struct Enough: Error {}
        let byName = Dictionary(plans.map { ($0.source, $0) }, uniquingKeysWith: { first, _ in first })
        do {
            try source.query(
                "SELECT tbl, epoch, seq, org, feed, \(CaptureSQL.keyList) FROM _sf_chg WHERE feed > ? AND feed <= ? AND org <> ? ORDER BY feed, tbl, \(CaptureSQL.keyList)",
                position, top, peer
            ) { row in
                guard let plan = byName[row.text(0)] else { return }
                let change = Change(
                    plan: plan, key: plan.key.indices.map { row.value(5 + $0) }, epoch: row.int(1), seq: row.int(2),
                    origin: row.text(3), feed: row.int(4))
                if try !body(change) { throw Enough() }
            }
            return true
        } catch is Enough {
            return false
        }
    }
}
