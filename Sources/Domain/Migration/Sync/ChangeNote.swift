/// The statements inside the triggers of one table: they note keys in `_sf_chg`.
struct ChangeNote {
    private let plan: TablePlan
    private let group: String
    private let side: String

    init(plan: TablePlan, group: String, side: String) {
        self.plan = plan
        self.group = group
        self.side = side
    }

    private var keys: [String] { plan.key.map(\.source) }

    /// Notes `OLD` or `NEW` at the present tick.
    func row(_ row: String, isDeleted: Bool) -> String {
        insert(row, seq: "(SELECT n FROM _sf_clk)", isDeleted: isDeleted, from: "", where: "")
    }

    /// Notes the rows that meet a condition, and are not the row that is written, at the next tick.
    func victims(where condition: String, except row: String) -> String {
        let table = CaptureSQL.identifier(plan.source)
        let other = keys.map { key in
            let name = CaptureSQL.identifier(key)
            return "\(table).\(name) COLLATE BINARY IS NOT \(row).\(name)"
        }.joined(separator: " OR ")
        return insert(
            table, seq: "(SELECT n + 1 FROM _sf_clk)", isDeleted: false, from: " FROM \(table)",
            where: "(\(condition)) AND (\(other)) AND ")
    }

    /// Advances the counter past the tick at which deleted rows were noted, if there were any.
    var tickForVictims: String {
        "UPDATE _sf_clk SET n = n + 1 WHERE EXISTS(SELECT 1 FROM _sf_chg WHERE org = \(CaptureSQL.literal(side)) AND seq > n);"
    }

    private func insert(_ row: String, seq: String, isDeleted: Bool, from: String, where condition: String) -> String {
        let values = keys.map { "\(row).\(CaptureSQL.identifier($0))" }
        let unused = Array(repeating: "''", count: TablePlan.widestKey - values.count)
        let epoch =
            "COALESCE((SELECT epoch FROM _sf_own WHERE grp = \(CaptureSQL.literal(group)) AND lo = 0), 1)"
        // A row without a key (SQLite allows NULL in most primary keys) cannot be carried; verify names it.
        let present = values.map { "\($0) IS NOT NULL" }.joined(separator: " AND ")
        return """
            INSERT INTO _sf_chg(tbl, \(CaptureSQL.keyList), epoch, seq, org, del, ts)
                SELECT \(CaptureSQL.literal(plan.source)), \((values + unused).joined(separator: ", ")), \(epoch), \(seq), \(CaptureSQL.literal(side)), \(isDeleted ? 1 : 0), \(CaptureSQL.now)\(from)
                WHERE \(condition)\(present)
                ON CONFLICT(tbl, \(CaptureSQL.keyList)) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, org = excluded.org,
                    del = excluded.del, ts = excluded.ts;
            """
    }
}

/// The rows that a write may delete by `REPLACE`, as conditions over the table and `NEW`: one for each rule by which
/// rows are unique, each by that rule's own collation, so that SQLite finds them by the same index.
struct Victims {
    let conditions: [String]
    /// Columns whose change may claim another row's place.
    let columns: [String]

    init(_ plan: TablePlan) {
        let table = CaptureSQL.identifier(plan.source)
        let schema = plan.sourceTable
        let all = schema.columns.map(\.name)

        /// What the row will hold. `OR REPLACE` puts the default where NULL is not allowed, and does so after this
        /// trigger.
        func value(_ name: String) -> String {
            let reference = "NEW.\(CaptureSQL.identifier(name))"
            guard let column = schema.column(name), column.isNotNull, let fallback = column.fallback else {
                return reference
            }
            return "ifnull(\(reference), \(fallback))"
        }
        func condition(_ index: UniqueIndex) -> String {
            let terms = index.terms.map { term in
                let mine: String
                if let column = term.column {
                    mine = value(column)
                } else {
                    // The expression's own names mean the new row here, without a word of it being rewritten.
                    let used = UniqueIndex(name: "", terms: [term]).columns(among: all).map {
                        "\(value($0)) AS \(CaptureSQL.identifier($0))"
                    }.joined(separator: ", ")
                    mine = used.isEmpty ? term.sql : "(SELECT \(term.sql) FROM (SELECT \(used)) AS \(table))"
                }
                let held = term.column.map { "\(table).\(CaptureSQL.identifier($0))" } ?? term.sql
                return "\(held) COLLATE \(term.collation) = \(mine)"
            }
            return (terms + (index.condition.map { ["(\($0))"] } ?? [])).joined(separator: " AND ")
        }
        let rowid = plan.hiddenRowid.map { ["\(table).\($0) = NEW.\($0)"] } ?? []
        // The rowid's own column says the same as the rowid.
        let rules = plan.unique.filter { index in
            plan.hiddenRowid == nil || index.plainColumns.map { $0 != [schema.rowidColumn] } ?? true
        }
        conditions = rules.map(condition) + rowid
        columns = all.filter { column in rules.contains { !$0.columns(among: [column]).isEmpty } }
    }
}
