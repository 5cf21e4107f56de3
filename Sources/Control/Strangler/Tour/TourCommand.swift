import AdminClient
import Arguments
import ControlKit
import EventLoop
import Load
import ServiceKit

/// `strangler demo tour`: starts everything, drives traffic, migrates, breaks, rolls back, and counts.
enum TourCommand {
    static func run(_ invocation: Invocation) async throws -> Answer {
        let narrator = TourNarrator(invocation.console)
        let rate = try LoadCommand.rate(invocation)
        narrator.title("PixelPulse behind a strangler: a monolith taken apart while it serves")
        let estate = try DemoEstate(invocation)
        defer { estate.stop() }
        try await estate.start()
        invocation.console.print(
            "\n" + estate.addresses.lines(invocation.console.outStyle).joined(separator: "\n") + "\n")

        guard let address = SocketAddress("127.0.0.1:\(estate.ports.router)") else {
            throw OperationFailure(.failed, "the router has no address")
        }
        let client = try AdminTransport.shared()
        let accounts = try await SampleUsers(client: client, address: address).load()
        try FileSystem.replace(estate.layout.samples, with: SampleUsers.document(accounts))
        try await DemoData.settle(estate)
        narrator.fact("\(accounts.count) users with profiles and pictures came in through the router")

        let generator = try LoadGenerator(
            address: address, rate: rate, arrivals: .poisson, seed: 1, limit: LoadCommand.limit(estate.layout))
        let traffic = Task { await generator.run(SampleVisitors(accounts, seed: 1)) }
        let live = Task { await LiveLine(generator, invocation.console).run() }
        defer {
            live.cancel()
            traffic.cancel()
        }
        let begun = ContinuousClock.now
        let tour = Tour(estate, generator, invocation)
        try await tour.run()
        let took = ContinuousClock.now - begun
        live.cancel()
        let isOnce = invocation.inputs.has("once")
        if isOnce {
            traffic.cancel()
            await traffic.value
        }
        let total = generator.total
        let summary = close(total, generator.elapsed, generator.limit, took, narrator)
        guard total.failed == 0, total.unsent == 0, !isOnce else { return summary }
        invocation.console.print(summary.text(invocation.console.outStyle, width: invocation.console.columns))
        try await tour.mend()
        invocation.console.print("\n")
        return try await DemoCommands.stay(estate, invocation)
    }

    private static func close(
        _ total: LoadStatistics, _ elapsed: Duration, _ limit: LoadLimit, _ took: Duration, _ narrator: TourNarrator
    ) -> Answer {
        narrator.title("The count")
        var answer = LoadCommand.answer(total, elapsed, limit)
        let sentence =
            total.failed == 0 && total.unsent == 0
            ? "\(Decimal.grouped(total.completed)) requests during the tour, and not one failed."
            : "\(total.failed) of \(Decimal.grouped(total.completed)) requests failed and \(total.unsent) were not sent: "
                + "the tour is not passed."
        answer.blocks[0] = .sentence(sentence, total.failed == 0 && total.unsent == 0 ? .good : .bad)
        answer.data["tour_seconds"] = .number(took.seconds)
        return answer
    }
}
