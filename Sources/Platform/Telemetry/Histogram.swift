private import Synchronization

/// Durations in log-linear buckets: sixteen per power of two, so a quantile is off by at most 1/16 of itself.
///
/// Written by one thread (a load and a store per value), read by any; one per thread, merged when read. About 8 KiB.
package final class Histogram: @unchecked Sendable {
    // @unchecked: the pointers never change, and what they lead to is atomic.
    static let bucketCount = 61 * 16
    private let counts: UnsafeMutablePointer<Atomic<UInt64>>
    private let sum = Atomic<UInt64>(0)

    package init() {
        counts = .allocate(capacity: Self.bucketCount)
        for index in 0..<Self.bucketCount { (counts + index).initialize(to: Atomic(0)) }
    }

    deinit {
        counts.deinitialize(count: Self.bucketCount)
        counts.deallocate()
    }

    /// Called by the owning thread only.
    package func record(nanoseconds: UInt64) {
        let cell = counts + Self.bucket(nanoseconds)
        cell.pointee.store(cell.pointee.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        sum.store(sum.load(ordering: .relaxed) &+ nanoseconds, ordering: .relaxed)
    }

    /// Adds what was recorded so far to `snapshot`.
    package func add(to snapshot: inout HistogramSnapshot) {
        for index in 0..<Self.bucketCount { snapshot.counts[index] &+= counts[index].load(ordering: .relaxed) }
        snapshot.sumNanoseconds &+= sum.load(ordering: .relaxed)
    }

    /// Values below 16 have a bucket each; above, the four bits after the leading one choose.
    static func bucket(_ value: UInt64) -> Int {
        guard value >= 16 else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        return (exponent - 3) * 16 + Int((value >> UInt64(exponent - 4)) & 15)
    }

    /// The least value that no longer falls into the bucket.
    static func upperBound(_ bucket: Int) -> UInt64 {
        guard bucket >= 16 else { return UInt64(bucket) + 1 }
        let exponent = bucket / 16 + 3
        let (bound, overflow) = (UInt64(bucket % 16) + 17).multipliedReportingOverflow(by: 1 << UInt64(exponent - 4))
        return overflow ? .max : bound
    }
}

/// Histograms merged at one moment.
package struct HistogramSnapshot: Sendable {
    var counts = [UInt64](repeating: 0, count: Histogram.bucketCount)
    package internal(set) var sumNanoseconds: UInt64 = 0

    package init() {}

    package var count: UInt64 { counts.reduce(0, &+) }

    /// The value below which a share of `quantile` (0 … 1) lies, in nanoseconds; nil when nothing was recorded.
    package func quantile(_ quantile: Double) -> UInt64? {
        let total = count
        guard total > 0 else { return nil }
        let rank = UInt64(max(1, (Double(total) * min(max(quantile, 0), 1)).rounded(.up)))
        var seen: UInt64 = 0
        for (bucket, count) in counts.enumerated() {
            seen &+= count
            if seen >= rank { return Histogram.upperBound(bucket) - 1 }
        }
        return nil
    }

    /// How many values are certainly at most `nanoseconds`.
    package func count(upTo nanoseconds: UInt64) -> UInt64 {
        var seen: UInt64 = 0
        for (bucket, count) in counts.enumerated() {
            if Histogram.upperBound(bucket) - 1 > nanoseconds { break }
            seen &+= count
        }
        return seen
    }
}
