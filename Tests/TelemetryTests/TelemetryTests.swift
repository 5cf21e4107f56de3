import Synchronization
import Testing

@testable import Telemetry

@Suite struct LatencyHistogramTests {
    private static let scales: [(LatencyScale, parts: UInt64)] = [(.sixteenths, 16), (.thirtySeconds, 32)]

    @Test(arguments: [0, 1, 15, 16, 63, 64, 65, 1_000, 65_537, 999_999, 123_456_789, (1 << 30) - 1] as [UInt64])
    func `a quantile is within a bucket`(value: UInt64) throws {
        for (scale, parts) in Self.scales {
            var histogram = LatencyHistogram(scale)
            histogram.record(microseconds: value)
            let behind = try #require(histogram.microseconds(behind: 0.5))
            #expect(behind > value)
            #expect(behind - value <= value / parts + 1)
            #expect(histogram.maximumMicroseconds == value)
            #expect(histogram.filled().map(\.behindMicroseconds) == [behind])
        }
    }

    @Test func `buckets follow each other without gaps`() {
        for (scale, _) in Self.scales {
            var end: UInt64 = 0
            for bucket in 0..<scale.count {
                #expect(scale.bucket(of: end) == bucket)
                end = scale.upperBound(bucket)
                #expect(scale.bucket(of: end - 1) == bucket)
            }
            for huge in [end, 1 << 63, .max] { #expect(scale.bucket(of: huge) == scale.count - 1) }
        }
    }

    @Test func `histograms of loops are summed when read`() {
        var sum = LatencyHistogram()
        #expect(sum.microseconds(behind: 0.5) == nil && sum.cumulative(7...9) == [0, 0, 0])
        for loop in 1...3 as ClosedRange<UInt64> {
            var one = LatencyHistogram()
            for value in 1...100 as ClosedRange<UInt64> { one.record(microseconds: value * loop) }
            sum.add(one)
        }
        #expect(sum.total == 300)
        #expect(sum.sumMicroseconds == 30_300)
        #expect(sum.maximumMicroseconds == 300)
        // Below 128 µs are all of the first, 63 of the second, 42 of the third.
        #expect(sum.cumulative(7...9) == ([205, 285, 300] as [UInt64]))
    }
}

@Suite struct MetricsTextTests {
    @Test func `samples follow their family`() {
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
}

@Suite struct LoggerTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    @Test func `nobody can forge a line`() {
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
