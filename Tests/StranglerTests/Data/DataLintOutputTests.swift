import SQLite
import Testing

@testable import Strangler

/// What `data lint` prints about a store and a log, as files.
@Suite struct DataLintOutputTests {
    private static let schema = """
        CREATE TABLE users(id TEXT PRIMARY KEY NOT NULL, email TEXT NOT NULL UNIQUE) STRICT;
        CREATE TABLE profiles(user_id TEXT PRIMARY KEY NOT NULL REFERENCES users(id) ON DELETE CASCADE, bio TEXT);
        CREATE TABLE log(n INTEGER PRIMARY KEY);
        """
    private static let log = """
        BEGIN;
        INSERT INTO users VALUES('1', 'a@x');
        INSERT OR REPLACE INTO profiles VALUES('1', 'it''s secret');
        COMMIT;
        DELETE FROM profiles WHERE bio = 'it''s secret';
        DELETE FROM profiles WHERE bio = 'another';
        """

    @Test(
        arguments: [
            ("--key user_id --key users.id --sql LOG", "data-lint.txt"),
            ("--key user_id --key users.id --sql LOG -o json", "data-lint.json"),
            ("--key user_id --key users.id profile --sql LOG", "data-lint-one.txt"),
            ("--context log=users --key users.email", "data-lint-good.txt"),
            ("--key users..id", "data-lint-usage.txt"), ("--sql m.db", "data-lint-store.txt"),
        ])
    func `findings are told with their place and their cure`(_ options: String, _ golden: String) async throws {
        let bench = try CommandBench()
        let store = try DatabaseConnection(path: bench.folder + "/m.db", configuration: .init())
        try store.script(Self.schema)
        try bench.write("statements.log", Self.log)
        let line =
            "data lint --store m.db\(options.contains("--context") ? "" : " --context auth=users --context profile=profiles") \(options)"
            .replacing("LOG", with: "statements.log")
        let typed = line.split(separator: " ").map {
            $0 == "m.db" || $0 == "statements.log" ? "\(bench.folder)/\($0)" : String($0)
        }.joined(separator: " ")
        let result = await bench.run(typed)
        let text =
            "$ strangler \(line)\n\(result.out)"
            + (result.error.isEmpty ? "" : "--- standard error\n\(result.error)") + "--- exit \(result.exit)\n"
        Golden.check(text, golden)
    }
}
