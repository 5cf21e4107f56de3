internal import DataSync
private import JSON
package import Migration
package import SQLite

/// A store's part in a move, in its `_sf_` tables.
package final class OwnershipStore: MoveStore {
    private let connection: DatabaseConnection
    private let side: StoreSide
    private let group: String
    private let tables: [SliceTable]
    private let now: () -> Int
    private let faults: MoveFaults

    /// The kind of connection that a move needs: a fence or a grant that was answered survives the loss of power.
    package static let durable = DatabaseConfiguration {
        $0.creates = false
        $0.keepsJournalMode = true
        $0.synchronous = .full
        $0.busyTimeout = .milliseconds(1)
    }

    /// Longer than any transaction of an agent; shorter than the time for which routers keep requests back.
    private static let patience = 500_000_000

    /// While a slice's users wait, nobody sleeps for longer than it takes.
    static func patiently<T>(_ body: () throws -> T) throws -> T {
        try StreamConnections.patiently(for: patience, body)
    }

    /// - Parameters:
    ///   - tables: of the group, as they are called here.
    ///   - now: milliseconds since 1970, for people who read `_sf_move`; no decision rests on it.
    package init(
        _ connection: DatabaseConnection, side: StoreSide, group: String, tables: [SliceTable],
        now: @escaping () -> Int, faults: MoveFaults = MoveFaults()
    ) {
        self.connection = connection
        self.side = side
        self.group = group
        self.tables = tables
        self.now = now
        self.faults = faults
    }

    package func ranges() throws -> OwnershipRanges {
        let rows = try connection.query(
            "SELECT lo, hi, owner, epoch, state FROM _sf_own WHERE grp = ? ORDER BY lo", group
        ) { row in
            guard let owner = StoreSide(rawValue: row.text(2)), let state = OwnershipRange.State(rawValue: row.text(4))
            else { throw OwnershipProblem("_sf_own of \(connection.path) has a row that this release does not know") }
            return OwnershipRange(lo: row.int(0), hi: row.int(1), owner: owner, epoch: row.int(3), state: state)
        }
        return try OwnershipRanges(rows, at: side)
    }

    // MARK: Changes

    package func fence(_ slice: MoveSlice) throws -> Int {
        try change { ranges throws(OwnershipProblem) in
            try ranges.fence(slice)
        } and: {
            // Read where the fence is written: SQLite has one writer, so no change of the slice can come after it.
            let last = try connection.changeClock()
            try note(slice, "fenced", f: last, g: nil)
            return last
        }
    }

    package func unfence(_ slice: MoveSlice) throws {
        try change { ranges throws(OwnershipProblem) in
            try ranges.unfence(slice)
        } and: {
            try close(slice, "aborted")
        }
    }

    package func grant(_ slice: MoveSlice, position: Int) throws {
        try change { ranges throws(OwnershipProblem) in
            try ranges.grant(slice)
        } and: {
            let last = try connection.changeClock()
            try note(slice, "granted", f: position, g: last)
        }
    }

    package func follow(_ slice: MoveSlice) throws {
        try change { ranges throws(OwnershipProblem) in
            try ranges.follow(slice)
        } and: {
            try close(slice, "done")
        }
    }

    private func change<T>(
        _ body: (inout OwnershipRanges) throws(OwnershipProblem) -> Void, and more: () throws -> T
    ) throws -> T {
        let result = try Self.patiently {
            try connection.transaction(.immediate) { _ in
                let before = try ranges()
                var after = before
                try body(&after)
                if after != before { try write(after, over: before) }
                let result = try more()
                try faults.reached(.beforeCommit)
                return result
            }
        }
        try faults.reached(.afterCommit)
        return result
    }

    private func write(_ after: OwnershipRanges, over before: OwnershipRanges) throws {
        try connection.execute("DELETE FROM _sf_own WHERE grp = ?", group)
        for range in after.ranges {
            try connection.execute(
                "INSERT INTO _sf_own(grp, lo, hi, owner, epoch, state) VALUES(?, ?, ?, ?, ?, ?)", group, range.lo,
                range.hi, range.owner.rawValue, range.epoch, range.state.rawValue)
        }
    }

    private func note(_ slice: MoveSlice, _ phase: String, f: Int, g: Int?) throws {
        try connection.execute(
            """
            INSERT INTO _sf_move(id, grp, lo, hi, from_side, to_side, epoch, phase, f, g, ts)
                VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT(id) DO UPDATE SET phase = excluded.phase, f = excluded.f, g = excluded.g, ts = excluded.ts
            """, slice.move(of: group), group, slice.buckets.lowerBound, slice.buckets.upperBound - 1,
            slice.from.rawValue,
            slice.to.rawValue, slice.epoch, phase, f, g, now())
    }

    private func close(_ slice: MoveSlice, _ phase: String) throws {
        try connection.execute(
            "UPDATE _sf_move SET phase = ?, ts = ? WHERE id = ? AND phase = 'fenced'", phase, now(),
            slice.move(of: group))
    }

    // MARK: Looking

    package func position() throws -> Int {
        try connection.feedPosition(of: group) ?? 0
    }

    package func undrained(after position: Int, upTo last: Int) throws -> Int {
        guard position < last else { return 0 }
        let places = tables.map { _ in "?" }.joined(separator: ", ")
        return try connection.first(
            "SELECT count(*) FROM _sf_chg WHERE feed > ? AND feed <= ? AND tbl COLLATE NOCASE IN (\(places))",
            values: [position, last] as [any SQLBindable] + tables.map(\.name)
        ) { $0.int(0) } ?? 0
    }

    package func keys(in buckets: Range<Int>) throws -> [String] {
        try connection.query(
            "SELECT key FROM _sf_key WHERE grp = ? AND bucket >= ? AND bucket < ?", group, buckets.lowerBound,
            buckets.upperBound
        ) { $0.text(0) }
    }

    package func digest(of keys: [String]) throws -> TableDigest {
        var list = JSONWriter()
        list.array { list in for key in keys { list.string(key) } }
        let bound = String(decoding: list.bytes, as: UTF8.self)
        return try connection.transaction(.deferred) { connection in
            var digest = TableDigest()
            var row = CanonicalRow()
            for table in tables {
                let terms = table.terms.joined(separator: ", ")
                try connection.query(
                    """
                    SELECT \(terms) FROM \(CaptureSQL.identifier(table.name))
                        WHERE \(CaptureSQL.identifier(table.owner)) IN (SELECT value FROM json_each(?))
                    """, bound
                ) { found in
                    row.begin(found)
                    digest.add(row)
                }
            }
            return digest
        }
    }

    package func bucketsAhead(from ticks: Int, to goal: Int, limit: Int) throws -> [Int] {
        let (low, high) = (min(ticks, goal), max(ticks, goal))
        return try connection.query(
            "SELECT bucket FROM _sf_key WHERE grp = ? AND bucket >= ? AND bucket < ? ORDER BY bucket \(ticks < goal ? "ASC" : "DESC") LIMIT ?",
            group, low, high, limit
        ) { $0.int(0) }
    }
}

/// A table of a group as one store names it.
package struct SliceTable: Sendable, Equatable {
    package var name: String
    /// The column that holds the user's key.
    package var owner: String
    /// What is compared of a row, as SQL: the same values in the same order on both sides, whatever the columns are
    /// called and in whatever form a store keeps them.
    package var terms: [String]

    package init(name: String, owner: String, terms: [String]) {
        (self.name, self.owner, self.terms) = (name, owner, terms)
    }
}
