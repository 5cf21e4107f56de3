import ControlKit
import Load
import Telemetry
import Testing

@Suite struct LoadStatisticsTests {
    @Test(arguments: [1, 31, 32, 1_000, 65_537, 9_999_999])
    func `a quantile is at most one bucket above the value, whatever the scale`(_ microseconds: Int64) throws {
        var histogram = LatencyHistogram(.thirtySeconds)
        for _ in 0..<99 { histogram.record(.microseconds(microseconds)) }
        histogram.record(.microseconds(microseconds * 100))
        let median = try #require(histogram.quantile(0.5)).microseconds
        #expect(median >= microseconds && median <= microseconds + microseconds / 31 + 1)
        #expect(histogram.quantile(1) == .microseconds(microseconds * 100))
    }

    @Test(arguments: [
        (1_024, 10_000, 960, "this process may open 1024 files"), (100_000, 1_000, 900, "the router takes 1000"),
        (70, 1, 1, "the router takes 1 "), (10, 1_000, 1, "this process"),
    ])
    func `what may be under way at once is the generator's own limit, and says whose`(
        _ descriptors: Int, _ perAddress: Int, _ requests: Int, _ reason: String
    ) {
        let limit = LoadLimit(descriptors: descriptors, connectionsPerAddress: perAddress)
        #expect(limit.requests == requests)
        #expect(limit.reason.hasPrefix(reason))
    }

    @Test func `what was due and not sent is no failure, and is said`() {
        var (statistics, more) = (LoadStatistics(), LoadStatistics())
        statistics.recordUnsent()
        more.recordUnsent()
        statistics.merge(more)
        #expect(statistics.unsent == 2 && statistics.failed == 0 && statistics.sent == 0)
        #expect(statistics.line(over: .seconds(1)) == "0 req/s · 0 errors · 2 not sent")
    }

    @Test func `an empty histogram has no quantile`() { #expect(LatencyHistogram(.thirtySeconds).quantile(0.5) == nil) }

    @Test func `histograms merge as if everything had been recorded in one`() {
        var (one, two, both) = (
            LatencyHistogram(.thirtySeconds), LatencyHistogram(.thirtySeconds), LatencyHistogram(.thirtySeconds)
        )
        for value in 1...100 {
            one.record(.microseconds(value))
            two.record(.milliseconds(value))
            both.record(.microseconds(value))
            both.record(.milliseconds(value))
        }
        one.add(two)
        #expect(one == both)
    }

    @Test(
        arguments: ArrivalTimes.Process.allCases
    )
    func `arrivals come at the rate that was asked for, the same for the same seed`(_ process: ArrivalTimes.Process) {
        var first = ArrivalTimes(process, rate: 100, seed: 9)
        var second = ArrivalTimes(process, rate: 100, seed: 9)
        var last = Duration.zero
        for _ in 0..<10_000 {
            let next = first.next()
            #expect(next == second.next() && next >= last)
            last = next
        }
        #expect(abs(last.seconds - 100) < 4)
    }

    @Test func `answers, refusals and failures are counted on their side, and the line says it`() {
        var statistics = LoadStatistics()
        for _ in 0..<4 { statistics.recordSent() }
        statistics.record(
            .answered(side: "legacy", route: "profile", status: 200), of: "GET /", latency: .milliseconds(2))
        statistics.record(
            .answered(side: "service", route: "profile", status: 200), of: "GET /", latency: .milliseconds(1))
        statistics.record(.refused(side: "service", status: 503), of: "GET /a", latency: .milliseconds(1))
        statistics.record(.failed("reset"), of: "GET /b", latency: .milliseconds(1))
        #expect(statistics.completed == 4)
        #expect(statistics.failed == 2)
        #expect(statistics.share(of: "profile") == (1, 2))
        #expect(statistics.failures.map(\.reason) == ["status 503 from service", "reset"])
        #expect(
            statistics.line(over: .seconds(1))
                == "4 req/s · 2 errors · legacy 1: p50 2.00 ms p99 2.00 ms · service 1: p50 1.00 ms p99 1.00 ms")
    }

    @Test(arguments: [
        (Decimal.short(12.5), "12.5"), (Decimal.short(0.0001), "0.0001"), (Decimal.short(100), "100"),
        (Decimal.fixed(-0.04, places: 1), "0.0"), (Decimal.fixed(1.25, places: 1), "1.3"),
        (Decimal.grouped(1_234_567), "1,234,567"), (Decimal.grouped(-999), "-999"),
        (Decimal.milliseconds(.microseconds(840)), "0.84 ms"),
        (Decimal.milliseconds(.milliseconds(1_200)), "1.20 s"),
    ])
    func `numbers read as people write them`(_ text: String, _ expected: String) { #expect(text == expected) }
}
