import AdminAPI
import AdminClient
import JSON
import Ledger
import Strangler
import Telemetry
import Testing

/// Whatever a request, a file or another process wrote: no verb hands it to a terminal as it is.
@Suite struct ForeignTextTests {
    private static let lines = [
        "status", "status profile", "top --once --interval 10ms", "tap", "logs", "explain GET /x", "doctor", "diff",
        "shift profile 25", "mirror profile 100", "rollback profile", "history", "history profile",
    ]

    private func bench() throws -> CommandBench {
        let bench = try CommandBench()
        let poison = HostileRouter.poison
        try Ledger(path: bench.folder + "/run/ledger.db").record(
            LedgerEntry(
                at: "2026-11-23T12:00:00Z", actor: "eve" + poison, verb: "shift", route: "profile",
                reason: "why" + poison,
                changes: [RouteChange(route: "profile" + poison, field: "field" + poison, before: 1, after: 2)],
                previousRevision: 6, revision: 7), document: nil)
        return bench
    }

    private func isClean(_ text: String) -> Bool {
        !text.unicodeScalars.contains { Printable.needsEscape($0) && $0 != "\n" && $0 != "\t" }
    }

    @Test(arguments: lines, [false, true])
    func `no verb passes on what a terminal would obey`(_ line: String, isJSON: Bool) async throws {
        let bench = try bench()
        let result = await bench.run(
            isJSON ? line + " -o json" : line, connect: HostileRouter.connect(CommandBench.sample))
        #expect(isClean(result.out) && isClean(result.error), "\(result)")
        // The test would say nothing if the poison had not come so far.
        let isTold = ["diff"].contains(line) || (result.out + result.error).contains(isJSON ? "u202e" : "u{202e}")
        #expect(isTold, "\(result)")
    }

    @Test func `on a terminal only our own colours pass`() async throws {
        let bench = try bench()
        let result = await bench.run(
            "history", style: .coloured, connect: HostileRouter.connect(CommandBench.sample))
        let bare = ["1", "2", "31", "32", "33", "0"].reduce(result.out) {
            $0.replacing("\u{1B}[\($1)m", with: "")
        }
        #expect(result.out.contains("\u{1B}[1m") && isClean(bare))
        #expect(!result.out.contains("[2J\u{1B}[31m") && result.out.contains(#"\x1b[31m"#))
    }

    @Test func `a forged line stays in its cell`() async throws {
        let result = await (try bench()).run("history", connect: HostileRouter.connect(CommandBench.sample))
        #expect(!result.out.split(separator: "\n").contains { $0.hasPrefix("forged") })
    }

    @Test func `what stands in a file is no different`() async throws {
        let bench = try CommandBench(
            routes: CommandBench.sample.replacing("\"percent\": 10", with: "\"\u{202E}pe\u{9B}\": 10"))
        let result = await bench.run("validate")
        #expect(result.exit == 78 && isClean(result.error) && result.error.contains(#"\u{202e}pe\x9b"#))
    }

    @Test func `JSON loses nothing`() async throws {
        let result = await (try bench()).run("history -o json", connect: HostileRouter.connect(CommandBench.sample))
        let entry = try JSONDocument(result.out).root["entries"]?[0]
        #expect(entry?["reason"]?.string == "why" + HostileRouter.poison)
    }
}
