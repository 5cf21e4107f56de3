import Migration
import Routing
import SQLite
import TestSupport

/// One side's store: a real file with the objects and triggers that a side has, and an application that counts for its
/// users and keeps items for them.
final class SimulatedStore {
    static let group = "g"
    /// A few users, whose buckets lie wherever they fall.
    static let users = ["ann", "bob", "cyd", "dan", "eve"]
    static let buckets = users.map { Int(Assignment(salt: group).bucket(of: $0)) }

    let side: StoreSide
    let connection: DatabaseConnection

    init(_ side: StoreSide, folder: String) throws {
        self.side = side
        connection = try DatabaseConnection(
            path: folder + "/\(side.rawValue).db", configuration: .init { $0.synchronous = .off })
        try connection.script(Self.objects)
        for (table, owner) in [("users", "id"), ("items", "owner")] {
            try connection.script(Self.triggers(table, owner, side.rawValue))
        }
    }

    private static let objects = """
        CREATE TABLE users(id TEXT PRIMARY KEY, n INTEGER NOT NULL);
        CREATE TABLE items(id TEXT PRIMARY KEY, owner TEXT NOT NULL);
        CREATE TABLE _sf_own(grp, lo INTEGER, hi INTEGER, owner, epoch INTEGER, state, PRIMARY KEY(grp, lo)) WITHOUT ROWID;
        CREATE TABLE _sf_clk(one INTEGER PRIMARY KEY, n INTEGER NOT NULL);
        CREATE TABLE _sf_chg(tbl, k1, epoch INTEGER, seq INTEGER, org, feed INTEGER, del INTEGER, ts INTEGER,
            PRIMARY KEY(tbl, k1)) WITHOUT ROWID;
        CREATE INDEX _sf_chg_feed ON _sf_chg(feed);
        CREATE TABLE _sf_key(grp, key, bucket INTEGER, PRIMARY KEY(grp, key)) WITHOUT ROWID;
        CREATE TABLE _sf_ctx(origin);
        CREATE TABLE _sf_pos(peer PRIMARY KEY, seq INTEGER) WITHOUT ROWID;
        CREATE TABLE _sf_move(id PRIMARY KEY, grp, lo, hi, from_side, to_side, epoch, phase, f, g, ts) WITHOUT ROWID;
        """

    /// A range of the listed key's bucket; the epoch of what is written for a key that is not listed is 1.
    private static func listed(_ value: String, _ key: String) -> String {
        "(SELECT (SELECT \(value) FROM _sf_own WHERE grp = 'g' AND lo <= bucket ORDER BY lo DESC LIMIT 1) FROM _sf_key WHERE grp = 'g' AND key = \(key))"
    }

    private static func triggers(_ table: String, _ owner: String, _ side: String) -> String {
        func refusing(_ row: String) -> String {
            let mine = listed("owner = '\(side)' AND state = 'own'", "\(row).\(owner)")
            return "SELECT RAISE(ROLLBACK, 'SF_FENCED') WHERE NOT coalesce(\(mine), \(side == "A" ? 1 : 0));"
        }
        func noting(_ row: String, _ del: Int) -> String {
            """
            UPDATE _sf_clk SET n = n + 1;
            INSERT INTO _sf_chg SELECT '\(table)', \(row).id, coalesce(\(listed("epoch", "\(row).\(owner)")), 1), n, '\(side)', n, \(del), 0 FROM _sf_clk WHERE 1
                ON CONFLICT DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, org = excluded.org, feed = excluded.feed, del = excluded.del;
            """
        }
        let quiet = "WHEN NOT EXISTS(SELECT 1 FROM _sf_ctx)"
        return """
            CREATE TRIGGER \(table)_bi BEFORE INSERT ON \(table) \(quiet) BEGIN \(refusing("NEW")) END;
            CREATE TRIGGER \(table)_bu BEFORE UPDATE ON \(table) \(quiet) BEGIN \(refusing("OLD")) END;
            CREATE TRIGGER \(table)_bd BEFORE DELETE ON \(table) \(quiet) BEGIN \(refusing("OLD")) END;
            CREATE TRIGGER \(table)_ai AFTER INSERT ON \(table) \(quiet) BEGIN \(noting("NEW", 0)) END;
            CREATE TRIGGER \(table)_au AFTER UPDATE ON \(table) \(quiet) BEGIN \(noting("NEW", 0)) END;
            CREATE TRIGGER \(table)_ad AFTER DELETE ON \(table) \(quiet) BEGIN \(noting("OLD", 1)) END;
            """
    }

    /// As `data create` leaves a store: everything the monolith's, users listed but for the new ones.
    func reset(listed: [String]) throws {
        try connection.transaction { connection in
            try connection.script(
                """
                INSERT INTO _sf_ctx VALUES('');
                DELETE FROM users; DELETE FROM items; DELETE FROM _sf_own; DELETE FROM _sf_chg; DELETE FROM _sf_key;
                DELETE FROM _sf_move; DELETE FROM _sf_ctx;
                INSERT OR REPLACE INTO _sf_clk VALUES(1, 0); INSERT OR REPLACE INTO _sf_pos VALUES('g', 0);
                INSERT INTO _sf_own VALUES('g', 0, 999999, 'A', 2, '\(side == .monolith ? "own" : "follow")');
                """)
            for (user, bucket) in zip(Self.users, Self.buckets) where listed.contains(user) {
                try connection.execute("INSERT INTO _sf_key VALUES('g', ?, ?)", user, bucket)
            }
        }
    }

    // MARK: The application

    enum Work: Equatable {
        case read
        case count
        case add(item: String)
        case delete(item: String)

        var isWrite: Bool { self != .read }
    }

    enum Result: Equatable {
        /// What the counter says now.
        case done(Int)
        /// The store refused: another side owns the user, or nobody at the moment.
        case refused
    }

    /// One request, in one transaction; also the epoch in which it was written.
    func perform(_ work: Work, for user: String) throws -> (result: Result, epoch: Int) {
        if work == .read {
            return (.done(try connection.int("SELECT n FROM users WHERE id = ?", user) ?? 0), 0)
        }
        do {
            return try connection.transaction { connection in
                switch work {
                case .read: break
                case .count:
                    try connection.execute(
                        "INSERT INTO users VALUES(?, 1) ON CONFLICT DO UPDATE SET n = n + 1", user)
                case .add(let item): try connection.execute("INSERT OR IGNORE INTO items VALUES(?, ?)", item, user)
                case .delete(let item): try connection.execute("DELETE FROM items WHERE id = ?", item)
                }
                guard work == .count else { return (.done(0), 0) }
                let counted = try connection.first(
                    "SELECT n, epoch FROM users JOIN _sf_chg ON tbl = 'users' AND k1 = id WHERE id = ?", user
                ) { ($0.int(0), $0.int(1)) }
                return (.done(counted?.0 ?? 0), counted?.1 ?? 0)
            }
        } catch let error as SQLiteError where error.message == "SF_FENCED" {
            return (.refused, 0)
        }
    }

    /// What this store says of a user's bucket.
    func state(of user: Int) throws -> OwnershipRange.State {
        let text = try connection.text(
            "SELECT state FROM _sf_own WHERE grp = 'g' AND lo <= ? ORDER BY lo DESC LIMIT 1", Self.buckets[user])
        return text.flatMap(OwnershipRange.State.init(rawValue:)) ?? .follow
    }

    func lists(_ user: String) throws -> Bool {
        try connection.int("SELECT 1 FROM _sf_key WHERE grp = 'g' AND key = ?", user) == 1
    }

    /// Every row of the application, and nothing of ours.
    func rows() throws -> [String] {
        try connection.query("SELECT id || '=' || n FROM users ORDER BY id") { $0.text(0) }
            + connection.query("SELECT id || '@' || owner FROM items ORDER BY id") { $0.text(0) }
    }
}
