import Migration
import SQLite

/// The smallest agent that carries one store's changes into the other by the rules of the real one: a snapshot, the
/// guard by versions, rows and position in one transaction, local numbers for what is applied.
struct SimulatedFeed {
    struct Change {
        var table: String
        var key: String
        var epoch: Int
        var seq: Int
        var origin: String
        var value: (Int, String)?
    }

    /// A version that arrived for users whose rows the store itself writes: it cannot happen by protocol.
    struct NewerThanOwner: Error {}

    let source: SimulatedStore
    let target: SimulatedStore

    struct Snapshot {
        var top: Int
        var changes: [Change]
        var keys: [(String, Int)]
    }

    /// Users who came to be at the monolith are listed there first: what it wrote for them until then is in the
    /// snapshot that is read after it.
    func read() throws -> Snapshot {
        if source.side == .monolith {
            let unlisted = try source.connection.query(
                "SELECT id FROM users WHERE NOT EXISTS(SELECT 1 FROM _sf_key WHERE key = id)"
            ) { $0.text(0) }
            for user in unlisted {
                guard let place = SimulatedStore.users.firstIndex(of: user) else { continue }
                try source.connection.execute(
                    "INSERT OR IGNORE INTO _sf_key VALUES('g', ?, ?)", user, SimulatedStore.buckets[place])
            }
        }
        return try source.connection.transaction(.deferred) { source in
            let position = try target.connection.int("SELECT seq FROM _sf_pos") ?? 0
            let changes = try source.query(
                "SELECT tbl, k1, epoch, seq, org FROM _sf_chg WHERE feed > ? AND org <> ? ORDER BY feed", position,
                target.side.rawValue
            ) {
                Change(table: $0.text(0), key: $0.text(1), epoch: $0.int(2), seq: $0.int(3), origin: $0.text(4))
            }
            let read = try changes.map { change in
                var change = change
                change.value = try source.first(
                    change.table == "users"
                        ? "SELECT n, id FROM users WHERE id = ?" : "SELECT 0, owner FROM items WHERE id = ?", change.key
                ) { ($0.int(0), $0.text(1)) }
                return change
            }
            let keys = try source.query("SELECT key, bucket FROM _sf_key") { ($0.text(0), $0.int(1)) }
            return Snapshot(top: try source.int("SELECT n FROM _sf_clk") ?? 0, changes: read, keys: keys)
        }
    }

    /// - Parameter isHub: only with the mistake that an origin is forgotten.
    func apply(_ snapshot: Snapshot, beforeCommit: () throws -> Void) throws {
        try target.connection.transaction { target in
            try target.execute("INSERT INTO _sf_ctx VALUES('x')")
            for change in snapshot.changes {
                let held = try target.first(
                    "SELECT epoch, seq FROM _sf_chg WHERE tbl = ? AND k1 = ?", change.table, change.key
                ) { ($0.int(0), $0.int(1)) }
                if let held, held >= (change.epoch, change.seq) { continue }
                try checkOwner(of: change)
                if change.table == "users" {
                    try target.execute("DELETE FROM users WHERE id = ?", change.key)
                } else {
                    try target.execute("DELETE FROM items WHERE id = ?", change.key)
                }
                if let value = change.value {
                    if change.table == "users" {
                        try target.execute("INSERT INTO users VALUES(?, ?)", change.key, value.0)
                    } else {
                        try target.execute("INSERT INTO items VALUES(?, ?)", change.key, value.1)
                    }
                }
                try target.execute("UPDATE _sf_clk SET n = n + 1")
                try target.execute(
                    "INSERT OR REPLACE INTO _sf_chg SELECT ?, ?, ?, ?, ?, n, ?, 0 FROM _sf_clk", change.table,
                    change.key, change.epoch, change.seq, change.origin, change.value == nil)
            }
            for (key, bucket) in snapshot.keys {
                try target.execute("INSERT OR IGNORE INTO _sf_key VALUES('g', ?, ?)", key, bucket)
            }
            try target.execute("UPDATE _sf_pos SET seq = max(seq, ?)", snapshot.top)
            try target.execute("DELETE FROM _sf_ctx")
            try beforeCommit()
        }
    }

    private func checkOwner(of change: Change) throws {
        let owner = change.table == "users" ? change.key : change.value?.1
        guard let owner, let place = SimulatedStore.users.firstIndex(of: owner),
            try target.connection.int("SELECT 1 FROM _sf_key WHERE key = ?", owner) == 1
        else { return }
        if try target.state(of: place) == .own { throw NewerThanOwner() }
    }
}
