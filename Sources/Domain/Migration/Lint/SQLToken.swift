/// Where something stands in a text: both count from 1, columns in characters (code points).
package struct SQLPlace: Sendable, Equatable, Comparable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static func < (left: SQLPlace, right: SQLPlace) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// One token of SQL as SQLite's tokenizer cuts it (https://sqlite.org/lang.html). Spaces and comments are none.
package struct SQLToken: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// A keyword or a bare name.
        case word
        /// `"name"`, `` `name` `` or `[name]`.
        case quotedName
        /// `'text'`, which SQLite also takes as a name where only a name can stand.
        case string
        case blob
        case number
        /// `?`, `?1`, `:a`, `@a`, `$a`.
        case parameter
        /// An operator or bracket.
        case symbol
    }

    package var kind: Kind
    /// Words, names and strings without their quotes, at most `SQLTokenizer.longestText` bytes of them; the operator of
    /// a symbol. Empty for values.
    package var text: String
    package var place: SQLPlace
    /// The text is no more than the beginning of it.
    package var isCut: Bool
    /// It is the first token of its line.
    package var startsLine: Bool

    package init(
        _ kind: Kind, _ text: String, at place: SQLPlace = SQLPlace(line: 1, column: 1), isCut: Bool = false,
        startsLine: Bool = false
    ) {
        self.kind = kind
        self.text = text
        self.place = place
        self.isCut = isCut
        self.startsLine = startsLine
    }

    /// Whether it is this keyword, given in capitals.
    func isWord(_ keyword: String) -> Bool {
        kind == .word && text.utf8.count == keyword.utf8.count && StoreName.same(text, keyword)
    }

    /// Whether it is one of these keywords, given in capitals.
    func isWord(among keywords: Set<String>) -> Bool { kind == .word && keywords.contains(text.uppercased()) }

    func isSymbol(_ symbol: String) -> Bool { kind == .symbol && text == symbol }

    /// What may name a table or a column.
    var isName: Bool { kind == .word || kind == .quotedName || kind == .string }

    /// The token in a message; a value as `?`.
    var shown: String {
        switch kind {
        case .word, .symbol: text
        case .quotedName: "\"\(text)\""
        case .string, .blob, .number, .parameter: "?"
        }
    }
}
