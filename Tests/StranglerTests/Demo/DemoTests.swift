import ControlKit
import Estate
import Glibc
import Strangler
import Testing

@Suite struct DemoTests {
    @Test func `what a killed demo left running is found and stopped`() throws {
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

    @Test func `busy ports move aside, each to another one`() throws {
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
        #expect(throws: OperationFailure.self) { try DemoPorts.choose(isFree: { _ in false }, another: { nil }) }
    }

    @Test func `the demo's own routes file names the demo that it belongs to, and only where a demo has been`() throws {
        let bench = try CommandBench(routes: nil, environment: [:])
        func layout(_ file: String) -> DemoLayout? {
            bench.invocation("status --config \(file)") { _ in }.map(DemoLayout.of)
        }
        let beside = bench.folder + "/routes.json"
        let own = bench.folder + "/run/demo/routes.json"
        #expect(layout(beside)?.folder == bench.folder + "/run/demo")
        // Nothing there, as after `make clean`: the variable still means that demo.
        #expect(layout(own)?.folder == bench.folder + "/run/demo")
        try FileSystem.createDirectory(bench.folder + "/run/demo")
        try bench.write("run/demo/routes.json", "{}")
        #expect(layout(own)?.folder == bench.folder + "/run/demo/run/demo")
        try bench.write("run/demo/.lock", "1\n")
        #expect(layout(own)?.folder == bench.folder + "/run/demo")
        #expect(layout(own).map { FileSystem.canonical($0.home) } == FileSystem.canonical(bench.folder))
    }
}
