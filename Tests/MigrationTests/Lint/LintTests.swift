import Testing

@testable import Migration

/// What schemas and statements are found guilty of, as tables.
@Suite struct LintTests {
    private typealias Column = TableSchema.Column

    private static func table(
        _ name: String, _ columns: [Column], key: [String] = ["id"], unique: [UniqueIndex] = [], sql: String = "",
        rowidColumn: String? = nil, foreignKeys: [StoreSchema.ForeignKey] = [], triggers: [StoreSchema.Trigger] = []
    ) -> StoreSchema.Table {
        let primary = UniqueIndex(name: "pk", terms: key.map { .column($0) }, isPrimaryKey: true)
        return StoreSchema.Table(
            name: name, sql: sql,
            schema: TableSchema(
                name: name, columns: columns, primaryKey: key, unique: (key.isEmpty ? [] : [primary]) + unique,
                rowidColumn: rowidColumn),
            foreignKeys: foreignKeys, triggers: triggers)
    }

    private static func text(_ name: String) -> Column { Column(name: name, type: "TEXT", isNotNull: true) }

    private static func carried(_ names: [String], key: [String] = []) -> [DataDocument.Table] {
        names.map { DataDocument.Table(name: $0, target: $0, key: key, columns: []) }
    }

    /// One table `t` of the context `c`, beside a table `other` of the context `d` and `rest` of none.
    private static func codes(_ table: StoreSchema.Table, key: [String] = []) -> [String] {
        let store = StoreSchema(
            file: "m.db",
            tables: [
                table, Self.table("other", [text("id"), text("user_id")]),
                Self.table("rest", [text("id")]),
            ])
        let scope = LintScope(
            contexts: [
                .init(name: "c", tables: carried(["T"], key: key)), .init(name: "d", tables: carried(["other"])),
            ], keys: [LintScope.Key("user_id")!], stores: [store])
        var findings = LintFindings()
        SchemaLint.sources(scope, into: &findings)
        return findings.sorted.map { "\($0.severity) \($0.code.rawValue) \($0.subject)" }
    }

    private static let sound = [text("id"), text("user_id")]

    @Test func `a sound table is found guilty of nothing`() {
        #expect(Self.codes(Self.table("t", Self.sound)).isEmpty)
    }

    @Test(
        arguments: [
            (table("t", sound, key: []), ["error no-primary-key t"]),
            (table("t", [Column(name: "id"), text("user_id")]), ["warning null-key t.id"]),
            (
                table("t", [Column(name: "id", type: "INTEGER"), text("user_id")], rowidColumn: "id"),
                ["error allocated-id t.id"]
            ),
            (
                table(
                    "t", [Column(name: "user_id", type: "INTEGER")], key: ["user_id"], rowidColumn: "user_id"), []
            ),
            (
                table(
                    "t", [Column(name: "id"), text("user_id")], rowidColumn: "id",
                    foreignKeys: [.init(columns: ["id"], parent: "t")]), []
            ),
            (table("t", [text("id")]), ["error no-owner t"]),
            (table("t", [text("id"), Column(name: "user_id")]), ["warning null-owner t.user_id"]),
            (
                table("t", [text("id"), text("o")], foreignKeys: [.init(columns: ["o"], parent: "other")]),
                ["warning indirect-owner t", "warning foreign-key-crosses t.o"]
            ),
            (
                table(
                    "t", sound + [text("o")],
                    foreignKeys: [.init(columns: ["o"], parent: "other", onDelete: "CASCADE", onUpdate: "SET NULL")]),
                ["error foreign-key-crosses t.o"]
            ),
            (
                table(
                    "t", sound + [text("o")], foreignKeys: [.init(columns: ["o"], parent: "rest", onDelete: "RESTRICT")]
                ),
                ["warning foreign-key-crosses t.o"]
            ),
            (
                table("t", sound + [text("e")], unique: [UniqueIndex(name: "u", terms: [.column("e")])]),
                ["error unique-across-owners t.e"]
            ),
            (
                table(
                    "t", sound + [text("e")],
                    unique: [UniqueIndex(name: "u", terms: [.column("user_id"), .column("e")])]),
                []
            ),
            (
                table("t", sound + [Column(name: "g", isGenerated: true)]), ["warning generated-column t.g"]
            ),
            (
                table("t", sound, sql: "CREATE TABLE t(id TEXT PRIMARY KEY ON CONFLICT replace, user_id)"),
                ["error replace-constraint t"]
            ),
            (
                table("t", sound, sql: "CREATE TABLE t(id TEXT DEFAULT 'ON CONFLICT REPLACE') -- ON CONFLICT REPLACE"),
                []
            ),
            (
                table(
                    "t", sound,
                    triggers: [
                        .init(
                            name: "g", sql: "CREATE TRIGGER g AFTER INSERT ON t BEGIN REPLACE INTO other VALUES(1); END"
                        ),
                        .init(
                            name: "_sf_t", sql: "CREATE TRIGGER _sf_t AFTER INSERT ON t BEGIN DELETE FROM other; END"),
                    ]), ["error replace t", "error trigger-crosses t", "warning trigger-fires t"]
            ),
            (
                table(
                    "t", sound,
                    triggers: [
                        .init(
                            name: "g",
                            sql: "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM rest; UPDATE t SET a = 1; END")
                    ]),
                ["warning trigger-crosses t", "warning trigger-fires t"]
            ),
            (StoreSchema.Table(name: "t", kind: .view), ["error not-a-table t"]),
            (StoreSchema.Table(name: "t", kind: .virtual), ["error not-a-table t"]),
            (StoreSchema.Table(name: "t"), ["error not-understood t"]),
            (table("x", sound), ["error no-table T"]),
        ] as [(StoreSchema.Table, [String])])
    func `a schema is found guilty`(_ table: StoreSchema.Table, _ expected: [String]) {
        #expect(Self.codes(table) == expected)
    }

    @Test func `a key that the data file names must be unique`() {
        #expect(Self.codes(Self.table("t", Self.sound, key: []), key: ["id"]) == ["error no-primary-key t"])
        let unique = UniqueIndex(name: "u", terms: [.column("id"), .column("user_id")])
        #expect(Self.codes(Self.table("t", Self.sound, key: [], unique: [unique]), key: ["id", "user_id"]).isEmpty)
    }

    @Test func `an owner may be several rows away, and a circle of rows has none`() {
        let store = StoreSchema(
            file: "m.db",
            tables: [
                Self.table("a", [Self.text("id"), Self.text("b")], foreignKeys: [.init(columns: ["b"], parent: "b")]),
                Self.table(
                    "b", [Self.text("id"), Self.text("u")],
                    foreignKeys: [.init(columns: ["u"], parent: "users"), .init(columns: ["u"], parent: "gone")]),
                Self.table("users", [Self.text("id")]),
                Self.table("x", [Self.text("id")], foreignKeys: [.init(columns: ["id"], parent: "y")]),
                Self.table("y", [Self.text("id")], foreignKeys: [.init(columns: ["id"], parent: "x")]),
            ])
        let scope = LintScope(contexts: [], keys: [LintScope.Key("users.id")!], stores: [store])
        #expect(scope.ownerPath(of: store.tables[0]) == ["b → b", "u → users", "id"])
        #expect(scope.ownerPath(of: store.tables[3]) == nil)
        #expect(scope.ownerColumn(of: StoreSchema.Table(name: "v", kind: .view)) == nil)
        #expect(scope.common([]) == nil && scope.named([]) == "" && scope.named(["a"]) == "a (no context)")
    }

    @Test func `a service's store is looked at for what happens when rows arrive`() {
        let context = LintScope.Context(
            name: "c",
            tables: [
                .init(name: "t", target: "s", key: [], columns: []),
                .init(name: "u", target: "u", key: [], columns: []),
            ])
        let store = StoreSchema(
            file: "s.db",
            tables: [
                Self.table(
                    "s", Self.sound, sql: "CREATE TABLE s(id UNIQUE ON CONFLICT REPLACE)",
                    triggers: [.init(name: "g", sql: "CREATE TRIGGER g AFTER INSERT ON s BEGIN DELETE FROM n; END")])
            ])
        var findings = LintFindings()
        SchemaLint.target(context, store, LintScope(contexts: [context], keys: [], stores: []), into: &findings)
        #expect(findings.sorted.map(\.code) == [.replaceConstraint, .triggerFires])
        #expect(findings.sorted.allSatisfy { $0.contexts == ["c"] && $0.location == "s.db: s" })
    }

    @Test(
        arguments: [
            ("user_id", nil, "user_id"), ("users.id", "users", "id"), ("", nil, nil), (".a", nil, nil),
            ("a.b.c", nil, nil),
        ] as [(String, String?, String?)])
    func `a key is a column of one table or of all`(_ text: String, _ table: String?, _ column: String?) {
        #expect(LintScope.Key(text)?.table == table)
        #expect(LintScope.Key(text)?.column == column)
    }

    // MARK: Statements

    private static let store = StoreSchema(
        file: "m.db",
        tables: [
            table(
                "users", [text("user_id"), text("email")], key: ["user_id"],
                unique: [UniqueIndex(name: "u", terms: [.column("email")])]),
            table("posts", [text("id"), text("user_id"), text("body")], triggers: [.init(name: "known", sql: "")]),
            table("tags", [text("a"), text("b"), text("user_id")], key: ["a", "b"]),
            table("shared", [text("id"), text("user_id")]), table("rest", [text("id")]),
        ])

    private static func lint(_ sql: String) -> (findings: [LintFinding], counts: StatementLint.Counts) {
        let scope = LintScope(
            contexts: [
                .init(name: "auth", tables: carried(["users", "shared"])),
                .init(name: "blog", tables: carried(["posts", "tags", "shared"])),
            ], keys: [LintScope.Key("user_id")!], stores: [store])
        var stream = StatementStream(scope, file: "log", findings: LintFindings(), counts: .init())
        stream.take(Array(sql.utf8))
        let end = stream.finish()
        return (end.findings.sorted, end.counts)
    }

    private static let both = "INSERT INTO users(user_id) VALUES(1); UPDATE posts SET body = 1 WHERE id = 2;"

    @Test(
        arguments: [
            (both, []), ("BEGIN; \(both) COMMIT", ["error transaction-crosses users, posts"]),
            ("SAVEPOINT a; SAVEPOINT b; \(both) RELEASE b; RELEASE a", ["error transaction-crosses users, posts"]),
            (
                "SAVEPOINT a; INSERT INTO users(user_id) VALUES(1); RELEASE A; UPDATE posts SET body = 1 WHERE id = 2",
                []
            ),
            ("BEGIN; \(both) ROLLBACK TO x; ROLLBACK", ["error transaction-crosses users, posts"]),
            ("BEGIN; \(both)", ["error transaction-crosses users, posts"]),
            ("BEGIN; SAVEPOINT a; \(both) RELEASE a; COMMIT", ["error transaction-crosses users, posts"]),
            ("BEGIN; INSERT INTO users(user_id) VALUES(1); COMMIT; DELETE FROM posts WHERE id = 1", []),
            (
                "BEGIN; DELETE FROM posts WHERE id = 1; DELETE FROM SHARED WHERE id = 1; COMMIT", []
            ),
            (
                "BEGIN; DELETE FROM posts WHERE id = 1; DELETE FROM rest; COMMIT",
                ["warning transaction-outside posts, rest"]
            ),
            ("BEGIN; DELETE FROM rest; SELECT 1 FROM rest; COMMIT", []),
            ("SELECT * FROM users JOIN posts USING(user_id)", ["warning reads-across users, posts"]),
            ("SELECT * FROM users JOIN rest", ["warning reads-across users, rest"]),
            ("SELECT * FROM users JOIN shared", []), ("SELECT * FROM rest", []),
            ("DELETE FROM posts WHERE user_id = (SELECT user_id FROM users)", ["warning reads-across posts, users"]),
            ("REPLACE INTO users VALUES(1)", ["error replace users"]),
            ("INSERT OR REPLACE INTO posts VALUES(1)", ["warning replace posts"]),
            ("UPDATE OR REPLACE posts SET id = 2 WHERE id = 1", ["error replace posts"]),
            ("REPLACE INTO rest VALUES(1)", []),
            ("DELETE FROM posts", ["error unkeyed-write posts"]), ("DELETE FROM rest", []),
            ("UPDATE posts SET body = 1 WHERE body = 2", ["error unkeyed-write posts"]),
            ("UPDATE posts SET body = 1 WHERE rowid = 2", []), ("UPDATE users SET email = 1 WHERE email = 2", []),
            ("DELETE FROM tags WHERE a = 1", ["error unkeyed-write tags"]),
            ("DELETE FROM tags WHERE a = 1 AND B = 2", []),
            ("INSERT INTO posts(id) VALUES(1)", ["error insert-without-owner posts"]),
            ("INSERT INTO posts VALUES(1)", []),
            ("INSERT INTO posts DEFAULT VALUES", ["error insert-without-owner posts"]),
            ("INSERT INTO users VALUES(1) ON CONFLICT(email) DO UPDATE SET email = 2", ["error unkeyed-write users"]),
            ("INSERT INTO users VALUES(1) ON CONFLICT DO UPDATE SET email = 2", ["error unkeyed-write users"]),
            ("INSERT INTO posts VALUES(1) ON CONFLICT DO UPDATE SET body = 2", []),
            ("INSERT INTO users VALUES(1) ON CONFLICT(user_id) DO UPDATE SET email = 2", []),
            ("UPDATE posts SET user_id = 2 WHERE id = 1", ["warning owner-changes posts"]),
            ("ALTER TABLE posts ADD COLUMN x", ["warning schema-change posts"]), ("DROP TABLE rest", []),
            (
                "CREATE TRIGGER g AFTER INSERT ON posts BEGIN REPLACE INTO users VALUES(1); END",
                ["error replace posts", "error trigger-crosses posts", "warning trigger-fires posts"]
            ),
            ("CREATE TRIGGER known AFTER INSERT ON posts BEGIN DELETE FROM users; END", []),
            (
                "CREATE TRIGGER g AFTER INSERT ON posts BEGIN DELETE FROM rest; END",
                ["warning trigger-crosses posts", "warning trigger-fires posts"]
            ),
            ("CREATE TRIGGER g AFTER INSERT ON rest BEGIN DELETE FROM users; END", []),
        ] as [(String, [String])])
    func `statements are found guilty`(_ sql: String, _ expected: [String]) {
        #expect(Self.lint(sql).findings.map { "\($0.severity) \($0.code.rawValue) \($0.subject)" }.sorted() == expected)
    }

    @Test func `what is met again is counted, and stands where it was met first`() {
        let found = Self.lint("SELECT 1;\n  DELETE FROM posts WHERE body = 1;\nDELETE FROM posts WHERE body = 'x';")
            .findings
        #expect(found.map(\.count) == [2])
        #expect(found.map(\.location) == ["log:2:15"])
    }

    @Test func `what was not understood is counted and named`() {
        let counts = Self.lint("GRANT x; grant y; SELECT * FROM ghosts, sqlite_master; BEGIN; BEGIN; PRAGMA x").counts
        #expect(counts.unknown == ["GRANT": 1, "grant": 1])
        #expect(counts.strangers == ["ghosts": 1])
        #expect(counts.statements == 6 && counts.transactions == 2 && counts.unfinished == 2)
        #expect(Self.lint((0..<200).map { "w\($0);" }.joined()).counts.unknown.count == 50)
    }

    @Test func `an UPDATE whose end was cut off is not accused of naming no key`() {
        let long = "UPDATE posts SET body = (" + String(repeating: "1+", count: 12_000) + "1) WHERE id = 1"
        let (findings, counts) = Self.lint(long)
        #expect(findings.isEmpty && counts.cut == 1)
    }

    @Test func `no more findings are kept than can be read`() {
        var findings = LintFindings()
        for number in 0..<1_200 {
            findings.add(LintFinding(.replace, .error, file: "f", subject: "t", what: "\(number)", contexts: []))
        }
        #expect(findings.sorted.count == 1_000 && findings.omitted == 200)
    }

    @Test func `every finding has a cure`() {
        for code in LintFinding.Code.allCases {
            #expect(!LintFinding(code, .error, file: "f", subject: "t", what: "w", contexts: []).cure.isEmpty)
        }
    }
}
