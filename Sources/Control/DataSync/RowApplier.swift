internal import Migration
internal import SQLite

/// Brings rows of the target to what one snapshot of the source says, inside the target's transaction.
struct RowApplier {
    private let plans: [TablePlan]
    /// The target's identity.
    private let peer: String
    private let source: RowSource
    private let target: DatabaseConnection
    private let writer: RowWriter
    /// nil where rows have no owners.
    private let owners: RowOwnership?
    /// nil where one side writes.
    private let quarantine: Quarantine?
    private let faults: FaultInjection

    init(
        _ group: DataDocument.Group, _ plans: [TablePlan], for peer: String, source: RowSource,
        target: DatabaseConnection, quarantine: Quarantine?, faults: FaultInjection
    ) {
        self.quarantine = quarantine
        self.plans = plans
        self.peer = peer
        self.source = source
        self.target = target
        self.faults = faults
        owners = group.mode == .reads ? nil : RowOwnership(group)
        writer = RowWriter(source: source, target: target, owners: owners, faults: faults)
    }

    /// Carries every change after `position` and returns the number of rows.
    ///
    /// First the rows that are gone are deleted, so that their unique values are free; then the rows that exist are
    /// brought up to date.
    func apply(after position: Int, upTo top: Int) throws -> Int {
        guard top > position else { return 0 }
        if let owners {
            try forEachChange(after: position, upTo: top) { change in
                let row = try writer.sourceRow(change.plan, change.key)
                try owners.check(change.plan, change.key, row: row, in: target)
                try quarantine?.keep(change, row: row, in: target)
            }
        }
        if !faults.mistakes.contains(.deletesIgnored) {
            try forEachChange(after: position, upTo: top) { change in
                if try writer.sourceRow(change.plan, change.key) == nil { try writer.delete(change.plan, change.key) }
            }
            try faults.reached(.deletesDone)
        }
        let clock = try target.changeClock()
        var count = 0
        try forEachChange(after: position, upTo: top) { change in
            let row = try writer.sourceRow(change.plan, change.key)
            if row == nil, faults.mistakes.contains(.deletesIgnored) { return }
            if let row { try writer.write(row, change.plan, key: change.key) }
            count += 1
            try note(change, feed: clock &+ count, isDeleted: row == nil)
        }
        if count > 0 { try target.execute("UPDATE _sf_clk SET n = n + ?", count) }
        return count
    }

    /// Both passes see the same, for the snapshot stands still and versions are noted in the second only.
    private func forEachChange(
        after position: Int, upTo top: Int, _ body: (ChangeBatch.Change) throws -> Void
    ) throws {
        let last = faults.mistakes.contains(.lastChangeSkipped) && top > position + 1 ? top - 1 : top
        let mine = faults.mistakes.contains(.ownChangesOnly) ? try source.identity : nil
        try source.forEachChange(plans, for: peer, after: position, upTo: last) { change in
            guard try isNewer(change), mine == nil || mine == change.origin else { return }
            try body(change)
        }
    }

    private static let held =
        "SELECT epoch, seq FROM _sf_chg WHERE " + ChangeKey.place

    /// Whether the target holds an older version of the row. Versions are totally ordered, for an epoch has one writer.
    private func isNewer(_ change: ChangeBatch.Change) throws -> Bool {
        let held = try target.first(
            Self.held, values: [SQLValue.text(change.plan.target)] + ChangeKey.padded(change.key)
        ) { ($0.int(0), $0.int(1)) }
        guard let held, !faults.mistakes.contains(.guardIgnored) else { return true }
        return (change.epoch, change.seq) > held
    }

    private static let noting = """
        INSERT INTO _sf_chg(tbl, epoch, seq, org, feed, del, ts, \(CaptureSQL.keyList))
            VALUES(?, ?, ?, ?, ?, ?, ?, \(CaptureSQL.keyColumns.map { _ in "?" }.joined(separator: ", ")))
        ON CONFLICT(tbl, \(CaptureSQL.keyList)) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq,
            org = excluded.org, feed = excluded.feed, del = excluded.del, ts = excluded.ts
        """

    /// The version stays what it was when the row was written; the number in the feed is the target's own, so that
    /// those who follow the target count by one clock.
    private func note(_ change: ChangeBatch.Change, feed: Int, isDeleted: Bool) throws {
        let feed = faults.mistakes.contains(.feedOfTheWriter) ? change.seq : feed
        let values: [any SQLBindable] = [
            change.plan.target, change.epoch, change.seq, change.origin, feed, isDeleted, Clock.milliseconds(),
        ]
        try target.execute(Self.noting, values: values + ChangeKey.padded(change.key))
    }
}

/// Keys as the change tables hold them.
enum ChangeKey {
    /// Where a row stands in the change table; takes the table and the padded key.
    static let place =
        "tbl = ? AND " + CaptureSQL.keyColumns.map { "\($0) = ?" }.joined(separator: " AND ")

    /// The key with the empty text in the columns that it does not need.
    static func padded(_ key: [SQLValue]) -> [SQLValue] {
        key + Array(repeating: .text(""), count: max(0, TablePlan.widestKey - key.count))
    }

    /// A key for messages: never the rest of the row.
    static func text(_ key: [SQLValue]) -> String {
        key.map { value in
            switch value {
            case .null: "NULL"
            case .int(let int): "\(int)"
            case .double(let double): "\(double)"
            case .text(let text): text.isEmpty ? "''" : text
            case .blob(let bytes), .invalidText(let bytes): "\(bytes.count) bytes"
            }
        }.joined(separator: "/")
    }
}
