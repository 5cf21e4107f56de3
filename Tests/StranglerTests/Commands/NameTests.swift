import AdminAPI
import AdminClient
import Ledger
import Strangler
import Testing

/// A name that means nothing is a mistake with a guess, not an empty response.
@Suite struct NameTests {
    @Test(
        arguments: [
            ("history profle", 1, "no route \"profle\"", "did you mean \"profile\"?"),
            ("history nope", 1, "no route \"nope\"", "routes: profile, profile-writes, default, gone"),
            ("history gon", 1, "no route \"gon\"", "did you mean \"gone\"?"),
            ("history 99", 1, "no change on record led to revision 99", "strangler history"),
            ("history --limit x", 64, "--limit", ""), ("history --limit 0", 64, "--limit", ""),
            ("shift profle 5", 1, "no route \"profle\"", "did you mean \"profile\"?"),
            ("mirror profle 5", 1, "no route \"profle\"", "did you mean \"profile\"?"),
            ("rollback profle", 1, "no route \"profle\"", "did you mean \"profile\"?"),
            ("undo profile", 64, "is not a revision", "strangler history"),
        ])
    func `a name that is unknown is refused with the nearest one`(
        _ line: String, _ exit: Int32, _ message: String, _ help: String
    ) async throws {
        let result = await (try bench()).run(line)
        #expect(result.exit == exit && result.error.contains(message) && result.error.contains(help), "\(result)")
    }

    @Test(arguments: [
        ("history", 2), ("history profile", 1), ("history gone", 1), ("history 8", 1), ("history default", 0),
    ])
    func `a name that is known shows its changes`(_ line: String, _ count: Int) async throws {
        let result = await (try bench()).run(line)
        let rows = result.out.split(separator: "\n").count { $0.contains("2026-11-23") }
        #expect(result.exit == 0 && rows == count, "\(result)")
    }

    @Test func `a file with a mistake is refused by every verb that reads it as routes to be`() async throws {
        let bad = CommandBench.sample.replacing("\"percent\": 10", with: "\"percnt\": 10")
        let bench = try CommandBench(routes: bad)
        for line in ["diff", "validate", "plan FILE", "apply FILE --yes", "logs --access", "parity run"] {
            let words = line.replacing("FILE", with: bench.folder + "/routes.json")
            let result = await bench.run(words, connect: HostileRouter.connect(CommandBench.sample))
            #expect(result.exit == 78, "\(line): \(result)")
            #expect(
                result.error.contains("routes.json:14:73: error:") && result.error.contains("^"), "\(line): \(result)")
        }
    }

    private func bench() throws -> CommandBench {
        let bench = try CommandBench()
        let ledger = try Ledger(path: bench.folder + "/run/ledger.db")
        for (route, revision) in [("profile", 7), ("gone", 8)] {
            try ledger.record(
                LedgerEntry(
                    at: "2026-11-23T12:00:00Z", actor: "tester", verb: "shift", route: route, reason: nil,
                    changes: [RouteChange(route: route, field: "percent", before: 1, after: 2)],
                    previousRevision: revision - 1, revision: revision), document: nil)
        }
        return bench
    }
}
