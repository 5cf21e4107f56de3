import ControlKit
import Migration
import Operations
import SQLite
import TestSupport
import Testing

/// What is asked of the lint of data, and what it gives back: values in, values out.
@Suite struct DataLintTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try store(
            "m.db",
            """
            CREATE TABLE users(id TEXT PRIMARY KEY NOT NULL, user_id TEXT NOT NULL);
            CREATE TABLE posts(id TEXT PRIMARY KEY NOT NULL, user_id TEXT NOT NULL);
            CREATE TABLE pairs(a TEXT NOT NULL, b TEXT NOT NULL, user_id TEXT NOT NULL, PRIMARY KEY(a, b),
              FOREIGN KEY(b, a) REFERENCES pairs(a, b)) WITHOUT ROWID;
            CREATE TABLE odd(id TEXT PRIMARY KEY NOT NULL, user_id TEXT NOT NULL);
            CREATE VIEW seen AS SELECT * FROM posts;
            """)
    }

    private func path(_ name: String) -> String { "\(folder.path)/\(name)" }

    private func store(_ name: String, _ sql: String) throws {
        try DatabaseConnection(path: path(name), configuration: .init()).script(sql)
    }

    private func data(_ tables: String) throws {
        try FileSystem.replace(
            path("data.json"),
            with: Array(
                #"{"groups": {"g": {"source": "m.db", "target": "s.db", "tables": [\#(tables)]}, "h": {"source": "m.db", "target": "none.db", "tables": [{"name": "users"}]}}}"#
                    .utf8))
    }

    private func lint(
        stores: [String] = [], statements: [String] = [], keys: [String] = [], contexts: [String] = [],
        only: [String] = [], isNamed: Bool = false
    ) -> DataLint {
        DataLint(
            dataPath: path("data.json"), isDataNamed: isNamed, stores: stores.map(path),
            statements: statements.map(path), keys: keys, contexts: contexts, only: only)
    }

    @Test func `the groups of the data file are the contexts, and both sides' stores are read`() throws {
        try data(#"{"name": "posts", "to": "articles"}, {"name": "pairs"}, {"name": "seen"}, {"name": "gone"}"#)
        try store(
            "s.db",
            """
            CREATE TABLE articles(id TEXT PRIMARY KEY NOT NULL ON CONFLICT REPLACE, user_id TEXT NOT NULL);
            CREATE TRIGGER counted AFTER INSERT ON articles BEGIN SELECT 1; END;
            """)
        let report = try lint().run()
        #expect(report.contexts == ["g", "h"])
        #expect(report.stores == [path("m.db"), path("s.db")] && report.absent == [path("none.db")])
        #expect(
            report.findings.map { "\($0.code.rawValue) \($0.subject)" }
                == [
                    "replace-constraint articles", "no-table gone", "not-a-table seen", "trigger-fires articles",
                ])
        #expect(report.errors == 3 && report.warnings == 1)
        #expect(try lint(only: ["h"]).run().findings.isEmpty)
    }

    @Test func `without a data file each store is a context, unless contexts are given`() throws {
        #expect(try lint(stores: ["m.db"]).run().contexts == ["m"])
        #expect(try lint(stores: ["m.db"], contexts: ["c=posts,pairs", "d=users"]).run().findings.isEmpty)
    }

    @Test func `a log of several files is one sum`() throws {
        try FileSystem.replace(path("1.sql"), with: Array("BEGIN; DELETE FROM posts WHERE id = 1; COMMIT; x".utf8))
        try FileSystem.replace(
            path("2.sql"), with: Array("BEGIN; DELETE FROM users WHERE id = 1; DELETE FROM posts WHERE id = 2 /*".utf8))
        let report = try lint(stores: ["m.db"], statements: ["1.sql", "2.sql"], contexts: ["c=posts", "d=users"]).run()
        #expect(report.findings.map(\.code) == [.transactionCrosses])
        #expect(report.findings.first?.file == path("2.sql"))
        #expect(report.counts.statements == 7 && report.counts.transactions == 2 && report.counts.unfinished == 1)
        #expect(report.counts.unknown == ["x": 1])
        #expect(report.unclosed == ["\(path("2.sql")) ends within a comment that begins at line 1, column 71"])
    }

    @Test(
        arguments: [
            (["m.db"], [], ["a.b.c"], [], [], OperationFailure.Kind.usage), (["m.db"], [], [], ["c"], [], .usage),
            (["m.db"], [], [], ["c=a,,b"], [], .usage), ([], [], [], ["c=a"], [], .usage),
            (["m.db"], [], [], [], ["other"], .usage), (["m.db"], ["m.db"], [], [], [], .usage),
            (["none.db"], [], [], [], [], .failed), (["m.db"], ["none.sql"], [], [], [], .failed),
            (["m.db"], ["."], [], [], [], .failed), ([], [], [], [], [], .configuration),
        ] as [([String], [String], [String], [String], [String], OperationFailure.Kind)])
    func `what cannot be asked is refused`(
        _ stores: [String], _ statements: [String], _ keys: [String], _ contexts: [String], _ only: [String],
        _ kind: OperationFailure.Kind
    ) {
        let lint = lint(stores: stores, statements: statements, keys: keys, contexts: contexts, only: only)
        #expect { try lint.run() } throws: { ($0 as? OperationFailure)?.kind == kind }
    }
}
