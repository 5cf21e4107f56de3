import Strangler
import Testing

@Suite struct ChangeFlowTests {
    @Test("a shift goes through the router, is recorded, and can be undone")
    func shiftAndUndo() async throws {
        let bench = try CommandBench()
        let router = try bench.router()
        defer { router.stop() }
        #expect(await bench.run("shift profile 25 --reason parity").exit == 0)
        #expect(router.snapshot.percents["profile"] == 25)
        #expect(router.snapshot.calls.last == "shift profile 25 parity")
        let history = await bench.run("history -o json")
        #expect(history.out.contains("\"who\": \"tester\""))
        #expect(history.out.contains("\"reason\": \"parity\""))
        #expect(history.out.contains("\"before\": 10"))
    }

    @Test("a step is refused when somebody changed the routes in between")
    func staleStep() async throws {
        let bench = try CommandBench()
        let router = try bench.router()
        defer { router.stop() }
        let plan = await bench.run("plan \(bench.folder)/routes.json")
        #expect(plan.exit == 0)
        router.bump()
        try bench.write(
            "next.json", CommandBench.sample.split(separator: "\"percent\": 10").joined(separator: "\"percent\": 20"))
        let apply = await bench.run("apply \(bench.folder)/next.json --if-revision 7")
        #expect(apply.exit == 5)
    }

    @Test("a rollback works while the ledger, the file, or both are broken")
    func rollbackNeedsOnlyTheRouter() async throws {
        let bench = try CommandBench()
        let router = try bench.router()
        defer { router.stop() }
        // A folder where the ledger's file should be: it can neither be opened nor created.
        try FileSystem.createDirectory(bench.folder + "/run/ledger.db")
        try bench.write("routes.json", "{ this is not JSON")
        let result = await bench.run("rollback profile")
        #expect(result.exit == 0)
        #expect(router.snapshot.percents["profile"] == 0)
        #expect(result.error.contains("warning:"))
        #expect(result.error.contains("ledger"))
        #expect(result.out.contains("Rolled back profile (10% -> 0%)."))
    }

    @Test("a rollback that leaves requests on the service says so and exits 4")
    func rollbackIncomplete() async throws {
        let bench = try CommandBench()
        let router = try bench.router()
        defer { router.stop() }
        router.leave(3)
        let result = await bench.run("rollback profile --drain")
        #expect(result.exit == 4)
        #expect(result.out.contains("3 begun before still run there"))
        #expect(router.snapshot.calls.last == "rollback profile drain")
    }

    @Test("with no router the file itself changes: one revision higher, and nothing else")
    func offlineShift() async throws {
        let bench = try CommandBench()
        #expect(await bench.run("shift profile 25").exit == 0)
        let expected = CommandBench.sample
            .split(separator: "\"revision\": 7").joined(separator: "\"revision\": 8")
            .split(separator: "\"percent\": 10").joined(separator: "\"percent\": 25")
        #expect(bench.read("routes.json") == expected)
        #expect(await bench.run("undo").exit == 0)
        #expect(bench.read("routes.json").contains("\"percent\": 10"))
        #expect(bench.read("routes.json").contains("\"revision\": 9"))
        let history = await bench.run("history")
        #expect(history.out.contains("undo"))
    }

    @Test("a change that did not come through this command line is noted before the next one")
    func reconciles() async throws {
        let bench = try CommandBench()
        #expect(await bench.run("shift profile 25").exit == 0)
        try bench.write(
            "routes.json",
            bench.read("routes.json").split(separator: "\"revision\": 8").joined(separator: "\"revision\": 12"))
        #expect(await bench.run("shift profile 30").exit == 0)
        #expect(await bench.run("history").out.contains("outside"))
    }

    @Test("--dry-run changes neither router nor file nor ledger")
    func dryRun() async throws {
        let bench = try CommandBench()
        #expect(await bench.run("shift profile 25 --dry-run").exit == 0)
        #expect(bench.read("routes.json") == CommandBench.sample)
        #expect(!FileSystem.exists(bench.folder + "/run/ledger.db"))
    }

    @Test("an admin address that was named and does not answer is exit 69, and no file is touched")
    func namedAdmin() async throws {
        let bench = try CommandBench()
        let result = await bench.run("shift profile 25 --admin unix:\(bench.folder)/none.sock")
        #expect(result.exit == 69)
        #expect(bench.read("routes.json") == CommandBench.sample)
    }

    @Test(
        "each kind of failure has its exit code",
        arguments: [
            ("shift", 64), ("frobnicate", 64), ("status -o xml", 64), ("status --admin nonsense", 64),
            ("status", 69), ("plan /nowhere.json", 78), ("shift nosuch 1", 1), ("completion bash", 0),
            ("plan next.json --detailed-exitcode", 78), ("--help", 0), ("rollback", 64),
        ] as [(String, Int32)])
    func exitCodes(_ line: String, _ code: Int32) async throws {
        let bench = try CommandBench()
        #expect(await bench.run(line).exit == code)
    }

    @Test("plan tells who would move, with its own exit code when asked")
    func plan() async throws {
        let bench = try CommandBench()
        try bench.write(
            "next.json", CommandBench.sample.split(separator: "\"percent\": 10").joined(separator: "\"percent\": 30"))
        let plan = await bench.run("plan \(bench.folder)/next.json --detailed-exitcode")
        #expect(plan.exit == 2)
        #expect(
            plan.out.contains(
                "20% of users move from monolith to profile (buckets 100,000 to 299,999); 80% stay where they are."))
    }
}
