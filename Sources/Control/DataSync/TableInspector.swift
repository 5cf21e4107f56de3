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

    /// A fingerprint of what capture rests on: our triggers, the columns of the primary key and of unique indexes, and those
    /// indexes. Other columns, other indexes and the application's own triggers may come and go.
    package static func digest(of table: String, in connection: DatabaseConnection) throws -> String {
        let ours = Set(CaptureSQL.triggerNames(table).map { $0.lowercased() })
        var parts = try connection.query(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE ORDER BY name",
            table
        ) { ($0.text(0), $0.text(1)) }
        .filter { ours.contains($0.0.lowercased()) }.map(\.1)
        let indexes = try connection.query(
            "SELECT name, partial FROM pragma_index_list(?) WHERE \"unique\" = 1", table
        ) { ($0.text(0), $0.int(1)) }
        var unique: [String] = []
        var columns: Set<String> = []
        for (name, partial) in indexes {
            let places = try connection.query(
                "SELECT coalesce(name, ''), coll, cid FROM pragma_index_xinfo(?) WHERE \"key\" = 1 ORDER BY seqno", name
            ) { ($0.text(0), $0.text(1), $0.int(2)) }
            columns.formUnion(places.map(\.0))
            // Names of indexes do not matter; expressions and conditions stand in the text only.
            let isPlain = partial == 0 && !places.contains { $0.2 == -2 }
            let text =
                isPlain
                ? nil
                : try connection.text(
                    "SELECT substr(sql, instr(lower(sql), ' on ')) FROM sqlite_master WHERE name = ?", name)
            unique.append(places.map { "\($0.0) \($0.1)" }.joined(separator: ",") + (text ?? ""))
        }
        parts += unique.sorted()
        parts += try connection.query("SELECT name, upper(type), pk, hidden FROM pragma_table_xinfo(?)", table) {
            ($0.text(0), $0.text(1), $0.int(2), $0.int(3))
        }.filter { $0.2 > 0 || columns.contains($0.0) }.map { "\($0.0) \($0.1) \($0.2) \($0.3)" }
        return String(XXH64.hash(parts.joined(separator: "\u{1}")), radix: 16)
    }
}
