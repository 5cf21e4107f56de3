import ControlKit
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
