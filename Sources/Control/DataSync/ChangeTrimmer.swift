internal import Migration
internal import SQLite

/// Removes changes from the change tables that are not needed any more: those that every follower of a table has, up to
/// where its rows were proven equal, by the copy's proof or by a verify since. A late copy could bring a deleted row
/// back only from before that.
///
/// The source's books say how far each follower was proven, so that agents of several targets need not know each other.
/// In batches: the monolith's writers wait for a few hundred rows at most.
struct ChangeTrimmer {
    private let group: String
    /// Identity of the target's store.
    private let store: String
    /// Up to where each table was dealt with.
    private var done: [String: Int] = [:]

    init(group: String, target: DatabaseConnection) throws {
        self.group = group
        store = try target.storeIdentity()
    }

    /// From now on nothing of these tables is trimmed that this follower was not proven to have.
    func register(_ plans: [TablePlan], in source: DatabaseConnection) throws {
        try source.execute("DELETE FROM _sf_carried WHERE store = ? AND grp = ?", store, group)
        for plan in plans {
            try source.execute("INSERT INTO _sf_carried VALUES(?, ?, ?, 0)", store, group, plan.source)
        }
    }

    /// Removes a batch from both stores and returns the number of rows. 0 means that nothing was left to trim and
    /// nothing was written.
    mutating func batch(
        _ plans: [TablePlan], source: DatabaseConnection, target: DatabaseConnection, limit: Int
    ) throws -> Int {
        for plan in plans {
            let proven = try target.int(
                "SELECT seq FROM _sf_proof WHERE grp = ? AND tbl = ? COLLATE NOCASE", group, plan.source)
            guard let proven, proven > done[plan.source] ?? 0 else { continue }
            let theirs = try source.transaction { source in
                try source.execute(
                    "UPDATE _sf_carried SET proven = ? WHERE store = ? AND grp = ? AND tbl = ?", proven, store, group,
                    plan.source)
                return try Self.remove(plan.source, limit, from: source)
            }
            let ours = try target.transaction { try Self.remove(plan.target, limit, from: $0) }
            if theirs < limit, ours < limit { done[plan.source] = proven }
            if theirs + ours > 0 { return theirs + ours }
        }
        return 0
    }

    private static func remove(_ table: String, _ limit: Int, from store: DatabaseConnection) throws -> Int {
        guard let bound = try bound(table, in: store) else { return 0 }
        let last = try store.int(
            "SELECT max(feed) FROM (SELECT feed FROM _sf_chg WHERE feed <= ? AND tbl = ? ORDER BY feed LIMIT ?)",
            bound, table, limit)
        try store.execute(
            "INSERT INTO _sf_trimmed VALUES(?1, ?2) ON CONFLICT(tbl) DO UPDATE SET seq = max(seq, ?2)", table, bound)
        guard let last else { return 0 }
        return try store.execute("DELETE FROM _sf_chg WHERE feed <= ? AND tbl = ?", last, table)
    }

    /// Up to where a store needs none of a table's changes any more: everybody who follows it was proven to have them,
    /// and where the table itself follows, it was proven equal since they came. nil: it neither follows nor is
    /// followed.
    private static func bound(_ table: String, in store: DatabaseConnection) throws -> Int? {
        try store.int(
            """
            SELECT min(bound) FROM (
                SELECT proven AS bound FROM _sf_carried WHERE tbl = ?1
                UNION ALL SELECT coalesce(p.clk, 0) FROM _sf_plan AS l
                    LEFT JOIN _sf_proof AS p ON p.grp = l.grp AND p.tbl = l.src COLLATE NOCASE
                    WHERE l.dst = ?1 COLLATE NOCASE)
            """, table)
    }
}
