import AdminClient
package import ControlKit
package import Estate
import Glibc

/// PixelPulse as processes: monolith, three services, the agent that keeps their data in step, and the router.
package final class DemoEstate: Sendable {
    package let layout: DemoLayout
    package let ports: DemoPorts
    private let group: ProcessGroup
    private let environment: CommandEnvironment
    private let hold: DemoHold

    private var console: Console { environment.console }

    /// Cleans up what an earlier demo left, finds ports and programs. Starts nothing yet.
    package init(_ invocation: Invocation) throws {
        layout = DemoLayout.of(invocation)
        environment = invocation.environment
        try FileSystem.createDirectory(layout.folder)
        hold = try DemoHold(layout.lock)
        DemoLeftovers.stop(layout, invocation.console)
        // All of it, dot files too: a router would go on counting from the revisions that an earlier one kept.
        for name in FileSystem.names(in: layout.folder) where layout.folder + "/" + name != layout.lock {
            FileSystem.remove(layout.folder + "/" + name)
        }
        // The demo's routes stand in a folder of their own; the scenarios of the repository belong to them too.
        let scenarios = FileSystem.resolve("parity", in: FileSystem.canonical(layout.home))
        FileSystem.link(scenarios, at: layout.folder + "/parity")
        try FileSystem.createDirectory(layout.folder + "/data")
        try FileSystem.createDirectory(layout.folder + "/logs")
        ports = try DemoPorts.choose(isFree: { PortProbe.isFree(port: $0) }, another: { PortProbe.freePort() })
        group = ProcessGroup(record: layout.pids)
        for line in ports.moved { invocation.console.progress(line) }
    }

    package var url: String { "http://127.0.0.1:\(ports.router)" }

    /// Starts everything; returns when each part has said that it listens.
    package func start() async throws {
        let begun = ContinuousClock.now
        let document = DemoRoutes.document(
            ports: ports, socket: "router.sock", schema: "../../docs/routes.schema.json")
        try FileSystem.replace(layout.routes, with: Array(document.utf8))
        // The monolith first: it makes the key that both sides sign tokens with.
        try await listen(try startProgram("monolith", ports.monolith))
        let owner = "http://127.0.0.1:\(ports.monolith)"
        let services = [
            try startProgram("auth", ports.auth, ["--owner", owner]),
            try startProgram("filter", ports.filter, ["--owner", owner]),
            try startProgram("profile", ports.profile, ["--owner", owner]),
        ]
        for service in services { try await listen(service) }
        try await DemoData.start(self)
        let router = try start("router", "strangler-router", ["--config", layout.routes])
        try await listen(router)
        console.progress(
            "up in \(Decimal.milliseconds(ContinuousClock.now - begun)): \(group.names.joined(separator: ", "))")
    }

    /// The addresses a person wants.
    package var addresses: Table {
        var table = Table([.text("WHAT"), .text("WHERE")])
        table.rows = [
            [.init("page, behind the router", .strong), .init(url, .good)],
            [.init("admin API"), .init("http://127.0.0.1:\(ports.admin)/v1/status, unix:\(layout.socket)")],
            [.init("metrics"), .init("http://127.0.0.1:\(ports.admin)/metrics")],
            [.init("monolith"), .init("http://127.0.0.1:\(ports.monolith)")],
            [.init("auth"), .init("http://127.0.0.1:\(ports.auth)")],
            [.init("filter"), .init("http://127.0.0.1:\(ports.filter)")],
            [.init("profile"), .init("http://127.0.0.1:\(ports.profile)")],
            [.init("logs"), .init(layout.folder + "/logs")],
        ]
        return table
    }

    /// Starts a program of ours with its output in the logs.
    @discardableResult
    package func start(_ name: String, _ program: String, _ arguments: [String]) throws(OperationFailure)
        -> ChildProcess
    {
        guard let path = ProgramFinder.path(of: program, environment) else {
            throw OperationFailure(
                .failed, "\(program) is neither beside strangler nor in PATH",
                fix: "build it: swift build -c release --product \(program)")
        }
        return try group.start(
            name, [path] + arguments, environment: environment.variables, log: layout.log(of: name))
    }

    /// Waits until the program listens; returns its addresses.
    @discardableResult
    package func listen(_ child: ChildProcess) async throws -> [String] { try await group.listening(child) }

    package func stop(_ name: String) { group.stop(name) }

    /// The parts that ended although nobody asked them to; each is told once.
    package func fallen() -> [(ChildProcess, ChildProcess.Ending)] { group.fallen() }

    /// Starts parts that end by themselves again. What was stopped on purpose, as by the tour, stays down.
    func supervisor() -> Supervisor { Supervisor(of: group) }

    /// Stops everything, in the reverse order. Also in a cancelled task.
    package func stop() {
        console.progress("stopping: \(group.names.reversed().joined(separator: ", "))")
        group.stopAll()
    }

    private func startProgram(
        _ name: String, _ port: UInt16, _ more: [String] = []
    ) throws(OperationFailure) -> ChildProcess {
        try FileSystem.createDirectory(layout.data(of: name))
        return try start(
            name, "pixelpulse-" + name, ["--listen", "127.0.0.1:\(port)", "--data", layout.data(of: name)] + more)
    }
}
