/// What a log of the monolith's statements says against moving the contexts' tables. It is fed statement by statement
/// and keeps what the transaction that is open has touched.
///
/// A log holds the statements of one connection in their order: those of several, mixed, would seem to share
/// transactions.
package struct StatementLint {
    /// Names that are kept of each kind of thing that was not understood.
    private static let mostNames = 50

    package struct Counts: Sendable, Equatable {
        package var statements = 0
        /// Transactions that were begun by BEGIN or SAVEPOINT.
        package var transactions = 0
        /// Statements whose first word is none of SQLite's verbs, by that word.
        package var unknown: [String: Int] = [:]
        /// Tables that no store has, by how often they were written or read.
        package var strangers: [String: Int] = [:]
        /// Statements that were too long to be read whole.
        package var cut = 0
        /// A transaction that was still open at the end of a file, or when the next one began.
        package var unfinished = 0

        package init() {}
    }

    private let scope: LintScope
    private let file: String
    package private(set) var findings: LintFindings
    package private(set) var counts: Counts

    private var hasBegun = false
    private var savepoints: [String] = []
    /// Where the transaction that is open began; nil: none is.
    private var since: SQLPlace?
    private var written: [String] = []
    private var read: [String] = []

    /// - Parameter file: the name under which the statements are shown.
    package init(_ scope: LintScope, file: String, findings: LintFindings, counts: Counts) {
        self.scope = scope
        self.file = file
        self.findings = findings
        self.counts = counts
    }

    package mutating func take(_ statement: SQLStatement, isCut: Bool) {
        counts.statements += 1
        if isCut { counts.cut += 1 }
        switch statement.kind {
        case .begin:
            if since != nil { counts.unfinished += 1 }
            close()
            open(statement.place)
            hasBegun = true
        case .savepoint(let name):
            if since == nil { open(statement.place) }
            // Deeper ones end with the outermost, so their names do not matter.
            if savepoints.count < Self.mostNames { savepoints.append(StoreName.folded(name)) }
        case .release(let name):
            if let index = savepoints.lastIndex(of: StoreName.folded(name)) { savepoints.removeSubrange(index...) }
            if savepoints.isEmpty, !hasBegun { close() }
        case .commit, .rollback: close()
        case .rollbackTo, .neutral: break
        case .unknown(let word): Self.count(word, in: &counts.unknown)
        case .schemaChange(let verb, let table): schemaChange(verb, table, statement)
        case .trigger(let name, let table): trigger(name, table, statement)
        case .query, .write: touch(statement)
        }
    }

    /// The file ends.
    package mutating func finish() {
        if since != nil { counts.unfinished += 1 }
        close()
    }

    // MARK: Transactions

    private mutating func open(_ place: SQLPlace) {
        since = place
        counts.transactions += 1
    }

    private mutating func close() {
        if let since { judge(since, "one transaction") }
        (hasBegun, since) = (false, nil)
        savepoints = []
        written = []
        read = []
    }

    private mutating func touch(_ statement: SQLStatement) {
        for write in statement.writes {
            if let name = known(write.table), !written.contains(name) { written.append(name) }
            rows(write, statement)
        }
        for table in statement.reads {
            if let name = known(table), !read.contains(name) { read.append(name) }
        }
        if since == nil {
            judge(statement.place, "one statement")
            written = []
            read = []
        }
    }

    /// The table as its store spells it; nil, and counted, when no store has it.
    private mutating func known(_ name: String) -> String? {
        if let table = scope.table(name) { return table.name }
        // SQLite's own tables say nothing about the application.
        if !StoreName.folded(name).hasPrefix("sqlite_") { Self.count(name, in: &counts.strangers) }
        return nil
    }

    private mutating func judge(_ place: SQLPlace, _ unit: String) {
        let ours = written.filter { !scope.contexts(of: $0).isEmpty }
        let outside = written.filter { scope.contexts(of: $0).isEmpty }
        let common = scope.common(ours)
        if let common, common.isEmpty {
            add(.transactionCrosses, .error, place, ours, "\(unit) writes \(scope.named(ours))")
        } else if !ours.isEmpty, !outside.isEmpty {
            add(
                .transactionOutside, .warning, place, ours + outside,
                "\(unit) writes \(scope.named(ours)) together with \(scope.named(outside))")
        }
        // Which side the unit runs on follows from what it writes, else from what it reads first.
        let readers = read.filter { !scope.contexts(of: $0).isEmpty }
        let base = ours.isEmpty ? readers : ours
        guard let side = scope.common(base), !base.isEmpty else { return }
        let apart =
            side.isEmpty
            ? (ours.isEmpty ? readers : [])
            : read.filter { table in !scope.contexts(of: table).contains(where: side.contains) }
        guard !apart.isEmpty else { return }
        if ours.isEmpty {
            let all = side.isEmpty ? apart : base + apart.filter { !base.contains($0) }
            add(.readsAcross, .warning, place, all, "\(unit) reads \(scope.named(all))")
        } else {
            add(
                .readsAcross, .warning, place, ours + apart,
                "\(unit) writes \(scope.named(ours)) and reads \(scope.named(apart))")
        }
    }

    // MARK: Rows

    private mutating func rows(_ write: SQLStatement.Write, _ statement: SQLStatement) {
        guard let table = scope.table(write.table), !scope.contexts(of: table.name).isEmpty else { return }
        if write.replaces { replaces(write, table, statement) }
        guard let schema = table.schema else { return }
        let owner = scope.ownerColumn(of: table)
        let ownerName = owner.map { StoreName.folded($0.name) }
        // One row of a table has one owner, whether the condition names it or not.
        let keys = ([schema.primaryKey, scope.declaredKey(of: table.name)] + schema.unique.compactMap(\.plainColumns))
            .filter { !$0.isEmpty }.map { Set($0.map(StoreName.folded)) }
        func isKeyed(_ held: Set<String>) -> Bool {
            ownerName.map(held.contains) ?? false || keys.contains { $0.isSubset(of: held) }
                || (schema.rowid != nil && !held.isDisjoint(with: ["rowid", "_rowid_", "oid"]))
        }
        switch write.verb {
        case .insert:
            if let owner, let columns = write.columns, !columns.contains(where: { StoreName.same($0, owner.name) }) {
                add(
                    .insertWithoutOwner, .error, write.place, [table.name],
                    "gives no \(owner.name), so nothing says whose row it is: \(statement.shape)")
            }
            // What one owner's INSERT changes is another's row, when they meet in a value that names neither.
            let primary = Set(schema.primaryKey.map(StoreName.folded))
            for target in write.upserts
            where !(ownerName.map(target.contains) ?? false) && target != primary
                && !(target.isEmpty && keys.allSatisfy { $0 == primary })
            {
                let columns = target.isEmpty ? "any unique value" : target.sorted().joined(separator: ", ")
                add(
                    .unkeyedWrite, .error, write.place, [table.name],
                    "DO UPDATE changes whoever's row has \(columns): \(statement.shape)")
            }
        case .update, .delete:
            if !write.isCut, !isKeyed(write.held) {
                add(
                    .unkeyedWrite, .error, write.place, [table.name],
                    "its WHERE names neither owner nor key, so it may change rows of both sides: \(statement.shape)")
            }
        }
        if let owner, write.assigned.contains(where: { StoreName.same($0, owner.name) }) {
            add(
                .ownerChanges, .warning, write.place, [table.name],
                "sets \(owner.name): the row would change sides: \(statement.shape)")
        }
    }

    private mutating func replaces(
        _ write: SQLStatement.Write, _ table: StoreSchema.Table, _ statement: SQLStatement
    ) {
        let others = table.schema?.unique.filter { !$0.isPrimaryKey } ?? []
        // An UPDATE meets other rows by the primary key as well.
        let reachesOthers = table.schema == nil || !others.isEmpty || write.verb == .update
        add(
            .replace, reachesOthers ? .error : .warning, write.place, [table.name],
            (reachesOthers
                ? "replaces rows, another owner's too, and their DELETE triggers do not fire: "
                : "replaces the row of the same key, and its DELETE triggers do not fire: ") + statement.shape)
    }

    // MARK: Schema

    private mutating func schemaChange(_ verb: String, _ name: String, _ statement: SQLStatement) {
        guard let table = scope.table(name), !scope.contexts(of: table.name).isEmpty else { return }
        add(
            .schemaChange, .warning, statement.place, [table.name],
            "the program itself changes a carried table: \(verb) \(table.name)")
    }

    private mutating func trigger(_ name: String, _ tableName: String, _ statement: SQLStatement) {
        let contexts = scope.contexts(of: tableName)
        // One that the store has already is told of there.
        let isKnown = scope.table(tableName)?.triggers.contains { StoreName.same($0.name, name) } ?? false
        guard !contexts.isEmpty, !isKnown, !StoreName.folded(name).hasPrefix("_sf_") else { return }
        let crossed = SchemaLint.crossed(statement.writes, contexts, scope)
        if !crossed.isEmpty {
            let isOthers = crossed.contains { !scope.contexts(of: $0).isEmpty }
            add(
                .triggerCrosses, isOthers ? .error : .warning, statement.place, [tableName],
                "its trigger \(name) writes \(scope.named(crossed))")
        }
        for write in statement.writes where write.replaces {
            add(.replace, .error, write.place, [tableName], "its trigger \(name) replaces rows of \(write.table)")
        }
        add(
            .triggerFires, .warning, statement.place, [tableName],
            "its trigger \(name) fires for rows that are carried as for those that are written")
    }

    private mutating func add(
        _ code: LintFinding.Code, _ severity: LintFinding.Severity, _ place: SQLPlace, _ tables: [String],
        _ what: String
    ) {
        findings.add(
            LintFinding(
                code, severity, file: file, place: place, subject: tables.joined(separator: ", "), what: what,
                contexts: scope.allContexts(tables)))
    }

    private static func count(_ name: String, in names: inout [String: Int]) {
        if names[name] != nil || names.count < mostNames { names[name, default: 0] += 1 }
    }
}
