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
    private let tokens: [SQLToken]

    init(_ kind: Kind, of tokens: [SQLToken]) {
        self.kind = kind
        self.tokens = tokens
        place = tokens.first?.place ?? SQLPlace(line: 1, column: 1)
    }

    /// The statement on one line, values as `?`, at most 160 characters: equal ones are equal, and no value of a user
    /// is shown.
    package var shape: String {
        var text = ""
        for (index, token) in tokens.enumerated() {
            let word = token.shown
            let glued =
                index == 0 || word == "," || word == ")" || word == "." || text.hasSuffix(".") || text.hasSuffix("(")
                || (word == "(" && tokens[index - 1].isName && !tokens[index - 1].isWord(among: Self.spaced))
            text += (glued ? "" : " ") + word
            if text.utf8.count > 160 { return String(text.prefix(159)) + "…" }
        }
        return text
    }

    private static let spaced: Set<String> = [
        "IN", "AS", "VALUES", "AND", "OR", "NOT", "WHERE", "ON", "FROM", "SELECT",
    ]
}
