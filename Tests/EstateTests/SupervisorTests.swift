import ControlKit
import Estate
import Glibc
import TestSupport
import Testing

/// Real processes, and a clock that the test moves.
@Suite struct SupervisorTests {
    private let folder: TemporaryFolder
    private let group: ProcessGroup

    init() throws {
        folder = try TemporaryFolder()
        group = ProcessGroup(record: folder.path + "/pids")
    }

    private func events(_ supervisor: inout Supervisor, at now: Duration) async -> [Supervisor.Event] {
        while true {
            let events = supervisor.look(at: now)
            if !events.isEmpty { return events }
            await Task.yield()
        }
    }

    @Test
    func `a process that ended is started again when its time has come, and is told of when it listens`() async throws {
        defer { group.stopAll() }
        let child = try group.start(
            "sample", ["/bin/sh", "-c", "echo listening on http://127.0.0.1:1; exec sleep 3600"],
            environment: ["PATH": "/usr/bin:/bin"], log: folder.path + "/log")
        _ = try await group.listening(child)
        var supervisor = Supervisor(of: group)
        #expect(supervisor.look(at: .zero).isEmpty)
        child.identity.signal(SIGKILL)
        let fell = await events(&supervisor, at: .seconds(1))
        guard case .ended("sample", .signalled(SIGKILL), again: RestartSchedule.shortest)? = fell.first, fell.count == 1
        else {
            Issue.record("\(fell)")
            return
        }
        #expect(supervisor.look(at: .seconds(1)).isEmpty)
        let up = await events(&supervisor, at: .seconds(1) + RestartSchedule.shortest)
        guard case .up("sample", after: .zero)? = up.first, up.count == 1 else {
            Issue.record("\(up)")
            return
        }
        #expect(group.names == ["sample"] && ProcessGroup.announcements(in: folder.path + "/log") == 2)
    }

    @Test func `a process that cannot be started is tried again later each time`() async throws {
        defer { group.stopAll() }
        let program = folder.path + "/program"
        try FileSystem.replace(program, with: Array("#!/bin/sh\nexit 3\n".utf8))
        chmod(program, 0o755)
        _ = try group.start("sample", [program], environment: [:], log: folder.path + "/log")
        var supervisor = Supervisor(of: group)
        guard
            case .ended("sample", .exited(3), again: .milliseconds(100))? =
                await events(&supervisor, at: .zero).first
        else {
            Issue.record("it was not seen to end")
            return
        }
        unlink(program)
        guard
            case .notStarted("sample", let problem, again: .milliseconds(200))? =
                supervisor.look(at: .milliseconds(100)).first
        else {
            Issue.record("it was not tried")
            return
        }
        #expect(problem.contains(program))
        #expect(supervisor.look(at: .milliseconds(299)).isEmpty)
        #expect(supervisor.look(at: .milliseconds(300)).count == 1)
    }

    @Test func `a process that was stopped on purpose stays down`() throws {
        _ = try group.start("sample", ["/bin/sleep", "3600"], environment: [:], log: folder.path + "/log")
        var supervisor = Supervisor(of: group)
        group.stop("sample", patience: .zero)
        #expect(supervisor.look(at: .seconds(60)).isEmpty && supervisor.look(at: .seconds(120)).isEmpty)
        #expect(group.names.isEmpty)
    }
}
