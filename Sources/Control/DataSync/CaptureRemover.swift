package import Migration
package import SQLite

/// Takes a group's capture out of both stores: triggers, and our tables when no other group needs them. What the
/// application made stays byte for byte.
package struct CaptureRemover {
    package struct Report: Sendable, Equatable {
        package var group: String
        /// Names of what was dropped, by store.
        package var source: [String] = []
        package var target: [String] = []
        /// Tables of the source whose triggers stay, because another group carries them too.
        package var shared: [String] = []
    }

    private let group: String

    package init(_ group: DataDocument.Group) { self.group = group.name }

    /// - Parameters:
    ///   - source: nil when it is gone; so may be the target.
    ///   - dryRun: everything is done and rolled back, so that what is reported is what would happen.
    package func remove(
        source: DatabaseConnection?, target: DatabaseConnection?, dryRun: Bool = false
    ) throws -> Report {
        struct Undo: Error { let report: Report }
        do {
            return try inTransaction(source) { source in
                var report = Report(group: group)
                for store in [source, target].compactMap({ $0 }) {
                    try OwnedRanges.checkAllHome(group, in: store, before: "its triggers are taken away")
                    try Quarantine.checkEmpty(group, in: store)
                }
                let store = try target.flatMap { try Self.identity($0) }
                if let source { try removeSource(source, store, &report) }
                return try inTransaction(target) { target in
                    if let target { try removeTarget(target, &report) }
                    if dryRun { throw Undo(report: report) }
                    return report
                }
            }
        } catch let undo as Undo {
            return undo.report
        }
    }

    private func inTransaction<T>(
        _ connection: DatabaseConnection?, _ body: (DatabaseConnection?) throws -> T
    ) throws -> T {
        guard let connection else { return try body(nil) }
        return try connection.transaction { try body($0) }
    }

    private func removeSource(_ source: DatabaseConnection, _ store: String?, _ report: inout Report) throws {
        let before = try Self.objects(source)
        guard before.contains("_sf_tbl") else { return }
        // Without the target its identity is not known, so the group's name is used.
        let whose = store == nil ? "grp = ?1" : "grp = ?1 AND store = ?2"
        let names: [any SQLBindable] = [group] + (store.map { [$0] } ?? [])
        let hasBooks = before.contains("_sf_carried")
        var tables = try source.query("SELECT tbl FROM _sf_tbl WHERE grp = ?", group) { $0.text(0) }
        if hasBooks {
            tables = try source.query("SELECT tbl FROM _sf_carried WHERE \(whose)", values: names) { $0.text(0) }
            for table in ["_sf_carried", "_sf_history"] {
                try source.execute("DELETE FROM \(table) WHERE \(whose)", values: names)
            }
        }
        for table in tables {
            let others = hasBooks ? try source.int("SELECT count(*) FROM _sf_carried WHERE tbl = ?", table) ?? 0 : 0
            if others > 0 {
                report.shared.append(table)
                continue
            }
            for name in CaptureSQL.triggerNames(table) { try Self.drop(trigger: name, source) }
            try source.execute("DELETE FROM _sf_tbl WHERE tbl = ? COLLATE NOCASE", table)
            try source.execute("DELETE FROM _sf_chg WHERE tbl = ? COLLATE NOCASE", table)
            if hasBooks { try source.execute("DELETE FROM _sf_trimmed WHERE tbl = ?", table) }
        }
        for table in ["_sf_known", "_sf_plan", "_sf_stream", "_sf_proof"] where before.contains(table) {
            try source.execute("DELETE FROM \(table) WHERE grp = ?", group)
        }
        if before.contains("_sf_pos") { try source.execute("DELETE FROM _sf_pos WHERE peer = ?", group) }
        // A table that another group carries by this one's triggers still asks for its owners.
        if try source.int("SELECT count(*) FROM _sf_tbl WHERE grp = ?", group) == 0 {
            try Self.removeOwners(group, before, from: source)
        }
        try Self.removeAllIfUnused(source)
        report.source = before.subtracting(try Self.objects(source)).sorted()
    }

    private func removeTarget(_ target: DatabaseConnection, _ report: inout Report) throws {
        let before = try Self.objects(target)
        guard before.contains("_sf_pos") else { return }
        if before.contains("_sf_plan") {
            let tables = try target.query(
                """
                SELECT dst FROM _sf_plan AS mine WHERE grp = ?1 AND NOT EXISTS(
                    SELECT 1 FROM _sf_plan WHERE grp <> ?1 AND dst = mine.dst COLLATE NOCASE)
                """, group
            ) { $0.text(0) }
            for table in tables {
                for name in FollowerSQL.guardNames(table) { try Self.drop(trigger: name, target) }
                for ours in ["_sf_foreign", "_sf_chg"] {
                    try target.execute("DELETE FROM \(ours) WHERE tbl = ? COLLATE NOCASE", table)
                }
            }
        }
        if before.contains("_sf_tbl") { try TriggerInstaller.removeAll(of: group, from: target) }
        for table in ["_sf_carried", "_sf_history"] where before.contains(table) {
            try target.execute("DELETE FROM \(table) WHERE grp = ?", group)
        }
        try Self.removeOwners(group, before, from: target)
        try target.execute("DELETE FROM _sf_pos WHERE peer = ?", group)
        for table in ["_sf_fill", "_sf_proof", "_sf_stream", "_sf_known", "_sf_plan"]
        where before.contains(table) {
            try target.execute("DELETE FROM \(table) WHERE grp = ?", group)
        }
        try Self.removeAllIfUnused(target)
        report.target = before.subtracting(try Self.objects(target)).sorted()
    }

    private static func removeOwners(_ group: String, _ objects: Set<String>, from store: DatabaseConnection) throws {
        for table in ["_sf_own", "_sf_key", "_sf_listed"] where objects.contains(table) {
            try store.execute("DELETE FROM \(table) WHERE grp = ?", group)
        }
    }

    /// Drops the rest of our tables once the store neither is followed nor follows.
    private static func removeAllIfUnused(_ connection: DatabaseConnection) throws {
        let found = try objects(connection)
        for table in ["_sf_tbl", "_sf_carried", "_sf_pos"] where found.contains(table) {
            if try connection.int("SELECT count(*) FROM \(table)") ?? 0 > 0 { return }
        }
        for name in found.sorted() {
            let kind = try connection.text("SELECT type FROM sqlite_master WHERE name = ?", name)
            // Indexes go with their tables.
            if let kind, kind != "index" { try connection.script("DROP \(kind) \(CaptureSQL.identifier(name))") }
        }
    }

    private static func drop(trigger: String, _ connection: DatabaseConnection) throws {
        try connection.script("DROP TRIGGER IF EXISTS \(CaptureSQL.identifier(trigger))")
    }

    private static func objects(_ connection: DatabaseConnection) throws -> Set<String> {
        Set(
            try connection.query(
                "SELECT name FROM sqlite_master WHERE substr(lower(name), 1, 4) = '_sf_' AND type IN ('table', 'trigger', 'index')"
            ) { $0.text(0) })
    }

    private static func identity(_ target: DatabaseConnection) throws -> String? {
        guard try target.int("SELECT count(*) FROM sqlite_master WHERE name = '_sf_store'") == 1 else { return nil }
        return try target.text("SELECT id FROM _sf_store")
    }
}
