import ControlKit

/// Latencies in log-linear buckets: 32 to an octave of microseconds, so a quantile is at most 3.2 % off, in 8 KiB
/// whatever is recorded. Values merge by addition.
package struct LoadLatencies: Equatable, Sendable {
    private static let subBits = 5
    private static let bucketCount = (40 - subBits + 1) << subBits

    private var counts: [UInt32] = []
    package private(set) var count = 0
    /// The largest value recorded, exactly.
    package private(set) var maximum = Duration.zero

    package init() {}

    package mutating func record(_ latency: Duration) {
        if counts.isEmpty { counts = [UInt32](repeating: 0, count: Self.bucketCount) }
        counts[Self.index(of: latency.microseconds)] &+= 1
        count += 1
        maximum = max(maximum, latency)
    }

    package mutating func merge(_ other: LoadLatencies) {
        guard other.count > 0 else { return }
        if counts.isEmpty { counts = [UInt32](repeating: 0, count: Self.bucketCount) }
        for index in counts.indices { counts[index] &+= other.counts[index] }
        count += other.count
        maximum = max(maximum, other.maximum)
    }

    /// The value that `quantile` (0 to 1) of the records do not exceed; nil when nothing was recorded.
    package func quantile(_ quantile: Double) -> Duration? {
        guard count > 0 else { return nil }
        let rank = max(1, Int((Double(count) * min(max(quantile, 0), 1)).rounded(.up)))
        var seen = 0
        for (index, bucket) in counts.enumerated() where bucket > 0 {
            seen += Int(bucket)
            if seen >= rank { return min(.microseconds(Self.upperBound(of: index)), maximum) }
        }
        return maximum
    }

    private static func index(of microseconds: Int64) -> Int {
        let value = UInt64(clamping: microseconds)
        let linear = UInt64(1) << UInt64(subBits)
        if value < linear { return Int(value) }
        let octave = 63 - value.leadingZeroBitCount - subBits
        let index = ((octave + 1) << subBits) + Int((value >> UInt64(octave)) - linear)
        return min(index, bucketCount - 1)
    }

    private static func upperBound(of index: Int) -> Int64 {
        let linear = 1 << subBits
        if index < linear { return Int64(index) }
        let octave = (index >> subBits) - 1
        let position = index & (linear - 1)
        return Int64((linear + position + 1) << octave) - 1
    }
}
