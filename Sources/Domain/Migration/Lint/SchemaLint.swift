/// What the stores' schemas say against moving the contexts' tables.
package struct SchemaLint {
    private let scope: LintScope
    private var findings: LintFindings

    private init(_ scope: LintScope, _ findings: LintFindings) {
        self.scope = scope
        self.findings = findings
    }

    /// Looks at the monolith's stores.
    package static func sources(_ scope: LintScope, into findings: inout LintFindings) {
        var lint = SchemaLint(scope, findings)
        var seen: Set<String> = []
        for context in scope.contexts {
            for wanted in context.tables where seen.insert(StoreName.folded(wanted.name)).inserted {
                guard let store = scope.stores.first(where: { $0.table(wanted.name) != nil }),
                    let table = store.table(wanted.name)
                else {
                    let files = scope.stores.map(\.file).joined(separator: ", ")
                    lint.add(.noTable, .error, files, wanted.name, nil, "there is no such table")
                    continue
                }
                lint.source(table, store.file)
            }
        }
        findings = lint.findings
    }

    /// Looks at a service's store, in which the agent writes rows.
    package static func target(
        _ context: LintScope.Context, _ store: StoreSchema, _ scope: LintScope, into findings: inout LintFindings
    ) {
        var lint = SchemaLint(scope, findings)
        for wanted in context.tables {
            guard let table = store.table(wanted.target) else { continue }
            lint.replacing(table, store.file, [context.name])
            lint.triggers(table, store.file, [context.name], isTarget: true)
        }
        findings = lint.findings
    }

    private mutating func source(_ table: StoreSchema.Table, _ file: String) {
        let contexts = scope.contexts(of: table.name)
        if contexts.count > 1 {
            add(
                .sharedTable, .warning, file, table.name, nil,
                "\(contexts.joined(separator: ", ")) carry it, and only one context can own it")
        }
        guard table.kind == .table else {
            let kind = table.kind == .view ? "a view" : "a virtual table"
            return add(.notATable, .error, file, table.name, nil, "it is \(kind), whose changes no trigger sees")
        }
        guard let schema = table.schema else {
            return add(.notUnderstood, .error, file, table.name, nil, "its schema was not understood")
        }
        keys(table, schema, file)
        owner(table, schema, file)
        for column in schema.columns where column.isGenerated {
            add(
                .generatedColumn, .warning, file, table.name, column.name,
                "SQLite computes it, so the agent can read it and not write it")
        }
        replacing(table, file, contexts)
        foreignKeys(table, file, contexts)
        triggers(table, file, contexts, isTarget: false)
    }

    // MARK: Keys

    private mutating func keys(_ table: StoreSchema.Table, _ schema: TableSchema, _ file: String) {
        let declared = scope.declaredKey(of: table.name)
        let key = declared.isEmpty ? schema.primaryKey : declared
        if key.isEmpty {
            add(.noPrimaryKey, .error, file, table.name, nil, "it has no primary key, so no row of it can be named")
        } else if schema.key(over: key) == nil {
            let names = key.joined(separator: ", ")
            add(.noPrimaryKey, .error, file, table.name, nil, "nothing makes its key (\(names)) unique in every row")
        }
        for name in key {
            let isRowid = schema.rowidColumn.map { StoreName.same($0, name) } ?? false
            if let column = schema.column(name), !column.isNotNull, !isRowid {
                add(.nullKey, .warning, file, table.name, column.name, "a part of the key may be NULL")
            }
        }
        guard let rowid = schema.rowidColumn, !isReference(rowid, table) else { return }
        let isCounted = SQLTokenizer.tokens(table.sql).contains { $0.isWord("AUTOINCREMENT") }
        add(
            .allocatedID, .error, file, table.name, rowid,
            "SQLite allocates it (INTEGER PRIMARY KEY\(isCounted ? " AUTOINCREMENT" : "")), and so would the other side, "
                + "with the same numbers")
    }

    /// Whether the column holds another table's key, and so is given by whoever inserts.
    private func isReference(_ column: String, _ table: StoreSchema.Table) -> Bool {
        table.foreignKeys.contains { $0.columns.contains { StoreName.same($0, column) } }
            || scope.keys.contains { $0.table == nil && StoreName.same($0.column, column) }
    }

    private mutating func owner(_ table: StoreSchema.Table, _ schema: TableSchema, _ file: String) {
        let owner = scope.ownerColumn(of: table)
        if let owner {
            let isKey = schema.primaryKey.contains { StoreName.same($0, owner.name) }
            if !owner.isNotNull, !isKey {
                add(.nullOwner, .warning, file, table.name, owner.name, "it names the owner and may be NULL")
            }
        } else if let path = scope.ownerPath(of: table) {
            add(
                .indirectOwner, .warning, file, table.name, nil,
                "its owner is found by way of other rows only: \(path.joined(separator: ", "))")
        } else {
            let keys = scope.keys.map { ($0.table.map { "\($0)." } ?? "") + $0.column }.joined(separator: ", ")
            add(
                .noOwner, .error, file, table.name, nil,
                "none of its columns names the owner (\(keys)), and no foreign key leads to one that does")
        }
        for index in schema.unique where !index.isPrimaryKey {
            let columns = index.columns(among: schema.columns.map(\.name))
            // A value that is unique within one owner meets only values of the same side.
            if let owner, columns.contains(where: { StoreName.same($0, owner.name) }) { continue }
            let names = columns.joined(separator: ", ")
            add(
                .uniqueAcrossOwners, .error, file, table.name, names,
                "unique among all owners: each side could take the same value while both accept writes")
        }
    }

    // MARK: What writes by itself

    private mutating func replacing(_ table: StoreSchema.Table, _ file: String, _ contexts: [String]) {
        let tokens = SQLTokenizer.tokens(table.sql)
        let isReplacing = tokens.indices.dropLast(2).contains {
            tokens[$0].isWord("ON") && tokens[$0 + 1].isWord("CONFLICT") && tokens[$0 + 2].isWord("REPLACE")
        }
        guard isReplacing else { return }
        findings.add(
            LintFinding(
                .replaceConstraint, .error, file: file, subject: table.name,
                what:
                    "a constraint says ON CONFLICT REPLACE: a plain INSERT deletes other rows, without their triggers",
                contexts: contexts))
    }

    private mutating func foreignKeys(_ table: StoreSchema.Table, _ file: String, _ contexts: [String]) {
        for key in table.foreignKeys {
            let parents = scope.contexts(of: key.parent)
            guard !contexts.contains(where: parents.contains) else { continue }
            let side = parents.isEmpty ? "which no context carries" : "of \(parents.joined(separator: ", "))"
            let action = key.action.map { ", \($0): a change there changes rows here" }
            add(
                .foreignKeyCrosses, action == nil ? .warning : .error, file, table.name,
                key.columns.joined(separator: ", "),
                "it refers to \(key.parent), \(side)\(action ?? "; no store can check it across the two")")
        }
    }

    private mutating func triggers(
        _ table: StoreSchema.Table, _ file: String, _ contexts: [String], isTarget: Bool
    ) {
        for trigger in table.triggers where !StoreName.folded(trigger.name).hasPrefix("_sf_") {
            let statement = StatementReader.statements(trigger.sql).first
            let writes = statement?.writes ?? []
            if !isTarget {
                let crossed = Self.crossed(writes, contexts, scope)
                if !crossed.isEmpty {
                    // Behind a table that stays with the monolith is no other context that could be broken.
                    let isOthers = crossed.contains { !scope.contexts(of: $0).isEmpty }
                    add(
                        .triggerCrosses, isOthers ? .error : .warning, file, table.name, nil,
                        "its trigger \(trigger.name) writes \(scope.named(crossed))")
                }
            }
            for write in writes where write.replaces {
                add(
                    .replace, .error, file, table.name, nil,
                    "its trigger \(trigger.name) replaces rows of \(write.table)")
            }
            findings.add(
                LintFinding(
                    .triggerFires, .warning, file: file, subject: table.name,
                    what: "its trigger \(trigger.name) fires for rows that are carried as for those that are written",
                    contexts: contexts))
        }
    }

    /// Tables that a trigger on a table of `contexts` writes, and that none of those carries.
    static func crossed(_ writes: [SQLStatement.Write], _ contexts: [String], _ scope: LintScope) -> [String] {
        var crossed: [String] = []
        for table in writes.map(\.table) where !crossed.contains(where: { StoreName.same($0, table) }) {
            let others = scope.contexts(of: table)
            if !contexts.contains(where: others.contains) { crossed.append(table) }
        }
        return crossed
    }

    private mutating func add(
        _ code: LintFinding.Code, _ severity: LintFinding.Severity, _ file: String, _ table: String, _ column: String?,
        _ what: String
    ) {
        findings.add(
            LintFinding(
                code, severity, file: file, subject: column.map { "\(table).\($0)" } ?? table, what: what,
                contexts: scope.contexts(of: table)))
    }
}
