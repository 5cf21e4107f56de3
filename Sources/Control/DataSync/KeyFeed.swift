internal import Migration
internal import SQLite

/// Lists the keys of users who came after `data create`.
///
/// A user is first written at the monolith, whose key is not listed then. The stream there finds the key among its
/// changes and lists it at the monolith: from that moment the range of its bucket decides, and if that is the
/// service's, the monolith writes it no more. The number of that moment is kept (`_sf_new`). The service lists the key
/// in the transaction that brings it to that number or beyond, and so has every row of the user before it may write
/// one.
struct KeyFeed {
    private let group: DataDocument.Group
    private let buckets: KeyBuckets
    /// The service's identity.
    private let peer: String

    init(_ group: DataDocument.Group, peer: String) {
        self.group = group
        self.peer = peer
        buckets = KeyBuckets(salt: group.salt)
    }

    private var isNeeded: Bool { group.mode == .owned && !group.isBack }

    /// Keys among the changes in a snapshot of the source that nobody listed yet.
    func fresh(
        _ plans: [TablePlan], in source: DatabaseConnection, after position: Int, upTo top: Int
    ) throws -> [String] {
        guard isNeeded else { return [] }
        var keys: [String] = []
        for plan in plans {
            guard let sql = RowSQL(plan).unlistedOwners(group.name) else { continue }
            keys += try source.query(sql, position, top, peer) { $0.text(0) }
        }
        return keys
    }

    /// Lists keys at the source, in a transaction of it, and forgets those that the target has.
    func list(_ keys: [String], in source: DatabaseConnection, position: Int) throws {
        guard isNeeded else { return }
        try source.execute("DELETE FROM _sf_new WHERE grp = ? AND feed <= ?", group.name, position)
        guard !keys.isEmpty else { return }
        try source.execute("UPDATE _sf_clk SET n = n + 1")
        for key in keys {
            try source.execute(
                "INSERT OR IGNORE INTO _sf_key(grp, key, bucket) VALUES(?, ?, ?)", group.name, key,
                buckets.bucket(of: key))
            try source.execute(
                "INSERT OR REPLACE INTO _sf_new(grp, key, feed) SELECT ?, ?, n FROM _sf_clk", group.name, key)
        }
    }

    /// Keys that a snapshot of the source lists and the target, at `position`, does not.
    func due(in source: DatabaseConnection, after position: Int) throws -> [String] {
        guard isNeeded else { return [] }
        return try source.query("SELECT key FROM _sf_new WHERE grp = ? AND feed > ?", group.name, position) {
            $0.text(0)
        }
    }

    /// Lists keys at the target, in the transaction that brings it to the snapshot that listed them.
    func grant(_ keys: [String], in target: DatabaseConnection) throws {
        for key in keys {
            try target.execute(
                "INSERT OR IGNORE INTO _sf_key(grp, key, bucket) VALUES(?, ?, ?)", group.name, key,
                buckets.bucket(of: key))
        }
    }
}
