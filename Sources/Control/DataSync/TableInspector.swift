private import Hashing
package import Migration
package import SQLite

/// Reads what a store says about its tables.
package enum TableInspector {
    /// nil when there is no such table: neither a view nor a virtual table can be captured.
    package static func schema(of table: String, in connection: DatabaseConnection) throws -> TableSchema? {
        let found = try connection.first(
            "SELECT name, wr, strict FROM pragma_table_list(?) WHERE schema = 'main' AND type = 'table'", table
        ) { (name: $0.text(0), hasRowid: !$0.bool(1), isStrict: $0.bool(2)) }
        guard let found else { return nil }
        let infos = try connection.query(
            "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?)", found.name
        ) { row in
            let name = row.text(0)
            return (
                column: TableSchema.Column(
                    name: name, type: row.text(1), isStrict: found.isStrict,
                    collation: connection.collation(of: name, in: found.name) ?? "BINARY",
                    isNotNull: row.bool(2), fallback: row.optionalText(3), isGenerated: row.int(5) > 1),
                place: row.int(4)
            )
        }
        let key = infos.filter { $0.place > 0 }.sorted { $0.place < $1.place }.map(\.column)
        let indexes = try indexes(of: found.name, in: connection)
        // INTEGER PRIMARY KEY, in exactly these words, is another name of the rowid and so has no index of its own.
        let isAlias =
            found.hasRowid && key.count == 1 && StoreName.same(key[0].type, "INTEGER")
            && !indexes.contains { $0.isPrimaryKey }
        let alias = isAlias ? key.first?.name : nil
        let names = Set(infos.map { StoreName.folded($0.column.name) })
        let sql = try connection.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", found.name)
        return TableSchema(
            name: found.name, columns: infos.map(\.column), primaryKey: key.map(\.name),
            unique: (alias.map { [UniqueIndex(name: "primary key", terms: [.column($0)], isPrimaryKey: true)] } ?? [])
                + indexes,
            isStrict: found.isStrict,
            rowid: found.hasRowid ? ["rowid", "_rowid_", "oid"].first { !names.contains($0) } : nil,
            rowidColumn: alias, checks: SQLWords.checks(sql ?? ""),
            strangeCollations: try strangeCollations(of: found.name, in: connection))
    }

    /// Every unique index, the primary key's included. Throws `PlanProblem` for one that cannot be understood.
    private static func indexes(of table: String, in connection: DatabaseConnection) throws -> [UniqueIndex] {
        let found = try connection.query(
            "SELECT name, origin = 'pk' FROM pragma_index_list(?) WHERE \"unique\" = 1 ORDER BY name", table
        ) { (name: $0.text(0), isPrimaryKey: $0.bool(1)) }
        return try found.map { index in
            let sql = try connection.text("SELECT sql FROM sqlite_master WHERE type = 'index' AND name = ?", index.name)
            let text = sql.flatMap(SQLWords.index)
            let columns = try connection.query(
                "SELECT name, coll, cid FROM pragma_index_xinfo(?) WHERE \"key\" = 1 ORDER BY seqno", index.name
            ) { (name: $0.optionalText(0), collation: $0.text(1).uppercased(), isRowid: $0.int(2) == -1) }
            // SQLite makes indexes of constraints itself, without a text: those have neither expressions nor
            // conditions.
            guard sql == nil || text?.terms.count == columns.count else {
                throw PlanProblem("the index \"\(index.name)\" of \"\(table)\" cannot be understood: \(sql ?? "")")
            }
            return UniqueIndex(
                name: index.name,
                terms: columns.enumerated().map { place, column in
                    if let name = column.name { return .column(name, collation: column.collation) }
                    return .expression(text?.terms[place] ?? "rowid", collation: column.collation)
                }, condition: text?.condition, isPrimaryKey: index.isPrimaryKey)
        }
    }

    private static func strangeCollations(
        of table: String, in connection: DatabaseConnection
    ) throws -> [TableSchema.StrangeCollation] {
        try connection.query(
            """
            SELECT l.name, upper(x.coll) FROM pragma_index_list(?) AS l, pragma_index_xinfo(l.name) AS x
            WHERE x."key" = 1 AND upper(x.coll) NOT IN ('BINARY', 'NOCASE', 'RTRIM')
            """, table
        ) { .init(index: $0.text(0), collation: $0.text(1)) }
    }

    /// A fingerprint of what capture rests on: our triggers, the columns of the primary key and of unique indexes, and
    /// those indexes. Other columns, other indexes and the application's own triggers may come and go.
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
