import Arguments
import ControlKit
import Estate
import Glibc

/// `strangler demo kill NAME`: ends a part of a demo that is up, as a crash would, and waits until it serves again.
enum KillCommand {
    private static let signals: KeyValuePairs<String, Int32> = [
        "KILL": SIGKILL, "TERM": SIGTERM, "STOP": SIGSTOP, "CONT": SIGCONT,
    ]
    static var signalNames: [String] { signals.map(\.key) }

    static func run(_ invocation: Invocation) async throws -> Answer {
        let layout = DemoLayout.of(invocation)
        let name = try invocation.required("NAME")
        let signal = invocation.inputs["signal"] ?? "KILL"
        let number = signals.first { $0.key == signal }?.value ?? SIGKILL
        guard DemoHold.holder(layout.lock) != nil else {
            throw OperationFailure(.failed, "no demo is up", fix: "strangler demo up")
        }
        let living = parts(layout).filter(\.identity.isAlive)
        guard let part = living.last(where: { $0.name == name }) else {
            throw OperationFailure(
                .usage, "\"\(name)\" is no part of the demo that runs",
                fix: "one of: \(living.map(\.name).joined(separator: ", "))")
        }
        let pid = OutputValue.integer(Int64(part.identity.pid))
        if invocation.isDryRun {
            return Answer(
                [.sentence("Would send SIG\(signal) to \(name), process \(part.identity.pid).", .strong)],
                data: ["part": .string(name), "pid": pid, "signal": .string(signal), "dry_run": true])
        }
        let heard = ProcessGroup.announcements(in: layout.log(of: name))
        let begun = ContinuousClock.now
        guard part.identity.signal(number) else {
            throw OperationFailure(.failed, "cannot send SIG\(signal) to \(name): \(String(cString: strerror(errno)))")
        }
        guard number == SIGKILL || number == SIGTERM else {
            let what = number == SIGSTOP ? "hangs" : "goes on"
            return Answer(
                [.sentence("\(name), process \(part.identity.pid), \(what).", .good)],
                data: ["part": .string(name), "pid": pid, "signal": .string(signal)],
                next: number == SIGSTOP
                    ? [.init("strangler demo kill \(name) --signal CONT", "lets it go on")]
                    : [.init("strangler status", "what the router saw of it")])
        }
        let again = try await replaced(part, layout, heard, within: invocation.timeout())
        let took = ContinuousClock.now - begun
        return Answer(
            [
                .sentence(
                    "\(name), process \(part.identity.pid), is dead; \(Decimal.milliseconds(took)) later it serves again "
                        + "as process \(again.identity.pid).", .good)
            ],
            data: [
                "part": .string(name), "pid": pid, "signal": .string(signal),
                "pid_again": .integer(Int64(again.identity.pid)), "seconds": .number(took.seconds),
            ], next: [.init("strangler status", "what the router saw of it")])
    }

    /// Waits until another process of that name runs and has said that it listens.
    private static func replaced(
        _ part: ProcessTable.Entry, _ layout: DemoLayout, _ heard: Int, within limit: Duration
    ) async throws -> ProcessTable.Entry {
        let deadline = ContinuousClock.now + limit
        while true {
            let now = parts(layout).last { $0.name == part.name && $0.identity != part.identity && $0.identity.isAlive }
            if let now, heard == 0 || ProcessGroup.announcements(in: layout.log(of: part.name)) > heard { return now }
            guard ContinuousClock.now < deadline else {
                let what = part.identity.isAlive ? "still runs" : "is dead, and does not serve again"
                throw OperationFailure(
                    .timedOut, "\(part.name) \(what) after \(Decimal.short(limit.seconds)) s",
                    fix: "its log may say why: \(layout.log(of: part.name))")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private static func parts(_ layout: DemoLayout) -> [ProcessTable.Entry] {
        ProcessTable(parsing: FileSystem.readText(layout.pids) ?? "").entries
    }
}
