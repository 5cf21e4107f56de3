package import ControlKit
import DataSync
package import Migration

/// Lists what would break when the tables of contexts change their owner, from schemas and statements. Nothing is
/// changed, and no router is asked.
package struct DataLint: Sendable {
    /// The data file.
    package var dataPath: String
    /// The caller named the data file. When it is not there, that is an error.
    package var isDataNamed: Bool
    /// Stores of the monolith besides those of the data file.
    package var stores: [String]
    /// Files of statements; `-` is standard input.
    package var statements: [String]
    /// `COLUMN` or `TABLE.COLUMN`; empty: `user_id`.
    package var keys: [String]
    /// `NAME=TABLE,TABLE`: contexts that take the place of the data file's groups.
    package var contexts: [String]
    /// Only findings of these contexts; empty: of all.
    package var only: [String]

    package init(
        dataPath: String, isDataNamed: Bool, stores: [String], statements: [String], keys: [String],
        contexts: [String], only: [String]
    ) {
        self.dataPath = dataPath
        self.isDataNamed = isDataNamed
        self.stores = stores
        self.statements = statements
        self.keys = keys
        self.contexts = contexts
        self.only = only
    }

    package struct Report: Sendable {
        package var contexts: [String]
        package var findings: [LintFinding]
        /// Findings for which there was no room.
        package var omitted: Int
        package var counts: StatementLint.Counts
        /// Stores that were read.
        package var stores: [String]
        /// Services' stores that are not there yet.
        package var absent: [String]
        /// What a file of statements ends in the middle of, as sentences.
        package var unclosed: [String]

        package var errors: Int { findings.filter { $0.severity == .error }.count }
        package var warnings: Int { findings.count - errors }
    }

    package func run() throws(OperationFailure) -> Report {
        let keys = try ownerKeys()
        let (groups, given) = try named()
        var files: [String] = []
        for path in groups.map(\.source) + stores where !files.contains(path) { files.append(path) }
        guard !files.isEmpty else { throw OperationFailure(.usage, "--context needs --store FILE as well") }
        var schemas: [StoreSchema] = []
        for file in files { schemas.append(try Self.schema(file)) }
        let contexts = given.isEmpty ? Self.whole(schemas) : given
        for name in only where !contexts.contains(where: { $0.name == name }) {
            throw OperationFailure(
                .usage, "there is no context \"\(name)\"",
                fix: "known: \(contexts.map(\.name).joined(separator: ", "))")
        }
        let scope = LintScope(contexts: contexts, keys: keys, stores: schemas)
        var findings = LintFindings()
        SchemaLint.sources(scope, into: &findings)
        var absent: [String] = []
        for group in groups {
            guard FileSystem.exists(group.target) else {
                if !absent.contains(group.target) { absent.append(group.target) }
                continue
            }
            let schema = try Self.schema(group.target)
            if !files.contains(group.target) { files.append(group.target) }
            SchemaLint.target(.init(name: group.name, tables: group.tables), schema, scope, into: &findings)
        }
        var counts = StatementLint.Counts()
        var unclosed: [String] = []
        for file in statements {
            let name = file == "-" ? "stdin" : file
            let end = try Self.read(file, StatementStream(scope, file: name, findings: findings, counts: counts))
            (findings, counts) = (end.findings, end.counts)
            if let open = end.unclosed { unclosed.append("\(name) ends within a \(open)") }
        }
        return Report(
            contexts: contexts.map(\.name).filter { only.isEmpty || only.contains($0) },
            findings: findings.sorted.filter { only.isEmpty || $0.contexts.contains(where: only.contains) },
            omitted: findings.omitted, counts: counts, stores: files, absent: absent, unclosed: unclosed)
    }

    // MARK: What is asked

    private func ownerKeys() throws(OperationFailure) -> [LintScope.Key] {
        var found: [LintScope.Key] = []
        for text in keys.isEmpty ? ["user_id"] : keys {
            guard let key = LintScope.Key(text) else {
                throw OperationFailure(
                    .usage, "--key \(text) is not a column", fix: "--key user_id, or --key users.id for one table")
            }
            found.append(key)
        }
        return found
    }

    /// The groups of the data file, if it is read, and the contexts; no contexts: each store is one.
    private func named() throws(OperationFailure) -> (groups: [DataDocument.Group], contexts: [LintScope.Context]) {
        if !contexts.isEmpty {
            var found: [LintScope.Context] = []
            for text in contexts { found.append(try Self.context(text)) }
            return ([], found)
        }
        if !stores.isEmpty, !isDataNamed, !FileSystem.exists(dataPath) { return ([], []) }
        let groups = try DataFile.document(at: dataPath).groups
        return (groups, groups.map { LintScope.Context(name: $0.name, tables: $0.tables) })
    }

    private static func context(_ text: String) throws(OperationFailure) -> LintScope.Context {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let tables = parts.count == 2 ? parts[1].split(separator: ",", omittingEmptySubsequences: false) : []
        guard parts.count == 2, !parts[0].isEmpty, !tables.contains(where: \.isEmpty) else {
            throw OperationFailure(
                .usage, "--context \(text) names no tables", fix: "--context profile=profiles,images")
        }
        return LintScope.Context(
            name: parts[0],
            tables: tables.map { DataDocument.Table(name: String($0), target: String($0), key: [], columns: []) })
    }

    private static func whole(_ schemas: [StoreSchema]) -> [LintScope.Context] {
        schemas.map { schema in
            let file = schema.file.split(separator: "/").last.map(String.init) ?? schema.file
            return LintScope.Context(
                name: file.split(separator: ".").first.map(String.init) ?? file,
                tables: schema.tables.filter { $0.kind != .view }.map {
                    DataDocument.Table(name: $0.name, target: $0.name, key: [], columns: [])
                })
        }
    }

    // MARK: What is read

    private static func schema(_ path: String) throws(OperationFailure) -> StoreSchema {
        do {
            return try StoreInspector.schema(of: path)
        } catch {
            throw DataFile.failure(error)
        }
    }

    private static func read(
        _ file: String, _ start: StatementStream
    ) throws(OperationFailure) -> (findings: LintFindings, counts: StatementLint.Counts, unclosed: String?) {
        var stream = start
        var isStore = false
        var isFirst = true
        try FileSystem.pieces(of: file) { piece in
            if isFirst { isStore = piece.starts(with: Array("SQLite format 3".utf8)) }
            isFirst = false
            if !isStore { stream.take(piece) }
        }
        guard !isStore else {
            throw OperationFailure(
                .usage, "--sql \(file) is a SQLite store, not a file of statements", fix: "--store \(file)")
        }
        let end = stream.finish()
        let open = stream.unclosed.map { "\($0.what) that begins at line \($0.since.line), column \($0.since.column)" }
        return (end.findings, end.counts, open)
    }
}
