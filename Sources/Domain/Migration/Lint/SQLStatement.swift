/// What one statement does, as far as moving data is concerned.
package struct SQLStatement: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case begin
        case commit
        case rollback
        case rollbackTo
        case savepoint(String)
        case release(String)
        /// SELECT and VALUES.
        case query
        /// INSERT, REPLACE, UPDATE and DELETE.
        case write
        /// ALTER TABLE or DROP TABLE of the table.
        case schemaChange(verb: String, table: String)
        /// CREATE TRIGGER on the table; `writes` and `reads` are those of its body.
        case trigger(name: String, table: String)
        /// One that moves no rows of ours: CREATE, PRAGMA, VACUUM, ATTACH and the like.
        case neutral(String)
        /// One whose first word is no verb of SQLite's.
        case unknown(String)
    }

    /// A change of one table's rows.
    package struct Write: Sendable, Equatable {
        package enum Verb: String, Sendable, Equatable {
            case insert = "INSERT"
            case update = "UPDATE"
            case delete = "DELETE"
        }

        package var verb: Verb
        package var table: String
        package var place: SQLPlace
        /// INSERT OR REPLACE, REPLACE INTO, UPDATE OR REPLACE.
        package var replaces = false
        /// Columns that an INSERT names; nil: all of them. Empty: DEFAULT VALUES.
        package var columns: [String]?
        /// Columns that are set by an UPDATE, or by DO UPDATE of an UPSERT.
        package var assigned: [String] = []
        /// Columns of the table that the WHERE holds to given values, in the folded form of names.
        package var held: Set<String> = []
        /// Columns of each ON CONFLICT … DO UPDATE, folded; empty: any rule of uniqueness.
        package var upserts: [Set<String>] = []
        /// The statement was too long to be read to its end, so `held` may lack some.
        package var isCut = false
    }

    package var kind: Kind
    package var place: SQLPlace
    package var writes: [Write] = []
    /// Tables that are read, without those that WITH names.
    package var reads: [String] = []
    /// The statement on one line, values as `?`, at most 160 characters.
    package var shape: String

    package init(_ kind: Kind, at place: SQLPlace, shape: String) {
        self.kind = kind
        self.place = place
        self.shape = shape
    }
}
