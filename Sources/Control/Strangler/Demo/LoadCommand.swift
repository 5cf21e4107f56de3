import AdminClient
import Arguments
import ControlKit
import Estate
import EventLoop
import Load
import Operations
import Routing
import ServiceKit

/// `strangler demo load`: traffic on a demo that is up, until it is told to stop.
enum LoadCommand {
    static func run(_ invocation: Invocation) async throws -> Answer {
        let layout = DemoLayout.of(invocation)
        guard let bytes = FileSystem.read(layout.routes), let listen = RoutesSketch(bytes)?.listen.first,
            let address = SocketAddress(listen)
        else {
            throw OperationFailure(.failed, "no demo is up", fix: "strangler demo up")
        }
        let client = try AdminTransport.shared()
        let accounts: [SampleVisitors.Account]
        if let kept = FileSystem.read(layout.samples), let known = SampleUsers.accounts(from: kept) {
            accounts = known
        } else {
            invocation.console.progress("signing up sample users")
            accounts = try await SampleUsers(client: client, address: address).load()
            try FileSystem.replace(layout.samples, with: SampleUsers.document(accounts))
        }
        let rate = try rate(invocation)
        let seed = UInt64(invocation.inputs["seed"] ?? "1") ?? 1
        let span = try invocation.inputs["for"].map { text throws(OperationFailure) in
            try Invocation.duration(text, option: "--for")
        }
        let generator = try LoadGenerator(
            address: address, rate: rate,
            arrivals: ArrivalTimes.Process(rawValue: invocation.inputs["arrivals"] ?? "") ?? .poisson, seed: seed,
            limit: limit(layout))
        let live = Task { await LiveLine(generator, invocation.console).run() }
        await generator.run(SampleVisitors(accounts, seed: seed), for: span)
        live.cancel()
        return answer(generator.total, generator.elapsed, generator.limit)
    }

    /// What this process, and the router of the demo, can carry.
    static func limit(_ layout: DemoLayout) -> LoadLimit {
        let document = FileSystem.read(layout.routes).flatMap { try? RoutesCheck.document($0, file: layout.routes) }
        return LoadLimit(
            descriptors: OpenFileLimit.raise(),
            // A file that cannot be read now was valid when the router took it.
            connectionsPerAddress: document?.limits.connectionsPerAddress ?? 1_000)
    }

    static func rate(_ invocation: Invocation) throws(OperationFailure) -> Double {
        guard let text = invocation.inputs["rate"] else { return 120 }
        guard let rate = Double(text), rate > 0, rate <= 100_000 else {
            throw OperationFailure(.usage, "--rate \(text) is not a number above 0")
        }
        return rate
    }

    /// A load that could not be sent as it was asked for is no measurement: it ends as a failure too, and is told
    /// apart.
    static func answer(_ total: LoadStatistics, _ elapsed: Duration, _ limit: LoadLimit) -> Answer {
        let failures = total.failures.map { "  \($0.request): \($0.reason)" }
        let unsent =
            total.unsent == 0
            ? []
            : [
                "  not sent: \(Decimal.grouped(total.unsent)) were due while \(Decimal.grouped(limit.requests)) were under way, the limit of "
                    + "this generator, not of the router: \(limit.reason)"
            ]
        return Answer(
            exit: total.failed == 0 && total.unsent == 0 ? .done : .failure,
            [
                .sentence(
                    "\(Decimal.grouped(total.completed)) requests in \(Decimal.fixed(elapsed.seconds, places: 1)) s, "
                        + "\(total.failed) failed"
                        + (total.unsent == 0 ? "." : ", \(Decimal.grouped(total.unsent)) not sent by this generator."),
                    total.failed == 0 && total.unsent == 0 ? .good : .bad),
                .lines(["  " + total.line(over: elapsed)] + unsent + failures),
            ], data: total.datum(over: elapsed))
    }
}

/// Rewrites the line with the figures of the last moment, until it is cancelled.
struct LiveLine: Sendable {
    private let generator: LoadGenerator
    private let console: Console

    init(_ generator: LoadGenerator, _ console: Console) {
        self.generator = generator
        self.console = console
    }

    func run() async {
        var turns = 0
        while (try? await Task.sleep(for: .milliseconds(500))) != nil {
            turns += 1
            let isLog = !console.isLive
            // A log gets a line every five seconds, a terminal one that changes.
            if isLog, turns % 10 != 0 { continue }
            let (window, span) = generator.takeWindow()
            let total = generator.total
            let unsent = total.unsent == 0 ? "" : ", \(total.unsent) not sent"
            let line = "  traffic: " + window.line(over: span) + " · in all \(total.failed) failed" + unsent
            if isLog { console.progress(line) } else { console.live(console.errorStyle.paint(line, .faint)) }
        }
    }
}
