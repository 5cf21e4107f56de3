/// The SQL of change capture: tables that both stores have, and triggers that note every change of a carried table inside
/// the writer's own transaction.
///
/// Keys are logged, not images: the agent reads the row as it is when it carries it. One row per application row is both the
/// feed, the row's version and its tombstone. Nothing here needs more of the application than that its file can be
/// opened: the triggers use no functions of ours, so that any program and the shell can go on writing.
package enum CaptureSQL {
    /// Of the layout below; raised with every change of it.
    package static let format = 1
    /// All buckets: until ownership per user is built, one row of `_sf_own` covers a group.
    package static let lastBucket = 999_999

    /// Tables of a store. `_sf_own` holds who may write which buckets: with ownership per user it has a row per range.
    package static let objects = """
        CREATE TABLE IF NOT EXISTS _sf_store(
            one INTEGER PRIMARY KEY CHECK(one = 1), id TEXT NOT NULL, side TEXT NOT NULL CHECK(side IN ('A', 'B')),
            format INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS _sf_own(
            grp TEXT NOT NULL, lo INTEGER NOT NULL, hi INTEGER NOT NULL, owner TEXT NOT NULL, epoch INTEGER NOT NULL,
            state TEXT NOT NULL CHECK(state IN ('own', 'fenced', 'follow')), PRIMARY KEY(grp, lo)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS _sf_clk(one INTEGER PRIMARY KEY CHECK(one = 1), n INTEGER NOT NULL);
        INSERT OR IGNORE INTO _sf_clk VALUES(1, 0);
        CREATE TABLE IF NOT EXISTS _sf_chg(
            tbl TEXT NOT NULL, k1 NOT NULL, k2 NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
            org TEXT NOT NULL, del INTEGER NOT NULL, ts INTEGER NOT NULL, PRIMARY KEY(tbl, k1, k2)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS _sf_chg_feed ON _sf_chg(org, seq);
        CREATE TABLE IF NOT EXISTS _sf_ctx(origin TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS _sf_pos(
            peer TEXT PRIMARY KEY, store TEXT NOT NULL, seq INTEGER NOT NULL, ts INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS _sf_fill(
            grp TEXT NOT NULL, tbl TEXT NOT NULL, k1, k2, rows INTEGER NOT NULL, done INTEGER NOT NULL, install TEXT NOT NULL,
            PRIMARY KEY(grp, tbl)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS _sf_tbl(
            tbl TEXT PRIMARY KEY, grp TEXT NOT NULL, digest TEXT NOT NULL, install TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS _sf_stream(
            grp TEXT PRIMARY KEY, state TEXT NOT NULL CHECK(state IN ('copying', 'running', 'stopped')),
            reason TEXT, ts INTEGER NOT NULL) WITHOUT ROWID;
        """

    /// Milliseconds since 1970 as an SQL expression; older SQLite has no `unixepoch('subsec')`.
    static let now = "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)"

    /// Names of a table's triggers, in the order of `triggers`.
    package static func triggerNames(_ table: String) -> [String] {
        ["ai", "au", "ad", "ak", "bi", "bu"].map { "_sf_\(table)_\($0)" }
    }

    /// The triggers of a table that is carried away from this store. Nothing fires while an applier has set `_sf_ctx`,
    /// which only its own transaction can see.
    package static func triggers(of plan: TablePlan, group: String, side: String) -> [String] {
        let names = triggerNames(plan.source)
        let keys = plan.key.map(\.source)
        let table = identifier(plan.source)
        let quiet = "NOT EXISTS(SELECT 1 FROM _sf_ctx)"
        func present(_ row: String) -> String {
            // A row without a key (SQLite allows NULL in most primary keys) cannot be carried; verify names it.
            keys.map { "\(row).\(identifier($0)) IS NOT NULL" }.joined(separator: " AND ")
        }
        func note(_ row: String, deleted: Bool) -> String {
            let first = "\(row).\(identifier(keys[0]))"
            let second = keys.count > 1 ? "\(row).\(identifier(keys[1]))" : "''"
            let epoch = "COALESCE((SELECT epoch FROM _sf_own WHERE grp = \(literal(group)) AND lo = 0), 1)"
            return """
                INSERT INTO _sf_chg(tbl, k1, k2, epoch, seq, org, del, ts)
                    SELECT \(literal(plan.source)), \(first), \(second), \(epoch), (SELECT n FROM _sf_clk), \(literal(side)), \(deleted ? 1 : 0), \(now)
                    WHERE \(present(row))
                    ON CONFLICT(tbl, k1, k2) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, org = excluded.org,
                        del = excluded.del, ts = excluded.ts;
                """
        }
        // Compared byte for byte whatever the column's collation: 'a' to 'A' is another key for us.
        let moved = keys.map { "(OLD.\(identifier($0)) COLLATE BINARY IS NOT NEW.\(identifier($0)))" }.joined(
            separator: " OR ")
        let tick = "UPDATE _sf_clk SET n = n + 1;"
        var triggers = [
            "CREATE TRIGGER \(identifier(names[0])) AFTER INSERT ON \(table) WHEN \(quiet) BEGIN \(tick) \(note("NEW", deleted: false)) END",
            "CREATE TRIGGER \(identifier(names[1])) AFTER UPDATE ON \(table) WHEN \(quiet) BEGIN \(tick) \(note("NEW", deleted: false)) END",
            "CREATE TRIGGER \(identifier(names[2])) AFTER DELETE ON \(table) WHEN \(quiet) BEGIN \(tick) \(note("OLD", deleted: true)) END",
            // Apart from the others, so that an update that leaves the key alone pays little for it. Not `UPDATE OF`: that
            // looks at names, and would miss `SET rowid =` on a table whose key is an alias of it.
            "CREATE TRIGGER \(identifier(names[3])) AFTER UPDATE ON \(table) WHEN (\(moved)) AND \(quiet) BEGIN \(tick) \(note("OLD", deleted: true)) END",
        ]
        guard !plan.unique.isEmpty else { return triggers }
        // `INSERT OR REPLACE` deletes the rows that hold its unique values without firing DELETE triggers, unless the
        // writer set recursive_triggers. So they are noted before: whoever survives is only carried once more.
        func noteVictims(except row: String) -> String {
            let victims = plan.unique.map { columns in
                "(" + columns.map { "\(identifier($0)) = NEW.\(identifier($0))" }.joined(separator: " AND ") + ")"
            }.joined(separator: " OR ")
            let other = keys.map { "\(identifier($0)) COLLATE BINARY IS NOT \(row).\(identifier($0))" }.joined(
                separator: " OR ")
            let victim = "FROM \(table) v WHERE (\(victims)) AND (\(other)) AND \(present("v"))"
            let second = keys.count > 1 ? "v.\(identifier(keys[1]))" : "''"
            let epoch = "COALESCE((SELECT epoch FROM _sf_own WHERE grp = \(literal(group)) AND lo = 0), 1)"
            return """
                INSERT INTO _sf_chg(tbl, k1, k2, epoch, seq, org, del, ts)
                    SELECT \(literal(plan.source)), v.\(identifier(keys[0])), \(second), \(epoch), (SELECT n + 1 FROM _sf_clk), \(literal(side)), 0, \(now) \(victim)
                    ON CONFLICT(tbl, k1, k2) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, org = excluded.org,
                        del = excluded.del, ts = excluded.ts;
                UPDATE _sf_clk SET n = n + 1 WHERE EXISTS(SELECT 1 FROM _sf_chg WHERE org = \(literal(side)) AND seq > n);
                """
        }
        let uniqueColumns = Set(plan.unique.joined()).sorted()
        let claims = uniqueColumns.map { "(OLD.\(identifier($0)) COLLATE BINARY IS NOT NEW.\(identifier($0)))" }.joined(
            separator: " OR ")
        triggers += [
            "CREATE TRIGGER \(identifier(names[4])) BEFORE INSERT ON \(table) WHEN \(quiet) BEGIN \(noteVictims(except: "NEW")) END",
            "CREATE TRIGGER \(identifier(names[5])) BEFORE UPDATE ON \(table) WHEN (\(claims)) AND \(quiet) BEGIN \(noteVictims(except: "OLD")) END",
        ]
        return triggers
    }

    /// A name as SQL writes it.
    package static func identifier(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

    /// A text as SQL writes it.
    package static func literal(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
}
