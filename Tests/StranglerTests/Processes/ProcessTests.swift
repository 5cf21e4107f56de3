import Glibc
import Strangler
import Testing

@Suite struct ProcessTests {
    @Test("the table of processes reads back, and torn lines are skipped")
    func table() {
        let table = ProcessTable([.init(name: "router", identity: ProcessIdentity(pid: 42, started: 7))])
        #expect(ProcessTable(parsing: table.text) == table)
        #expect(
            ProcessTable(parsing: "router 42\nx y z\nauth 1 7\n\nprofile 43 8")
                == ProcessTable([
                    .init(name: "profile", identity: ProcessIdentity(pid: 43, started: 8))
                ]))
    }

    @Test("a process number that was used again is not the same process")
    func identity() {
        let own = getpid()
        #expect(ProcessIdentity(pid: own, started: 0).isAlive)
        #expect(!ProcessIdentity(pid: own, started: 1).isAlive)
        #expect(!ProcessIdentity(pid: 1, started: 0).isAlive)
    }

    @Test("a child's announcement is seen in its log, and stopping it takes its whole group along")
    func lifecycle() async throws {
        let bench = try CommandBench(routes: nil)
        let group = ProcessGroup(record: bench.folder + "/pids")
        let child = try group.start(
            "sample", ["/bin/sh", "-c", "echo listening on http://127.0.0.1:1; sleep 60 & wait"],
            environment: ["PATH": "/usr/bin:/bin"], log: bench.folder + "/log")
        #expect(try await group.listening(child) == ["http://127.0.0.1:1"])
        #expect(bench.read("pids").hasPrefix("sample \(child.pid) "))
        group.stopAll()
        #expect(!child.identity.isAlive)
        #expect(!FileSystem.exists(bench.folder + "/pids"))
    }

    @Test("a child that ends before it listens fails with the end of its log")
    func falls() async throws {
        let bench = try CommandBench(routes: nil)
        let group = ProcessGroup(record: bench.folder + "/pids")
        let child = try group.start(
            "sample", ["/bin/sh", "-c", "echo no such port; exit 3"], environment: [:], log: bench.folder + "/log")
        await #expect {
            try await group.listening(child)
        } throws: { error in
            guard let failure = error as? CommandFailure else { return false }
            return failure.message == "sample ended before it listened (exit status 3)"
                && failure.diagnostics == ["  | no such port"]
        }
    }

    @Test("what a killed demo left running is found and stopped")
    func leftovers() throws {
        let bench = try CommandBench(routes: nil)
        let layout = DemoLayout(folder: bench.folder)
        let child = try ChildProcess.spawn(
            "left", ["/bin/sleep", "60"], environment: [:], log: bench.folder + "/log")
        let table = ProcessTable([
            .init(name: "left", identity: child.identity),
            .init(name: "other", identity: ProcessIdentity(pid: getpid(), started: 1)),
        ])
        try bench.write("pids", table.text)
        let quiet = Console(outlet: Outlet { _ in }, error: { _ in })
        #expect(DemoLeftovers.stop(layout, quiet) == ["left"])
        #expect(!child.identity.isAlive)
        #expect(DemoLeftovers.stop(layout, quiet) == [])
    }

    @Test("busy ports move aside, each to another one")
    func ports() throws {
        var spare: UInt16 = 40_000
        let ports = try DemoPorts.choose(
            isFree: { $0 != 8080 && $0 != 9001 },
            another: {
                spare += 1
                return spare
            })
        #expect(ports.router == 40_001 && ports.auth == 40_002 && ports.monolith == 9000)
        #expect(
            ports.moved == [
                "port 8080 is busy: the router listens on 40001", "port 9001 is busy: auth listens on 40002",
            ])
        #expect(throws: CommandFailure.self) { try DemoPorts.choose(isFree: { _ in false }, another: { nil }) }
    }
}
