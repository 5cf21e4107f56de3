import ControlKit
import Estate
import Glibc
import TestSupport
import Testing

@Suite struct ProcessTests {
    @Test func `the table of processes reads back, and torn lines are skipped`() {
        let table = ProcessTable([.init(name: "router", identity: ProcessIdentity(pid: 42, started: 7))])
        #expect(ProcessTable(parsing: table.text) == table)
        #expect(
            ProcessTable(parsing: "router 42\nx y z\nauth 1 7\n\nprofile 43 8")
                == ProcessTable([
                    .init(name: "profile", identity: ProcessIdentity(pid: 43, started: 8))
                ]))
    }

    @Test func `a process number that was used again is not the same process`() {
        let own = getpid()
        #expect(ProcessIdentity(pid: own, started: 0).isAlive)
        #expect(!ProcessIdentity(pid: own, started: 1).isAlive)
        #expect(!ProcessIdentity(pid: 1, started: 0).isAlive)
    }

    @Test func `a child's announcement is seen in its log, and stopping it takes its whole group along`() async throws {
        let folder = try TemporaryFolder()
        let group = ProcessGroup(record: folder.path + "/pids")
        let child = try group.start(
            "sample", ["/bin/sh", "-c", "echo listening on http://127.0.0.1:1; sleep 60 & wait"],
            environment: ["PATH": "/usr/bin:/bin"], log: folder.path + "/log")
        #expect(try await group.listening(child) == ["http://127.0.0.1:1"])
        #expect((FileSystem.readText(folder.path + "/pids") ?? "").hasPrefix("sample \(child.pid) "))
        group.stopAll()
        #expect(!child.identity.isAlive)
        #expect(!FileSystem.exists(folder.path + "/pids"))
    }

    @Test func `a child that ends before it listens fails with the end of its log`() async throws {
        let folder = try TemporaryFolder()
        let group = ProcessGroup(record: folder.path + "/pids")
        let child = try group.start(
            "sample", ["/bin/sh", "-c", "echo no such port; exit 3"], environment: [:], log: folder.path + "/log")
        await #expect {
            try await group.listening(child)
        } throws: { error in
            guard let failure = error as? OperationFailure else { return false }
            return failure.message == "sample ended before it listened (exit status 3)"
                && failure.diagnostics == ["  | no such port"]
        }
    }

    @Test
    func `a part that falls young waits longer each time, up to five seconds, and one that has lived begins anew`() {
        var schedule = RestartSchedule()
        var now = Duration.zero
        var delays: [Duration] = []
        for _ in 0..<8 {
            let delay = schedule.ended("profile", started: now, now: now)
            delays.append(delay)
            #expect(schedule.takeDue(now + delay - .milliseconds(1)) == [])
            now += delay
            #expect(schedule.takeDue(now) == ["profile"])
            #expect(schedule.takeDue(now) == [])
        }
        #expect(delays == [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000].map { .milliseconds($0) })
        #expect(schedule.ended("profile", started: now, now: now + .seconds(10)) == .milliseconds(100))
    }

    @Test func `each part waits for itself`() {
        var schedule = RestartSchedule()
        _ = schedule.ended("auth", started: .zero, now: .zero)
        _ = schedule.ended("filter", started: .zero, now: .zero)
        _ = schedule.takeDue(.milliseconds(100))
        _ = schedule.ended("auth", started: .milliseconds(100), now: .milliseconds(150))
        #expect(schedule.takeDue(.milliseconds(200)) == [])
        #expect(schedule.ended("filter", started: .milliseconds(100), now: .milliseconds(200)) == .milliseconds(200))
        #expect(schedule.takeDue(.milliseconds(350)) == ["auth"])
        #expect(schedule.takeDue(.milliseconds(400)) == ["filter"])
    }

    @Test
    func `a child that fell is started again in its place, with its log going on, and listens anew`() async throws {
        let folder = try TemporaryFolder()
        let group = ProcessGroup(record: folder.path + "/pids")
        defer { group.stopAll() }
        let child = try group.start(
            "sample", ["/bin/sh", "-c", "echo listening on http://127.0.0.1:1; exec sleep 3600"],
            environment: ["PATH": "/usr/bin:/bin"], log: folder.path + "/log")
        _ = try group.start("other", ["/bin/sleep", "3600"], environment: [:], log: folder.path + "/other")
        _ = try await group.listening(child)
        child.identity.signal(SIGKILL)
        var fallen: [(ChildProcess, ChildProcess.Ending)] = []
        while fallen.isEmpty {
            fallen = group.fallen()
            await Task.yield()
        }
        #expect(fallen.map(\.0.name) == ["sample"] && fallen.map(\.1) == [.signalled(SIGKILL)])
        try group.startAgain("sample")
        while !group.isListening("sample") { await Task.yield() }
        #expect(group.names == ["sample", "other"] && group.fallen().isEmpty)
        let again = try #require(
            ProcessTable(parsing: (FileSystem.readText(folder.path + "/pids") ?? "")).entries.first)
        #expect(again.name == "sample" && again.identity != child.identity && again.identity.isAlive)
        #expect(
            FileSystem.readText(folder.path + "/log")
                == "listening on http://127.0.0.1:1\nlistening on http://127.0.0.1:1\n")
    }
}
