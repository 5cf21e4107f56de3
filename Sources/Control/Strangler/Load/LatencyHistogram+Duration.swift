package import Telemetry

extension LatencyHistogram {
    package mutating func record(_ latency: Duration) { record(microseconds: UInt64(clamping: latency.microseconds)) }

    /// The value that `quantile` (0 to 1) of the records do not exceed; nil when nothing was recorded.
    package func quantile(_ quantile: Double) -> Duration? {
        microseconds(behind: quantile).map { min(.microseconds(Int64(clamping: $0 - 1)), maximum) }
    }

    /// The largest value recorded, to the microsecond.
    package var maximum: Duration { .microseconds(Int64(clamping: maximumMicroseconds)) }
}

extension Duration {
    /// Whole microseconds, rounded down, limited to what fits.
    package var microseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? Int64.max : product + attoseconds / 1_000_000_000_000
    }

    /// Seconds with a fraction.
    package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
