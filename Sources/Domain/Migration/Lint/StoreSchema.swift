/// What a store says about itself, as far as a migration of its tables depends on it.
package struct StoreSchema: Sendable, Equatable {
    /// The store's file.
    package var file: String
    package var tables: [Table]

    package struct Table: Sendable, Equatable {
        package enum Kind: Sendable, Equatable { case table, view, virtual }

        package var name: String
        package var kind: Kind
        /// Its CREATE statement.
        package var sql: String
        /// nil for views and virtual tables, and when it was not understood.
        package var schema: TableSchema?
        package var foreignKeys: [ForeignKey]
        package var triggers: [Trigger]

        package init(
            name: String, kind: Kind = .table, sql: String = "", schema: TableSchema? = nil,
            foreignKeys: [ForeignKey] = [], triggers: [Trigger] = []
        ) {
            self.name = name
            self.kind = kind
            self.sql = sql
            self.schema = schema
            self.foreignKeys = foreignKeys
            self.triggers = triggers
        }
    }

    package struct ForeignKey: Sendable, Equatable {
        package var columns: [String]
        package var parent: String
        /// `NO ACTION`, `RESTRICT`, `CASCADE`, `SET NULL` or `SET DEFAULT`.
        package var onDelete: String
        package var onUpdate: String

        package init(columns: [String], parent: String, onDelete: String = "NO ACTION", onUpdate: String = "NO ACTION")
        {
            self.columns = columns
            self.parent = parent
            self.onDelete = onDelete
            self.onUpdate = onUpdate
        }

        /// What the store does to rows of the child when the parent's change: `ON DELETE CASCADE`; nil: nothing.
        var action: String? {
            let actions = [("DELETE", onDelete), ("UPDATE", onUpdate)].filter {
                !["NO ACTION", "RESTRICT"].contains($0.1.uppercased())
            }
            return actions.isEmpty ? nil : actions.map { "ON \($0.0) \($0.1.uppercased())" }.joined(separator: " ")
        }
    }

    package struct Trigger: Sendable, Equatable {
        package var name: String
        package var sql: String

        package init(name: String, sql: String) {
            self.name = name
            self.sql = sql
        }
    }

    package init(file: String, tables: [Table]) {
        self.file = file
        self.tables = tables
    }

    package func table(_ name: String) -> Table? { tables.first { StoreName.same($0.name, name) } }
}
