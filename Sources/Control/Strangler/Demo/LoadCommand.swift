import Arguments
import EventLoop
import ServiceKit

/// `strangler demo load`: traffic on a demo that is up, until it is told to stop.
enum LoadCommand {
    static func run(_ invocation: Invocation) async throws -> Answer {
        let layout = DemoLayout.of(invocation)
        guard let bytes = FileSystem.read(layout.routes), let listen = RoutesSketch(bytes)?.listen.first,
            let address = SocketAddress(listen)
        else {
            throw CommandFailure(.failure, "no demo is up", fix: "strangler demo up")
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
        let limit = try invocation.inputs["for"].map { text throws(CommandFailure) in
            try Invocation.duration(text, option: "--for")
        }
        let generator = LoadGenerator(
            client: client, address: address, rate: rate,
            arrivals: Arrivals.Process(rawValue: invocation.inputs["arrivals"] ?? "") ?? .poisson, seed: seed)
        let live = Task { await LiveLine(generator, invocation.console).run() }
        await generator.run(SampleVisitors(accounts, seed: seed), for: limit)
        live.cancel()
        return answer(generator.total, generator.elapsed)
    }

    static func rate(_ invocation: Invocation) throws(CommandFailure) -> Double {
        guard let text = invocation.inputs["rate"] else { return 120 }
        guard let rate = Double(text), rate > 0, rate <= 100_000 else {
            throw CommandFailure(.usage, "--rate \(text) is not a number above 0")
        }
        return rate
    }

    static func answer(_ total: LoadStatistics, _ elapsed: Duration) -> Answer {
        let failures = total.failures.map { "  \($0.request): \($0.reason)" }
        return Answer(
            exit: total.failed == 0 ? .done : .failure,
            [
                .sentence(
                    "\(Decimal.grouped(total.completed)) requests in \(Decimal.fixed(elapsed.seconds, places: 1)) s, "
                        + "\(total.failed) failed.", total.failed == 0 ? .good : .bad),
                .lines(["  " + total.line(over: elapsed)] + failures),
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
            let line = "  traffic: " + window.line(over: span) + " · in all \(generator.total.failed) failed"
            if isLog { console.progress(line) } else { console.live(console.errorStyle.paint(line, .faint)) }
        }
    }
}
