internal import Migration
internal import SQLite

/// Lists the keys of the users who have rows in a group, with their buckets: the triggers look there, since the
/// monolith's connections know no function of ours.
///
/// A key that is not listed is the monolith's. So `data create` lists every key that is there before it says that it is
/// done, and the agent those that come after it.
struct KeyDirectory {
    /// Rows of a chunk: each is read and written in transactions of their own, beside the writers.
    private static let chunk = 2_000

    private let group: DataDocument.Group
    private let buckets: KeyBuckets

    init(_ group: DataDocument.Group) {
        self.group = group
        buckets = KeyBuckets(salt: group.salt)
    }

    /// Lists the keys of every row that is there in both stores, and returns how many were new.
    func listAll(_ plans: [TablePlan], source: DatabaseConnection, target: DatabaseConnection) throws -> Int {
        var count = 0
        for plan in plans where plan.owner != nil {
            var cursor: [SQLValue]?
            while let read = try chunk(plan, after: cursor, source) {
                count += try list(read.keys, source: source, target: target)
                cursor = read.last
            }
        }
        try source.execute("INSERT OR REPLACE INTO _sf_listed VALUES(?, ?)", group.name, Clock.milliseconds())
        return count
    }

    /// Whether every key that was there when capture was installed is listed.
    static func isWhole(_ group: DataDocument.Group, in source: DatabaseConnection) throws -> Bool {
        try group.mode != .owned || group.isBack
            || source.int("SELECT count(*) FROM _sf_listed WHERE grp = ?", group.name) == 1
    }

    private func chunk(
        _ plan: TablePlan, after cursor: [SQLValue]?, _ source: DatabaseConnection
    ) throws -> (keys: Set<String>, last: [SQLValue])? {
        guard let sql = RowSQL(plan).sourceOwners(fromStart: cursor == nil) else { return nil }
        var keys: Set<String> = []
        var last: [SQLValue]?
        try source.query(sql, values: (cursor ?? []) + [.int(Int64(Self.chunk))]) { row in
            last = plan.key.indices.map { row.value($0) }
            if let key = row.optionalText(plan.key.count) { keys.insert(key) }
        }
        return last.map { (keys, $0) }
    }

    private static let listing = "INSERT OR IGNORE INTO _sf_key(grp, key, bucket) VALUES(?, ?, ?)"

    private func list(_ keys: Set<String>, source: DatabaseConnection, target: DatabaseConnection) throws -> Int {
        // A new key of a bucket that is the service's is the agent's to list: what the monolith wrote for it must
        // arrive before the service may go on with it.
        let mine = try source.transaction { source in
            let ranges = try OwnedRanges(group.name, in: source)
            return try keys.filter { key in
                guard ranges.owner(of: buckets.bucket(of: key)) == .monolith else { return false }
                return try source.execute(Self.listing, group.name, key, buckets.bucket(of: key)) > 0
            }
        }
        let listed = try keys.filter {
            try source.int("SELECT 1 FROM _sf_key WHERE grp = ? AND key = ?", group.name, $0) == 1
        }
        try target.transaction { target in
            let ranges = try OwnedRanges(group.name, in: target)
            for key in listed where ranges.owner(of: buckets.bucket(of: key)) == .monolith {
                try target.execute(Self.listing, group.name, key, buckets.bucket(of: key))
            }
        }
        return mine.count
    }
}
