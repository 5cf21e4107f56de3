import AdminAPI
import AdminClient
import ControlKit
import DurableFiles
import Ledger
import Strangler
import Synchronization
import Testing

@Suite struct ChangeFlowTests {
    @Test func `a shift goes through the router, is recorded, and can be undone`() async throws {
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

    @Test func `a step is refused when somebody changed the routes in between`() async throws {
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

    @Test func `a rollback works while the ledger, the file, or both are broken`() async throws {
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

    @Test func `a rollback that leaves requests on the service is done, and says how many`() async throws {
        let bench = try CommandBench()
        let router = try bench.router()
        defer { router.stop() }
        router.leave(3)
        let result = await bench.run("rollback profile --drain")
        #expect(result.exit == 0)
        #expect(result.out.contains("3 begun before still run there"))
        #expect(router.snapshot.calls.last == "rollback profile drain")
        // Asked again nothing changes, and what is left is told all the same.
        let again = await bench.run("rollback --all -o json")
        #expect(again.exit == 0 && again.out.contains("\"changed\": false"))
    }

    @Test
    func `with --wait it says at once what is done, and exits 4 when something was left there at the end`() async throws
    {
        let bench = try CommandBench()
        let router = try bench.router()
        defer { router.stop() }
        router.leave(3)
        router.keep(2)
        let result = await bench.run("rollback profile --wait 1ms")
        #expect(result.exit == 4)
        #expect(result.out.contains("3 begun before still run there"))
        #expect(result.out.contains("2 are still there"))
        router.keep(0)
        let second = try CommandBench()
        let other = try second.router()
        defer { other.stop() }
        other.leave(1)
        let ended = await second.run("rollback profile --wait 10s")
        #expect(ended.exit == 0 && ended.out.contains("The last one there has ended."))
    }

    @Test func `a long command looks for the router anew when it no longer responds, and remarks once`() async throws {
        let bench = try CommandBench()
        let path = bench.folder + "/routes.json"
        try bench.write("routes.json", "{")
        let said = Mutex("")
        let invocation = try #require(
            bench.invocation("status") { text in said.withLock { $0 += text } })
        _ = try? await invocation.admin().status()
        try bench.write("routes.json", CommandBench.sample.replacing("run/router.sock", with: "run/other.sock"))
        #expect(try invocation.admin().address == .unix(bench.folder + "/run/other.sock"))
        FileSystem.remove(path)
        _ = try? await invocation.admin().status()
        try bench.write("routes.json", "{")
        _ = try? await invocation.admin().status()
        #expect(said.withLock { $0 }.split(separator: "\n").count { $0.contains("is not JSON") } == 1)
    }

    @Test func `a router that is busy is asked again until it is not`() async throws {
        let bench = try CommandBench()
        let router = try bench.router()
        defer { router.stop() }
        router.refuse(3, status: 503, code: "busy")
        #expect(await bench.run("rollback profile").exit == 0)
        #expect(router.snapshot.percents["profile"] == 0)
        router.refuse(2, status: 503, code: "taken_over")
        #expect(await bench.run("shift profile 25").exit == 0)
    }

    @Test(arguments: [
        (503, "busy", 4), (503, "taken_over", 4), (503, "storage_failed", 1), (409, "overtaken", 5),
        (409, "file_changed", 5), (409, "undoes_rollback", 5), (412, "stale_revision", 5),
    ])
    func `what stays refused has the exit code of its reason`(_ status: Int, _ code: String, _ exit: Int32) async throws
    {
        let bench = try CommandBench()
        let router = try bench.router()
        defer { router.stop() }
        router.refuse(1000, status: UInt16(status), code: code)
        // Only what is asked again until the time is over needs a short one; a busy machine is late with any response.
        let patience = exit == 4 ? " --timeout 200ms" : ""
        for command in ["shift profile 25", "rollback profile", "mirror profile 5"] {
            #expect(await bench.run(command + patience).exit == exit, "\(command)")
        }
    }

    @Test func `changes that a cut off command made are recorded by the next one, as what they were`() async throws {
        let bench = try CommandBench()
        let router = try bench.router()
        defer { router.stop() }
        #expect(await bench.run("shift profile 25").exit == 0)
        router.remember([
            RecordedChange(
                at: "2026-11-23T11:00:00.000Z", verb: "rollback", actor: "alice", reason: "it burns",
                previousRevision: 8, revision: 9,
                changes: [RouteChange(route: "profile", field: "percent", before: 25, after: 0)]),
            RecordedChange(
                at: "2026-11-23T11:01:00.000Z", verb: "shift", actor: "unix", reason: "", previousRevision: 9,
                revision: 10, changes: [RouteChange(route: "profile", field: "percent", before: 0, after: 10)]),
        ])
        router.bump()
        router.bump()
        router.bump()
        #expect(await bench.run("status").exit == 0)
        let history = await bench.run("history -o json")
        for part in [
            "\"who\": \"alice\"", "\"verb\": \"rollback\"", "\"reason\": \"it burns\"",
            "shift through the admin API",
        ] { #expect(history.out.contains(part), "\(part)") }
        // The last of the three is known to nobody.
        let entries = try bench.ledger().entries(limit: 10)
        #expect(entries.map(\.revision) == [11, 10, 9, 8])
        #expect(entries.map(\.verb) == ["outside", "outside", "rollback", "shift"])
        #expect(await bench.run("history").out == (await bench.run("history").out))
        #expect(try bench.ledger().entries(limit: 10).count == 4)
    }

    @Test
    func `a record made late leaves others' changes alone, and takes the place of what was noted for it`() throws {
        let bench = try CommandBench()
        let ledger = try bench.ledger()
        func entry(_ verb: String, _ actor: String, _ revision: Int) -> LedgerEntry {
            LedgerEntry(
                at: "2026-11-23T12:00:00Z", actor: actor, verb: verb, route: "profile", reason: nil, changes: [],
                previousRevision: revision - 1, revision: revision)
        }
        try ledger.record(entry("shift", "a", 8), document: nil)
        try ledger.record(missing: entry("outside", "-", 9), document: nil)
        try ledger.record(missing: entry("rollback", "b", 10), document: nil)
        try ledger.record(entry("shift", "c", 9), document: nil)
        var own = entry("rollback", "b", 10)
        own.reason = "mine"
        try ledger.record(own, document: nil)
        try ledger.record(missing: entry("rollback", "b", 10), document: nil)
        #expect(try ledger.entries(limit: 10).map(\.revision).sorted() == [8, 9, 10])
        #expect(try ledger.entries(limit: 10).first { $0.revision == 10 }?.reason == "mine")
    }

    @Test(arguments: ["{", "gone"])
    func `with no router and a file that is bad or gone, a rollback is kept for the next start`(_ what: String)
        async throws
    {
        let bench = try CommandBench()
        let path = bench.folder + "/routes.json"
        try Generations(of: DurableFile(path: path)).keep(Array(CommandBench.sample.utf8), revision: 7)
        if what == "gone" { FileSystem.remove(path) } else { try bench.write("routes.json", what) }
        #expect(await bench.run("rollback profile --dry-run").out.contains("Would roll profile back to 0%."))
        let result = await bench.run("rollback profile --reason burns")
        #expect(result.exit == 0, "\(result)")
        #expect(result.out.contains("Rolled profile back to 0%.") && result.out.contains(".routes.json.unwritten"))
        #expect(await bench.run("rollback --all").out.contains("nothing was changed"))
        #expect(await bench.run("rollback nosuch").exit == 1)
        // Repaired, the file is one of before: commands count the rollback in, and writing it settles it.
        try bench.write("routes.json", CommandBench.sample)
        #expect(await bench.run("rollback profile").exit == 0)
        #expect(bench.read("routes.json").contains("\"percent\": 0\n"))
        #expect(await bench.run("shift profile 30").exit == 0)
    }

    @Test func `without any copy that worked there is nothing to roll back`() async throws {
        let bench = try CommandBench()
        try bench.write("routes.json", "{")
        #expect(await bench.run("rollback profile").exit == 69)
        #expect(!FileSystem.exists(bench.folder + "/.routes.json.unwritten"))
    }

    @Test func `with no router the file itself changes: one revision higher, and nothing else`() async throws {
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

    @Test func `a change that did not come through this command line is noted before the next one`() async throws {
        let bench = try CommandBench()
        #expect(await bench.run("shift profile 25").exit == 0)
        try bench.write(
            "routes.json",
            bench.read("routes.json").split(separator: "\"revision\": 8").joined(separator: "\"revision\": 12"))
        #expect(await bench.run("shift profile 30").exit == 0)
        #expect(await bench.run("history").out.contains("outside"))
    }

    @Test func `--dry-run changes neither router nor file nor ledger`() async throws {
        let bench = try CommandBench()
        #expect(await bench.run("shift profile 25 --dry-run").exit == 0)
        #expect(bench.read("routes.json") == CommandBench.sample)
        #expect(!FileSystem.exists(bench.folder + "/run/ledger.db"))
    }

    @Test func `an admin address that was named and does not answer is exit 69, and no file is touched`() async throws {
        let bench = try CommandBench()
        let result = await bench.run("shift profile 25 --admin unix:\(bench.folder)/none.sock")
        #expect(result.exit == 69)
        #expect(bench.read("routes.json") == CommandBench.sample)
    }

    @Test(
        arguments: [
            ("shift", 64), ("frobnicate", 64), ("status -o xml", 64), ("status --admin nonsense", 64),
            ("status", 69), ("plan /nowhere.json", 78), ("shift nosuch 1", 1), ("completion bash", 0),
            ("plan next.json --detailed-exitcode", 78), ("--help", 0), ("rollback", 64),
        ] as [(String, Int32)])
    func `each kind of failure has its exit code`(_ line: String, _ code: Int32) async throws {
        let bench = try CommandBench()
        #expect(await bench.run(line).exit == code)
    }

    @Test func `plan tells who would move, with its own exit code when asked`() async throws {
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
