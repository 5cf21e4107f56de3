/// Which tables belong to which context, and by which columns a row names its owner.
package struct LintScope: Sendable, Equatable {
    package struct Context: Sendable, Equatable {
        package var name: String
        /// Its tables in the monolith's store.
        package var tables: [DataDocument.Table]

        package init(name: String, tables: [DataDocument.Table]) {
            self.name = name
            self.tables = tables
        }
    }

    /// A column that names the owner: of one table, or of every table that has it.
    package struct Key: Sendable, Equatable {
        package var table: String?
        package var column: String

        package init(table: String, column: String) {
            self.table = table
            self.column = column
        }

        /// Reads `COLUMN` or `TABLE.COLUMN`; nil when it is neither.
        package init?(_ text: String) {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard (1...2).contains(parts.count), !parts.contains("") else { return nil }
            table = parts.count == 2 ? parts[0] : nil
            column = parts[parts.count - 1]
        }
    }

    package var contexts: [Context]
    package var keys: [Key]
    /// The stores of the monolith.
    package var stores: [StoreSchema]
    private let owners: [String: [String]]

    package init(contexts: [Context], keys: [Key], stores: [StoreSchema]) {
        self.contexts = contexts
        self.keys = keys
        self.stores = stores
        owners = contexts.reduce(into: [:]) { owners, context in
            for table in context.tables { owners[StoreName.folded(table.name), default: []].append(context.name) }
        }
    }

    /// The contexts that carry a table, in the order of the document; empty: it stays with the monolith.
    func contexts(of table: String) -> [String] { owners[StoreName.folded(table)] ?? [] }

    func table(_ name: String) -> StoreSchema.Table? {
        for store in stores {
            if let table = store.table(name) { return table }
        }
        return nil
    }

    /// The key that the data file gives a table.
    func declaredKey(of table: String) -> [String] {
        contexts.lazy.flatMap(\.tables).first { StoreName.same($0.name, table) && !$0.key.isEmpty }?.key ?? []
    }

    /// The column of the table that names the owner of its rows.
    func ownerColumn(of table: StoreSchema.Table) -> TableSchema.Column? {
        guard let schema = table.schema else { return nil }
        let own = keys.filter { $0.table.map { StoreName.same($0, table.name) } ?? false }
        for key in own + keys.filter({ $0.table == nil }) {
            if let column = schema.column(key.column) { return column }
        }
        return nil
    }

    /// The foreign keys that lead from a table to one whose rows name their owner, as `column → table`; nil: none do.
    func ownerPath(of table: StoreSchema.Table) -> [String]? {
        var seen: Set<String> = [StoreName.folded(table.name)]
        var front: [(table: StoreSchema.Table, path: [String])] = [(table, [])]
        while !front.isEmpty {
            var next: [(table: StoreSchema.Table, path: [String])] = []
            for (table, path) in front {
                for key in table.foreignKeys {
                    guard let parent = self.table(key.parent), seen.insert(StoreName.folded(parent.name)).inserted
                    else { continue }
                    let longer = path + ["\(key.columns.joined(separator: ", ")) → \(parent.name)"]
                    if let owner = ownerColumn(of: parent) { return longer + [owner.name] }
                    next.append((parent, longer))
                }
            }
            front = next
        }
        return nil
    }

    /// The contexts that all of these tables have in common; nil when there is no such table.
    func common(_ tables: [String]) -> [String]? {
        guard let first = tables.first else { return nil }
        return tables.dropFirst().reduce(contexts(of: first)) { common, table in
            let other = contexts(of: table)
            return common.filter(other.contains)
        }
    }

    /// `users (auth) and profiles (profile)`.
    func named(_ tables: [String]) -> String {
        let words = tables.map { table in
            let contexts = contexts(of: table)
            return "\(table) (\(contexts.isEmpty ? "no context" : contexts.joined(separator: ", ")))"
        }
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " and " + last
    }

    func allContexts(_ tables: [String]) -> [String] {
        var names: [String] = []
        for name in tables.flatMap(contexts(of:)) where !names.contains(name) { names.append(name) }
        return names
    }
}
