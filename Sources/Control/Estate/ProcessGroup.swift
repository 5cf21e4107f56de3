package import ControlKit
import Glibc
import Synchronization

/// The processes somebody started: written down at once, watched for readiness, stopped in the reverse order.
package final class ProcessGroup: Sendable {
    /// One of them, and how it was started.
    private struct Member {
        var child: ChildProcess
        var arguments: [String]
        var environment: [String: String]
        /// How often its log says that it listens, of earlier starts.
        var heard = 0
    }

    private let members = Mutex<[Member]>([])
    /// The file that keeps the pids, so that a later run can clean up after a crash.
    private let record: String

    package init(record: String) { self.record = record }

    package var names: [String] { members.withLock { $0.map(\.child.name) } }

    /// Starts a program and notes it down before anything else can go wrong.
    package func start(
        _ name: String, _ arguments: [String], environment: [String: String], log: String
    ) throws(OperationFailure) -> ChildProcess {
        let child = try ChildProcess.spawn(name, arguments, environment: environment, log: log)
        let member = Member(child: child, arguments: arguments, environment: environment)
        let table = members.withLock { members in
            members.append(member)
            return Self.table(members)
        }
        try FileSystem.replace(record, with: Array(table.text.utf8))
        return child
    }

    /// Starts a program that has ended anew, with what it was started with, in its place among the others.
    package func startAgain(_ name: String) throws(OperationFailure) {
        guard let member = members.withLock({ members in members.last { $0.child.name == name } }) else { return }
        let heard = Self.announcements(in: member.child.log)
        let child = try ChildProcess.spawn(
            name, member.arguments, environment: member.environment, log: member.child.log, appends: true)
        let table = members.withLock { members -> ProcessTable? in
            guard let index = members.lastIndex(where: { $0.child.name == name }) else { return nil }
            members[index].child = child
            members[index].heard = heard
            return Self.table(members)
        }
        // Taken out of the group meanwhile: nobody would stop it later.
        guard let table else { return Self.stop(child.identity, patience: .zero) }
        do throws(OperationFailure) {
            try FileSystem.replace(record, with: Array(table.text.utf8))
        } catch {
            // The caller tries again, which would leave this one running beside the next.
            Self.stop(child.identity, patience: .zero)
            throw error
        }
    }

    /// Whether the program, started again, has said that it listens; one that never says so does as soon as it runs.
    package func isListening(_ name: String) -> Bool {
        guard let member = members.withLock({ members in members.last { $0.child.name == name } }) else { return false }
        return member.heard == 0 || Self.announcements(in: member.child.log) > member.heard
    }

    private static func table(_ members: [Member]) -> ProcessTable {
        ProcessTable(members.map { ProcessTable.Entry(name: $0.child.name, identity: $0.child.identity) })
    }

    /// Waits until the program says `listening on ADDRESS` for the `count`-th time and returns those addresses.
    ///
    /// A program that ends before fails with the last lines of its log.
    package func listening(
        _ child: ChildProcess, count: Int = 1, within limit: Duration = .seconds(20)
    ) async throws -> [String] {
        let deadline = ContinuousClock.now + limit
        while true {
            let text = FileSystem.readText(child.log) ?? ""
            let addresses = Self.addresses(in: text)
            if addresses.count >= count { return addresses }
            if let ending = child.ending() {
                throw OperationFailure(
                    .failed, "\(child.name) ended before it listened (\(ending))",
                    fix: "its log says why: \(child.log)", diagnostics: Self.tail(text))
            }
            guard ContinuousClock.now < deadline else {
                throw OperationFailure(
                    .timedOut, "\(child.name) does not listen after \(Decimal.short(limit.seconds)) s",
                    fix: "its log may say why: \(child.log)", diagnostics: Self.tail(text))
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// How often a log says that its program listens.
    package static func announcements(in log: String) -> Int { addresses(in: FileSystem.readText(log) ?? "").count }

    /// What follows `listening on`, line by line.
    package static func addresses(in text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            line.hasPrefix("listening on ") ? String(line.dropFirst("listening on ".count)) : nil
        }
    }

    private static func tail(_ text: String) -> [String] {
        text.split(separator: "\n").suffix(8).map { "  | " + $0 }
    }

    /// Children that ended by themselves, each told once.
    package func fallen() -> [(ChildProcess, ChildProcess.Ending)] {
        members.withLock { $0.map(\.child) }.compactMap { child in child.ending().map { (child, $0) } }
    }

    /// Stops one program: asked to finish first, made to after `patience`.
    package func stop(_ name: String, patience: Duration = .seconds(5)) {
        let child = members.withLock { members -> ChildProcess? in
            guard let index = members.lastIndex(where: { $0.child.name == name }) else { return nil }
            return members.remove(at: index).child
        }
        if let child { Self.stop(child.identity, patience: patience) }
    }

    /// Stops everything, the youngest first, and forgets the record. Blocks; works in a cancelled task too.
    ///
    /// One after another: a process that sends requests is stopped before the process that answers them.
    package func stopAll(patience: Duration = .seconds(8)) {
        let all = members.withLock { members in
            defer { members = [] }
            return members.map(\.child)
        }
        for child in all.reversed() { Self.stop(child.identity, patience: patience) }
        unlink(record)
    }

    /// Ends the process and whatever is left of the group it leads.
    package static func stop(_ identity: ProcessIdentity, patience: Duration) {
        guard identity.signal(SIGTERM) else {
            collect(identity.pid)
            return
        }
        let deadline = ContinuousClock.now + patience
        while identity.isAlive, ContinuousClock.now < deadline { usleep(5_000) }
        // The group's number cannot belong to anybody else while its leader is not collected.
        identity.signalGroup(SIGKILL)
        collect(identity.pid)
    }

    /// Takes the exit status if it is a child of ours, so that no zombie stays.
    private static func collect(_ pid: Int32) {
        var status: Int32 = 0
        _ = waitpid(pid, &status, WNOHANG)
    }
}
