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
        store = try target.text("SELECT id FROM _sf_store") ?? ""
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
                let common = try source.int("SELECT min(proven) FROM _sf_carried WHERE tbl = ?", plan.source) ?? 0
                try source.execute(
                    """
                    INSERT INTO _sf_trimmed VALUES(?1, ?2) ON CONFLICT(tbl) DO UPDATE SET seq = max(seq, ?2)
                    """, plan.source, common)
                return try Self.remove(plan.source, upTo: common, limit, from: source)
            }
            let ours = try target.transaction { try Self.remove(plan.target, upTo: proven, limit, from: $0) }
            if theirs < limit, ours < limit { done[plan.source] = proven }
            if theirs + ours > 0 { return theirs + ours }
        }
        return 0
    }

    private static func remove(
        _ table: String, upTo bound: Int, _ limit: Int, from connection: DatabaseConnection
    ) throws -> Int {
        let last = try connection.int(
            "SELECT max(seq) FROM (SELECT seq FROM _sf_chg WHERE org = 'A' AND seq <= ? AND tbl = ? ORDER BY seq LIMIT ?)",
            bound, table, limit)
        guard let last else { return 0 }
        return try connection.execute("DELETE FROM _sf_chg WHERE org = 'A' AND seq <= ? AND tbl = ?", last, table)
    }
}
