/// The latencies of an interval, from what a histogram had counted at its beginning and at its end. Pure.
package struct LatencyDifference: Equatable, Sendable {
    /// First microsecond behind a bucket, to its count. Counts of the router wrap at 2³².
    package typealias Counts = [UInt64: UInt32]

    /// In order; only buckets in which something fell.
    private let buckets: [(behindMicroseconds: UInt64, count: UInt64)]
    package let total: UInt64

    /// - Parameters:
    ///   - before: Empty when there was nothing, or the router began anew.
    package init(from before: Counts, to after: Counts) {
        var buckets: [(behindMicroseconds: UInt64, count: UInt64)] = []
        for bucket in after.sorted(by: { $0.key < $1.key }) {
            let count = UInt64(bucket.value &- before[bucket.key, default: 0])
            if count > 0 { buckets.append((bucket.key, count)) }
        }
        self.buckets = buckets
        total = buckets.reduce(0) { $0 &+ $1.count }
    }

    /// Milliseconds below which the share `quantile` of the interval's answers lies; nil when there was none. Off by a
    /// bucket: 6 %.
    package func milliseconds(at quantile: Double) -> Double? {
        guard total > 0 else { return nil }
        let wanted = max(1, UInt64((Double(total) * min(1, max(0, quantile))).rounded(.up)))
        var seen: UInt64 = 0
        for bucket in buckets {
            seen &+= bucket.count
            if seen >= wanted { return Double(bucket.behindMicroseconds) / 1000 }
        }
        return buckets.last.map { Double($0.behindMicroseconds) / 1000 }
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.total == right.total && left.buckets.elementsEqual(right.buckets, by: ==)
    }
}
