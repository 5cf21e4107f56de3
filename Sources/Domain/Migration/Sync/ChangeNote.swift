/// The statements inside the triggers of one table: they note keys in `_sf_chg`.
struct ChangeNote {
    private let plan: TablePlan
    private let rule: WriteRule

    init(plan: TablePlan, rule: WriteRule) {
        self.plan = plan
        self.rule = rule
    }

    private var keys: [String] { plan.key.map(\.source) }

    /// Notes `OLD` or `NEW` at the present tick.
    func row(_ row: String, isDeleted: Bool) -> String {
        insert(row, number: "n", isDeleted: isDeleted, from: "_sf_clk", where: "")
    }

    /// Notes the rows that meet a condition, and are not the row that is written, at the next tick.
    func victims(where condition: String, except row: String) -> String {
        let table = CaptureSQL.identifier(plan.source)
        let other = keys.map { key in
            let name = CaptureSQL.identifier(key)
            return "\(table).\(name) COLLATE BINARY IS NOT \(row).\(name)"
        }.joined(separator: " OR ")
        // Rows of others are none of this store's changes: a note of one that survives would be a version that its
        // owner does not know.
        let mine = rule.ownership.isPerKey ? "\(rule.mayWrite(table)) AND " : ""
        return insert(
            table, number: "(SELECT n + 1 FROM _sf_clk)", isDeleted: false, from: table,
            where: "(\(condition)) AND (\(other)) AND \(mine)")
    }

    /// Notes every row that the store's side owns, at the present tick.
    var all: String {
        let table = CaptureSQL.identifier(plan.source)
        let mine = WriteRule.belongs(rule.key(table), to: rule.side, group: rule.group)
        return insert(table, number: "(SELECT n FROM _sf_clk)", isDeleted: false, from: table, where: "\(mine) AND ")
    }

    /// Notes a row that is gone, at the present tick; takes the row's key and the user's.
    var gone: String {
        let unused = Array(repeating: "''", count: TablePlan.widestKey - keys.count)
        let places = keys.map { _ in "?" } + unused
        return """
            INSERT INTO _sf_chg(tbl, \(CaptureSQL.keyList), epoch, seq, org, feed, del, ts)
                SELECT \(CaptureSQL.literal(plan.source)), \(places.joined(separator: ", ")), \(rule.epoch(of: "?")), n, \(CaptureSQL.literal(rule.store)), n, 1, \(CaptureSQL.now) FROM _sf_clk WHERE 1
                ON CONFLICT(tbl, \(CaptureSQL.keyList)) DO UPDATE SET \(version), org = excluded.org,
                    feed = excluded.feed, del = excluded.del, ts = excluded.ts;
            """
    }

    /// Advances the counter past the tick at which deleted rows were noted, if there were any.
    var tickForVictims: String {
        "UPDATE _sf_clk SET n = n + 1 WHERE EXISTS(SELECT 1 FROM _sf_chg WHERE feed > n);"
    }

    private func insert(_ row: String, number: String, isDeleted: Bool, from: String, where condition: String) -> String
    {
        let values = keys.map { "\(row).\(CaptureSQL.identifier($0))" }
        let unused = Array(repeating: "''", count: TablePlan.widestKey - values.count)
        // A row without a key (SQLite allows NULL in most primary keys) cannot be carried; verify names it.
        let present = values.map { "\($0) IS NOT NULL" }.joined(separator: " AND ")
        return """
            INSERT INTO _sf_chg(tbl, \(CaptureSQL.keyList), epoch, seq, org, feed, del, ts)
                SELECT \(CaptureSQL.literal(plan.source)), \((values + unused).joined(separator: ", ")), \(rule.epoch(row)), \(number), \(CaptureSQL.literal(rule.store)), \(number), \(isDeleted ? 1 : 0), \(CaptureSQL.now) FROM \(from)
                WHERE \(condition)\(present)
                ON CONFLICT(tbl, \(CaptureSQL.keyList)) DO UPDATE SET \(version), org = excluded.org,
                    feed = excluded.feed, del = excluded.del, ts = excluded.ts;
            """
    }

    /// Where rows have several writers, a version is always later than the one that this store holds, also when a row
    /// was given to another user, or its former owner had written it in a later epoch.
    private var version: String {
        guard rule.ownership.hasSeveralWriters else { return "epoch = excluded.epoch, seq = excluded.seq" }
        return """
            seq = CASE WHEN (epoch, seq) < (excluded.epoch, excluded.seq) THEN excluded.seq ELSE seq + 1 END,
                    epoch = max(epoch, excluded.epoch)
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
