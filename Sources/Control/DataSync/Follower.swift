internal import Migration
internal import SQLite

/// One target's place in the source's books: which tables it carries, and how far that was proven.
struct Follower {
    private let group: String
    /// Identity of the target's store.
    private let store: String

    init(group: String, target: DatabaseConnection) throws {
        self.group = group
        store = try target.text("SELECT id FROM _sf_store") ?? ""
    }

    /// From now on nothing of these tables is trimmed that this follower was not proven to have.
    func register(_ plans: [TablePlan], in source: DatabaseConnection) throws {
        try source.execute("INSERT OR IGNORE INTO _sf_follower VALUES(?, ?, 0)", store, group)
        try source.execute("DELETE FROM _sf_carried WHERE store = ? AND grp = ?", store, group)
        for plan in plans {
            try source.execute("INSERT INTO _sf_carried VALUES(?, ?, ?)", store, group, plan.source)
        }
    }
}
