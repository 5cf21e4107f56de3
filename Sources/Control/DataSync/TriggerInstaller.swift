internal import Migration
internal import SQLite

/// Puts triggers on the tables of one store that are carried away from it, and keeps in `_sf_tbl` what they were made
/// for.
struct TriggerInstaller {
    let group: DataDocument.Group
    let store: DatabaseConnection
    let side: StoreSide
    /// The store's identity.
    let identity: String

    /// - Returns: whether the table lacked its triggers, so that what was written before was not noted.
    func install(_ plan: TablePlan, _ ownership: WriteRule.Ownership) throws -> Bool {
        // A table carried by several groups is captured once: for the group that owns its rows, or that came first.
        let known = try store.first("SELECT grp, digest, keys, rule, install FROM _sf_tbl WHERE tbl = ?", plan.source) {
            (group: $0.text(0), digest: $0.text(1), keys: $0.text(2), rule: $0.text(3), install: $0.text(4))
        }
        let others = try store.query(
            "SELECT grp FROM _sf_carried WHERE tbl = ? AND grp <> ?", plan.source, group.name
        ) { $0.text(0) }
        if let known, let other = others.first, known.keys != plan.keyNames {
            throw PlanProblem(
                "the group \"\(other)\" carries \"\(plan.source)\" by the key (\(known.keys)), and a table's changes are noted by one key only: give \"\(group.name)\" the same \"key\""
            )
        }
        var rule = WriteRule(group: group.name, side: side, store: identity, ownership: ownership)
        if let known, known.group != group.name, let theirs = WriteRule.Ownership(text: known.rule) {
            if ownership == .open {
                (rule.group, rule.ownership) = (known.group, theirs)
            } else if theirs != .open, others.contains(known.group) {
                throw PlanProblem(
                    "\"\(plan.source)\" has its owners in the group \"\(known.group)\" already, and a row has one: say \"catalogue\": true in \"\(group.name)\""
                )
            }
        }
        let triggers = CaptureSQL.triggers(of: plan, by: rule)
        // The digest is what the installation saw; the triggers are what the table asks for today, with the indexes
        // that it has by now.
        let isIntact = try known.map { try TableInspector.digest(of: plan.source, in: store) == $0.digest } ?? false
        if isIntact, try Self.has(triggers, on: plan.source, in: store) { return false }
        for name in CaptureSQL.triggerNames(plan.source) {
            try store.script("DROP TRIGGER IF EXISTS \(CaptureSQL.identifier(name))")
        }
        for trigger in triggers { try store.script(trigger) }
        // Triggers that were whole and are exchanged in one transaction miss nothing: other owners are no reason to
        // copy anew.
        let isExchanged = isIntact && known.map { $0.rule != rule.ownership.text || $0.group != rule.group } ?? false
        let install = isExchanged ? known?.install : nil
        try store.execute(
            """
            INSERT INTO _sf_tbl(tbl, grp, digest, install, keys, rule) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT(tbl) DO UPDATE SET tbl = ?1, grp = ?2, digest = ?3, install = ?4, keys = ?5, rule = ?6
            """, plan.source, rule.group, try TableInspector.digest(of: plan.source, in: store),
            install ?? CaptureInstaller.newName(), plan.keyNames, rule.ownership.text)
        return !isExchanged
    }

    /// Takes the triggers away that were installed for a group.
    static func removeAll(of group: String, from store: DatabaseConnection) throws {
        for table in try store.query("SELECT tbl FROM _sf_tbl WHERE grp = ?", group, row: { $0.text(0) }) {
            for name in CaptureSQL.triggerNames(table) {
                try store.script("DROP TRIGGER IF EXISTS \(CaptureSQL.identifier(name))")
            }
            try store.execute("DELETE FROM _sf_tbl WHERE tbl = ?", table)
        }
    }

    private static func has(_ triggers: [String], on table: String, in store: DatabaseConnection) throws -> Bool {
        let found = try store.query(
            "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE", table
        ) { $0.text(0) }
        return Set(triggers).isSubset(of: found)
    }
}
