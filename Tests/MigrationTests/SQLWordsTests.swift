import Testing

@testable import Migration

@Suite struct SQLWordsTests {
    @Test(
        arguments: [
            ("CREATE UNIQUE INDEX u ON t(a)", ["a"], nil),
            (
                "CREATE UNIQUE INDEX IF NOT EXISTS main.\"u (1)\" ON [t (2)] (a, \"b,c\" COLLATE NOCASE DESC, c ASC)",
                ["a", "\"b,c\"", "c"], nil
            ),
            (
                "create unique index u on t(lower(a), b % 10) where c is not null", ["lower(a)", "b % 10"],
                "c is not null"
            ),
            (
                "CREATE UNIQUE INDEX u ON t((a || ')') COLLATE RTRIM) WHERE b = 'x)' AND (c OR d)", ["(a || ')')"],
                "b = 'x)' AND (c OR d)"
            ),
            ("CREATE UNIQUE INDEX u ON t(a -- the first, )\n, b /* ) */)\nWHERE a > 1 -- why", ["a", "b"], "a > 1"),
            (
                "CREATE UNIQUE INDEX \"on\" ON `t``x`(substr(a, 1, instr(a, '''')) COLLATE \"NOCASE\")",
                ["substr(a, 1, instr(a, ''''))"], nil
            ),
            ("CREATE UNIQUE INDEX u ON t(é, 名 DESC)", ["é", "名"], nil),
        ] as [(String, [String], String?)])
    func `an index is taken apart`(sql: String, terms: [String], condition: String?) throws {
        let parts = try #require(SQLWords.index(sql))
        #expect(parts.terms == terms)
        #expect(parts.condition == condition)
    }

    @Test(arguments: [
        "", "CREATE TABLE t(a)", "CREATE UNIQUE INDEX u ON t(a", "CREATE UNIQUE INDEX u ON t(a,)",
        "CREATE INDEX u ON t(a) USING x",
    ])
    func `what is not understood is said`(sql: String) {
        #expect(SQLWords.index(sql) == nil)
    }

    @Test func `words in texts and comments are none`() {
        #expect(SQLWords.identifiers("a + 'b' -- c\n + \"d\" /* e */ + [f]") == ["a", "d", "f"])
        #expect(SQLWords.checks("CREATE TABLE \"check\"(a DEFAULT 'check', [check] TEXT) -- check (x)") == [])
        #expect(
            SQLWords.checks("CREATE TABLE t(a Check(a > 0 /* why */\n), b, CHECK (b IN ('x)', (1))))")
                == ["a > 0", "b IN ('x)', (1))"])
    }

    @Test func `names compare as SQLite compares them`() {
        #expect(StoreName.same("Users", "uSERS"))
        #expect(!StoreName.same("É", "é"))
        #expect(StoreName.folded("É_A") == "É_a")
    }

    @Test(arguments: [
        ("INT", Affinity.integer), ("CHARINT", .integer), ("FLOATING POINT", .integer), ("VARCHAR(9)", .text),
        ("CLOB", .text),
        ("", .blob), ("BLOB", .blob), ("DOUBLE", .real), ("FLOAT", .real), ("STRING", .numeric),
        ("DECIMAL(9,2)", .numeric),
        ("BOOLEAN", .numeric), ("DATETIME", .numeric),
    ])
    func `affinities are those of the manual`(type: String, affinity: Affinity) {
        #expect(Affinity(declared: type) == affinity)
    }
}
