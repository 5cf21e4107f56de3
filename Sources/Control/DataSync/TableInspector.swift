private import Hashing
package import Migration
package import SQLite

/// Reads what a store says about its tables.
package enum TableInspector {
    /// nil when there is no such table.
    package static func schema(of table: String, in connection: DatabaseConnection) throws -> TableSchema? {
        struct Info {
            var column: TableSchema.Column
            var keyPlace: Int
            var isGenerated: Bool
        }
        let infos = try connection.query(
            "SELECT name, \"notnull\", dflt_value, pk, hidden, upper(type) FROM pragma_table_xinfo(?)", table
        ) { row in
            // INTEGER PRIMARY KEY fills itself, so nobody has to give it.
            let fillsItself = row.int(3) > 0 && row.text(5) == "INTEGER"
            return Info(
                column: .init(name: row.text(0), isRequired: row.bool(1) && row.isNull(2) && !fillsItself),
                keyPlace: row.int(3), isGenerated: row.int(4) > 1)
        }
        guard !infos.isEmpty else { return nil }
        let key = infos.filter { $0.keyPlace > 0 }.sorted { $0.keyPlace < $1.keyPlace }
        return TableSchema(
            columns: infos.filter { !$0.isGenerated }.map(\.column), primaryKey: key.map(\.column.name),
            uniqueKeys: try uniqueIndexes(of: table, in: connection).map { Set($0) })
    }

    /// Column lists of unique indexes that cover the whole table and only plain columns, the primary key's included.
    package static func uniqueIndexes(of table: String, in connection: DatabaseConnection) throws -> [[String]] {
        let names = try connection.query(
            "SELECT name FROM pragma_index_list(?) WHERE \"unique\" = 1 AND partial = 0", table
        ) { $0.text(0) }
        return try names.compactMap { name in
            let columns = try connection.query("SELECT name FROM pragma_index_info(?) ORDER BY seqno", name) {
                $0.optionalText(0)
            }
            return columns.contains(nil) ? nil : columns.compactMap { $0 }
        }
    }

    /// A fingerprint of a table's definition and of our triggers on it: changes of either could let a change slip through.
    package static func digest(of table: String, in connection: DatabaseConnection) throws -> String {
        let parts = try connection.query(
            """
            SELECT type || char(0) || name || char(0) || sql FROM sqlite_master
            WHERE tbl_name = ?1 AND (type = 'table' OR (type = 'trigger' AND substr(name, 1, 4) = '_sf_')) ORDER BY type, name
            """, table
        ) { $0.text(0) }
        return String(XXH64.hash(parts.joined(separator: "\u{1}")), radix: 16)
    }
}
