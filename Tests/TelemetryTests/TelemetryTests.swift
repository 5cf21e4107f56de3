import Synchronization
import Telemetry
import Testing

@Suite struct HistogramTests {
    @Test(arguments: [0, 1, 15, 16, 17, 1_000, 999_999, 123_456_789, 1 << 40, UInt64.max / 2] as [UInt64])
    func aQuantileIsWithinASixteenth(value: UInt64) throws {
        let histogram = Histogram()
        histogram.record(nanoseconds: value)
        var snapshot = HistogramSnapshot()
        histogram.add(to: &snapshot)
        let quantile = try #require(snapshot.quantile(0.5))
        #expect(quantile >= value && quantile - value <= value / 16)
    }

    @Test func histogramsOfThreadsAreSummedWhenRead() {
        let histograms = (0..<3).map { _ in Histogram() }
        for (index, histogram) in histograms.enumerated() {
            for value in 1...100 { histogram.record(nanoseconds: UInt64(value * (index + 1)) * 1_000_000) }
        }
        var snapshot = HistogramSnapshot()
        for histogram in histograms { histogram.add(to: &snapshot) }
        #expect(snapshot.count == 300)
        #expect(snapshot.sumNanoseconds == 5_050 * 6 * 1_000_000)
        #expect(snapshot.quantile(1).map { $0 / 1_000_000 } ?? 0 >= 300)
        #expect(HistogramSnapshot().quantile(0.5) == nil)
    }
}

@Suite struct MetricsTextTests {
    @Test func samplesFollowTheirFamily() {
        var text = MetricsText()
        text.family("requests_total", .counter, "Requests\nanswered \\ done.")
        text.sample(["route": "a\"b\\c\nd", "code": "200"], 3)
        text.family("weight_ratio", .gauge, "Weight.")
        text.sample(0.25)
        #expect(
            text.text == """
                # HELP requests_total Requests\\nanswered \\\\ done.
                # TYPE requests_total counter
                requests_total{route="a\\"b\\\\c\\nd",code="200"} 3
                # HELP weight_ratio Weight.
                # TYPE weight_ratio gauge
                weight_ratio 0.25

                """)
    }

    @Test func bucketsAreCumulative() {
        let histogram = Histogram()
        for milliseconds in [1, 3, 30, 3_000] { histogram.record(nanoseconds: UInt64(milliseconds) * 1_000_000) }
        var snapshot = HistogramSnapshot()
        histogram.add(to: &snapshot)
        var text = MetricsText()
        text.family("duration_seconds", .histogram, "Time.")
        text.histogram(["side": "legacy"], snapshot)
        for line in [
            #"duration_seconds_bucket{side="legacy",le="0.0025"} 1"#,
            #"duration_seconds_bucket{side="legacy",le="0.005"} 2"#,
            #"duration_seconds_bucket{side="legacy",le="+Inf"} 4"#, #"duration_seconds_count{side="legacy"} 4"#,
            #"duration_seconds_sum{side="legacy"} 3.034"#,
        ] {
            #expect(text.text.contains(line + "\n"), "\(line)")
        }
    }
}

@Suite struct LoggerTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    @Test func nobodyCanForgeALine() {
        let lines = Lines()
        let sink: @Sendable ([UInt8]) -> Void = { line in
            lines.all.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
        }
        Logger("router", sink: sink).info("path\n2026 error \u{1B}[31m", ["who": "a b\"\u{9B}"])
        Logger("router", format: .json, sink: sink).error("x\ny\"", ["k": "\u{0}"])
        let written = lines.all.withLock { $0 }
        #expect(written.count == 2)
        #expect(written[0].hasSuffix(" info router: path\\n2026 error \\u001b[31m who=\"a b\\\"\\u009b\"\n"))
        #expect(written[1].hasSuffix(#""level":"error","program":"router","message":"x\ny\"","k":"\u0000"}"# + "\n"))
    }
}
