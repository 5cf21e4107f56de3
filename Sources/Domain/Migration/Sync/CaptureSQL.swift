/// The SQL of change capture: tables that both stores have, and triggers that note every change of a carried table
/// inside the writer's own transaction.
///
/// Keys are logged, not images: the agent reads the row as it is when it carries it. One row per application row is
/// both the feed, the row's version and its tombstone. Nothing here needs more of the application than that its file
/// can be opened: the triggers use no functions of ours, so that any program and the shell can go on writing.
package enum CaptureSQL {
    /// The version of the layout below, raised with every change of it. 2: keys of up to eight columns, `_sf_proof`.
    /// 3: the feed's own numbers, stores as origins, keys of owners.
    package static let format = 3
    /// Buckets are 0 to this one; the ranges of a group in `_sf_own` cover them without gap or overlap.
    package static let lastBucket = 999_999
    /// Epoch of what is written for a key that the directory does not list. Lower than any epoch of an owned range, so
    /// that whoever the key is listed for writes the later versions.
    static let unlistedEpoch = 1
    /// Epoch at which the ranges of an owned group begin.
    package static let firstOwnedEpoch = 2

    /// Where a row's key stands in `_sf_chg`; the columns that a key does not need hold the empty text.
    package static let keyColumns = (1...TablePlan.widestKey).map { "k\($0)" }
    package static let keyList = keyColumns.joined(separator: ", ")

    /// Tables of a store. `_sf_own` holds who may write which buckets, `_sf_key` which bucket a user's key has.
    ///
    /// A row of `_sf_chg` has two numbers. `epoch, seq` is the row's version: the epoch of the range and the clock of
    /// the store that wrote it, and they travel with the row. `feed` is this store's own clock when the row came here,
    /// by whatever way; followers of this store count by it.
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
            tbl TEXT NOT NULL, \(keyColumns.map { $0 + " NOT NULL" }.joined(separator: ", ")),
            epoch INTEGER NOT NULL, seq INTEGER NOT NULL, org TEXT NOT NULL, feed INTEGER NOT NULL,
            del INTEGER NOT NULL, ts INTEGER NOT NULL, PRIMARY KEY(tbl, \(keyList))) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS _sf_chg_feed ON _sf_chg(feed);
        CREATE TABLE IF NOT EXISTS _sf_key(
            grp TEXT NOT NULL, key TEXT NOT NULL, bucket INTEGER NOT NULL, PRIMARY KEY(grp, key)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS _sf_key_bucket ON _sf_key(grp, bucket);
        CREATE TABLE IF NOT EXISTS _sf_new(
            grp TEXT NOT NULL, key TEXT NOT NULL, feed INTEGER NOT NULL, PRIMARY KEY(grp, key)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS _sf_quarantine(
            id INTEGER PRIMARY KEY, grp TEXT NOT NULL, tbl TEXT NOT NULL, key TEXT NOT NULL, mine TEXT, theirs TEXT,
            epoch INTEGER NOT NULL, seq INTEGER NOT NULL, their_epoch INTEGER NOT NULL, their_seq INTEGER NOT NULL,
            their_org TEXT NOT NULL, ts INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS _sf_listed(grp TEXT PRIMARY KEY, ts INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS _sf_move(
            id TEXT PRIMARY KEY, grp TEXT NOT NULL, lo INTEGER NOT NULL, hi INTEGER NOT NULL, from_side TEXT NOT NULL,
            to_side TEXT NOT NULL, epoch INTEGER NOT NULL, phase TEXT NOT NULL, f INTEGER NOT NULL, g INTEGER,
            ts INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS _sf_ctx(origin TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS _sf_pos(
            peer TEXT PRIMARY KEY, store TEXT NOT NULL, seq INTEGER NOT NULL, ts INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS _sf_fill(
            grp TEXT NOT NULL, tbl TEXT NOT NULL, phase TEXT NOT NULL CHECK(phase IN ('fresh', 'copy', 'sweep', 'done')),
            \(keyList), rows INTEGER NOT NULL, install TEXT NOT NULL, PRIMARY KEY(grp, tbl)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS _sf_proof(
            grp TEXT NOT NULL, tbl TEXT NOT NULL, rows INTEGER NOT NULL, keyless INTEGER NOT NULL, digest TEXT NOT NULL,
            seq INTEGER NOT NULL, clk INTEGER NOT NULL, ts INTEGER NOT NULL, PRIMARY KEY(grp, tbl)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS _sf_tbl(
            tbl TEXT PRIMARY KEY COLLATE NOCASE, grp TEXT NOT NULL, digest TEXT NOT NULL, install TEXT NOT NULL,
            keys TEXT NOT NULL, rule TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS _sf_stream(
            grp TEXT PRIMARY KEY, state TEXT NOT NULL CHECK(state IN ('copying', 'proving', 'running', 'stopped')),
            reason TEXT, ts INTEGER NOT NULL, fix TEXT) WITHOUT ROWID;
        """

    /// Milliseconds since 1970 as an SQL expression; older SQLite has no `unixepoch('subsec')`.
    static let now = "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)"

    /// No applier is at work in this transaction: only its own connection can see what it put there.
    static let quiet = "NOT EXISTS(SELECT 1 FROM _sf_ctx)"

    /// Names of all triggers that a carried table may have in the store that it is carried from.
    package static func triggerNames(_ table: String) -> [String] {
        (captureSuffixes + WriteFence.suffixes).map { "_sf_\(table)_\($0)" }
    }

    private static let captureSuffixes = ["ai", "au", "ad", "ak", "bi", "bu"]

    /// The triggers of a table: those that refuse writes of rows that this store does not own, and those that note
    /// what is written. Nothing fires while an applier has set `_sf_ctx`.
    package static func triggers(of plan: TablePlan, by rule: WriteRule) -> [String] {
        let fence = WriteFence(plan, rule).triggers
        // What nobody may write needs no note.
        return rule.ownership == .never ? fence : notes(of: plan, by: rule) + fence
    }

    private static func notes(of plan: TablePlan, by rule: WriteRule) -> [String] {
        let names = captureSuffixes.map { identifier("_sf_\(plan.source)_\($0)") }
        let keys = plan.key.map(\.source)
        let table = identifier(plan.source)
        let note = ChangeNote(plan: plan, rule: rule)
        // Compared byte for byte whatever the column's collation: 'a' to 'A' is another key for us.
        let moved = keys.map(different).joined(separator: " OR ")
        let tick = "UPDATE _sf_clk SET n = n + 1;"
        let present = note.row("NEW", isDeleted: false)
        let gone = note.row("OLD", isDeleted: true)
        var triggers = [
            "CREATE TRIGGER \(names[0]) AFTER INSERT ON \(table) WHEN \(quiet) BEGIN \(tick) \(present) END",
            "CREATE TRIGGER \(names[1]) AFTER UPDATE ON \(table) WHEN \(quiet) BEGIN \(tick) \(present) END",
            "CREATE TRIGGER \(names[2]) AFTER DELETE ON \(table) WHEN \(quiet) BEGIN \(tick) \(gone) END",
            // Apart from the others, so that an update that leaves the key alone pays little for it. Not `UPDATE OF`:
            // that looks at names, and would miss `SET rowid =` on a table whose key is an alias of it.
            "CREATE TRIGGER \(names[3]) AFTER UPDATE ON \(table) WHEN (\(moved)) AND \(quiet) BEGIN \(tick) \(gone) END",
        ]
        // `INSERT OR REPLACE` deletes the rows that hold its unique values without firing DELETE triggers, unless the
        // writer set recursive_triggers. So they are noted before: a row that survives is only carried once more.
        let victims = Victims(plan)
        guard !victims.conditions.isEmpty else { return triggers }
        let claims = (victims.columns.map(different) + (plan.hiddenRowid.map { ["OLD.\($0) IS NOT NEW.\($0)"] } ?? []))
            .joined(separator: " OR ")
        func body(except row: String) -> String {
            (victims.conditions.map { note.victims(where: $0, except: row) } + [note.tickForVictims]).joined(
                separator: " ")
        }
        triggers += [
            "CREATE TRIGGER \(names[4]) BEFORE INSERT ON \(table) WHEN \(quiet) BEGIN \(body(except: "NEW")) END",
            "CREATE TRIGGER \(names[5]) BEFORE UPDATE ON \(table) WHEN (\(claims)) AND \(quiet) BEGIN \(body(except: "OLD")) END",
        ]
        return triggers
    }

    static func different(_ column: String) -> String {
        "(OLD.\(identifier(column)) COLLATE BINARY IS NOT NEW.\(identifier(column)))"
    }

    /// A name as SQL writes it.
    package static func identifier(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

    /// A text as SQL writes it.
    package static func literal(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
}
