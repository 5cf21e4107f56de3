/// The SQL around a follower: which followers a source has and how far they are, which history of it they followed,
/// what was installed, and triggers that notice when another program writes the follower's rows.
package enum FollowerSQL {
    /// Tables of a store, whichever side it is.
    ///
    /// Source: `_sf_carried` (who carries which table, and how far that was proven), `_sf_trimmed` (up to which change
    /// nothing is noted any more), `_sf_history` (random numbers written while followers moved on). Target: `_sf_known`
    /// (the last such number seen, and how often the copy was begun), `_sf_plan` (what was installed), `_sf_foreign`
    /// (writes that were not the applier's).
    package static let objects = """
        CREATE TABLE IF NOT EXISTS _sf_carried(
            store TEXT NOT NULL, grp TEXT NOT NULL, tbl TEXT NOT NULL COLLATE NOCASE, proven INTEGER NOT NULL,
            PRIMARY KEY(store, grp, tbl)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS _sf_trimmed(tbl TEXT PRIMARY KEY COLLATE NOCASE, seq INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS _sf_history(
            id INTEGER PRIMARY KEY, store TEXT NOT NULL, grp TEXT NOT NULL, nonce TEXT NOT NULL, seq INTEGER NOT NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS _sf_history_nonce ON _sf_history(store, grp, nonce);
        CREATE TABLE IF NOT EXISTS _sf_known(
            grp TEXT PRIMARY KEY, nonce TEXT, gen INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS _sf_plan(
            grp TEXT NOT NULL, src TEXT NOT NULL, dst TEXT NOT NULL, cols TEXT NOT NULL, keys TEXT NOT NULL,
            PRIMARY KEY(grp, src)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS _sf_foreign(tbl TEXT PRIMARY KEY, n INTEGER NOT NULL, ts INTEGER NOT NULL) WITHOUT ROWID;
        """

    /// Names of the triggers on a follower's table, in the order of `guards`.
    package static func guardNames(_ table: String) -> [String] { ["gi", "gu", "gd"].map { "_sf_\(table)_\($0)" } }

    /// Triggers that count what programs other than the applier do to carried rows. Columns that the follower has
    /// beside the carried ones may be written freely. They refuse nothing: the store belongs to its service.
    package static func guards(of plan: TablePlan) -> [String] {
        let names = guardNames(plan.target).map(CaptureSQL.identifier)
        let table = CaptureSQL.identifier(plan.target)
        let quiet = "NOT EXISTS(SELECT 1 FROM _sf_ctx)"
        let columns = plan.targetColumns.map(CaptureSQL.identifier)
        let changed = columns.map { "OLD.\($0) COLLATE BINARY IS NOT NEW.\($0)" }.joined(separator: " OR ")
        let count = """
            INSERT INTO _sf_foreign(tbl, n, ts) VALUES(\(CaptureSQL.literal(plan.target)), 1, \(CaptureSQL.now))
                ON CONFLICT(tbl) DO UPDATE SET n = n + 1, ts = excluded.ts;
            """
        return [
            "CREATE TRIGGER \(names[0]) AFTER INSERT ON \(table) WHEN \(quiet) BEGIN \(count) END",
            "CREATE TRIGGER \(names[1]) AFTER UPDATE ON \(table) WHEN (\(changed)) AND \(quiet) BEGIN \(count) END",
            "CREATE TRIGGER \(names[2]) AFTER DELETE ON \(table) WHEN \(quiet) BEGIN \(count) END",
        ]
    }
}
