import Testing

@testable import Migration

/// SQL as SQLite's tokenizer cuts it, as a table.
@Suite struct SQLTokenizerTests {
    @Test(
        arguments: [
            ("", []),
            ("a -- b\n+ /* c */ d", ["word a", "symbol +", "word d"]),
            ("-- only", []), ("/* only", []), ("/* * / **/x", ["word x"]),
            (
                "\"a\"\"b\" `c``d` [e f] 'g''h'",
                ["quotedName a\"b", "quotedName c`d", "quotedName e f", "string g'h"]
            ),
            ("''", ["string "]), ("x'0aFF' X'' xy'z'", ["blob ", "blob ", "word xy", "string z"]),
            (
                "1 1.5 .5 1e-5 1.5E+3 0xFFe-1 1-2",
                [
                    "number ", "number ", "number ", "number ", "number ", "number ", "symbol -", "number ", "number ",
                    "symbol -", "number ",
                ]
            ),
            (
                "? ?12 :a @b $c $d::e",
                ["parameter ", "parameter ", "parameter ", "parameter ", "parameter ", "parameter "]
            ),
            ("a.b", ["word a", "symbol .", "word b"]),
            (
                "a||b<>c!=d==e<=f>>g->h->>'i'",
                [
                    "word a", "symbol ||", "word b", "symbol <>", "word c", "symbol !=", "word d", "symbol ==",
                    "word e",
                    "symbol <=", "word f", "symbol >>", "word g", "symbol ->", "word h", "symbol ->", "symbol >",
                    "string i",
                ]
            ),
            ("é_1 名$", ["word é_1", "word 名$"]), ("\u{FEFF}a", ["word a"]), ("a\u{0}b", ["word a", "word b"]),
            ("'open", ["string open"]), ("\"open", ["quotedName open"]), ("[open", ["quotedName open"]),
            ("a-", ["word a", "symbol -"]), ("#", ["symbol #"]),
        ] as [(String, [String])])
    func `a text is cut into tokens`(_ sql: String, _ expected: [String]) {
        #expect(SQLTokenizer.tokens(sql).map { "\($0.kind) \($0.text)" } == expected)
    }

    @Test func `each token knows where it stands`() {
        let tokens = SQLTokenizer.tokens("a é 'x\ny' b\n  c")
        #expect(
            tokens.map { [$0.place.line, $0.place.column, $0.startsLine ? 1 : 0] }
                == [[1, 1, 1], [1, 3, 0], [1, 5, 0], [2, 4, 0], [3, 3, 1]])
    }

    @Test(
        arguments: [
            ("'a", "string", 1), ("x'a", "blob", 1), (" \"a", "quoted name", 2), ("[a", "quoted name", 1),
            ("a /* b", "comment", 3), ("a -- b", nil, 0), ("'a'", nil, 0), ("a", nil, 0),
        ] as [(String, String?, Int)])
    func `what is open at the end is told`(_ sql: String, _ what: String?, _ column: Int) {
        var tokenizer = SQLTokenizer()
        for byte in sql.utf8 { tokenizer.take(byte) { _ in } }
        #expect(tokenizer.open?.what == what)
        #expect(tokenizer.open.map(\.since.column) ?? 0 == column)
    }

    @Test func `a long name or text is kept no further than its beginning`() {
        let tokens = SQLTokenizer.tokens(
            String(repeating: "n", count: 100_000) + " '" + String(repeating: "s", count: 9_999) + "'")
        #expect(tokens.map(\.text.utf8.count) == [255, 255])
        #expect(tokens.map(\.isCut) == [true, true])
    }
}
