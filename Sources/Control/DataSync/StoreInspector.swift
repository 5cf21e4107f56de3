package import Migration
import SQLite

/// Reads all that a store says about its tables: what would stand in the way of moving them. The store is opened for
/// reading only.
package enum StoreInspector {
    package static func schema(of path: String) throws -> StoreSchema {
        let connection = try DatabaseConnection(
            path: path,
            configuration: .init {
                $0.creates = false
                $0.readOnly = true
                $0.keepsJournalMode = true
                $0.foreignKeys = false
            })
        // One snapshot, so that tables and triggers belong together.
        return try connection.transaction(.deferred) { StoreSchema(file: path, tables: try tables(in: $0)) }
    }

    private static func tables(in connection: DatabaseConnection) throws -> [StoreSchema.Table] {
        let found = try connection.query(
            """
            SELECT l.name, l.type, m.sql FROM pragma_table_list AS l JOIN sqlite_master AS m ON m.name = l.name
            WHERE l.schema = 'main' AND m.type IN ('table', 'view') AND l.type IN ('table', 'view', 'virtual')
              AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND l.name NOT LIKE '\\_sf\\_%' ESCAPE '\\'
            ORDER BY m.rowid
            """
        ) { (name: $0.text(0), type: $0.text(1), sql: $0.text(2)) }
        return try found.map { name, type, sql in
            var table = StoreSchema.Table(
                name: name, kind: type == "view" ? .view : type == "virtual" ? .virtual : .table, sql: sql)
            if table.kind == .table {
                do {
                    table.schema = try TableInspector.schema(of: name, in: connection)
                } catch is PlanProblem {
                    // What was not understood is told as a finding.
                }
                table.foreignKeys = try foreignKeys(of: name, in: connection)
            }
            table.triggers = try connection.query(
                """
                SELECT name, sql FROM sqlite_master
                WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE ORDER BY rowid
                """, name
            ) { StoreSchema.Trigger(name: $0.text(0), sql: $0.text(1)) }
            return table
        }
    }

    private static func foreignKeys(
        of table: String, in connection: DatabaseConnection
    ) throws -> [StoreSchema.ForeignKey] {
        let parts = try connection.query(
            """
            SELECT id, "table", "from", on_delete, on_update FROM pragma_foreign_key_list(?) ORDER BY id DESC, seq
            """, table
        ) { (id: $0.int(0), parent: $0.text(1), column: $0.text(2), onDelete: $0.text(3), onUpdate: $0.text(4)) }
        var keys: [StoreSchema.ForeignKey] = []
        var last: Int?
        for part in parts {
            if part.id == last {
                keys[keys.count - 1].columns.append(part.column)
            } else {
                keys.append(
                    StoreSchema.ForeignKey(
                        columns: [part.column], parent: part.parent, onDelete: part.onDelete, onUpdate: part.onUpdate))
            }
            last = part.id
        }
        return keys
    }
}
