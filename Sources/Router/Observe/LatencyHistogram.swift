/// How long things took, in log-linear buckets: 16 to each doubling, so a quantile is off by at most 6 %.
///
/// Owned by one loop and counted without atomics; readers get a copy through a message. Memory comes with the first
/// value, so ten thousand idle routes cost nothing.
struct LatencyHistogram: Sendable {
    /// Values below 2⁶ µs share 64 buckets of 1 µs; then 16 to each power of two, up to 2³⁰ µs (18 minutes).
    private static let linear = 64
    private static let perDoubling = 16
    private static let lowestPower = 6
    private static let highestPower = 30
    static let bucketCount = linear + (highestPower - lowestPower) * perDoubling

    private(set) var counts: [UInt32] = []
    private(set) var total: UInt64 = 0
    private(set) var sumMicroseconds: UInt64 = 0

    mutating func record(microseconds: UInt64) {
        if counts.isEmpty { counts = Array(repeating: 0, count: Self.bucketCount) }
        counts[Self.bucket(of: microseconds)] &+= 1
        total &+= 1
        sumMicroseconds &+= microseconds
    }

    mutating func add(_ other: LatencyHistogram) {
        guard other.total > 0 else { return }
        if counts.isEmpty { counts = Array(repeating: 0, count: Self.bucketCount) }
        for index in counts.indices { counts[index] &+= other.counts[index] }
        total &+= other.total
        sumMicroseconds &+= other.sumMicroseconds
    }

    static func bucket(of microseconds: UInt64) -> Int {
        guard microseconds >= UInt64(linear) else { return Int(microseconds) }
        let power = 63 - microseconds.leadingZeroBitCount
        guard power < highestPower else { return bucketCount - 1 }
        let within = Int(truncatingIfNeeded: microseconds >> UInt64(power - 4)) & (perDoubling - 1)
        return linear + (power - lowestPower) * perDoubling + within
    }

    /// First microsecond behind the bucket.
    static func upperBound(_ bucket: Int) -> UInt64 {
        guard bucket >= linear else { return UInt64(bucket) + 1 }
        let power = (bucket - linear) / perDoubling + lowestPower
        let within = (bucket - linear) % perDoubling
        return UInt64(perDoubling + within + 1) << UInt64(power - 4)
    }

    /// Milliseconds below which the share `quantile` of the values lies; nil when there is none.
    func milliseconds(at quantile: Double) -> Double? {
        guard total > 0 else { return nil }
        let wanted = UInt64((Double(total) * quantile).rounded(.up))
        var seen: UInt64 = 0
        for (bucket, count) in counts.enumerated() {
            seen += UInt64(count)
            if seen >= max(wanted, 1) { return Double(Self.upperBound(bucket)) / 1000 }
        }
        return nil
    }

    /// Buckets that are not empty: first microsecond behind each, and its count, which wraps at 2³².
    func filled() -> [(behindMicroseconds: UInt64, count: UInt32)] {
        counts.enumerated().compactMap { $0.element > 0 ? (Self.upperBound($0.offset), $0.element) : nil }
    }

    /// Powers of two of a microsecond that are shown as `le` in metrics: 0.128 ms to 67 s.
    static let shownPowers = 7...26

    /// Values below 2^power µs, for each of `shownPowers`: exact, as every power is a bucket's border.
    func cumulative() -> [UInt64] {
        var result: [UInt64] = []
        var seen: UInt64 = 0
        var bucket = 0
        for power in Self.shownPowers {
            let end = Self.linear + (power - Self.lowestPower) * Self.perDoubling
            while bucket < end, bucket < counts.count {
                seen += UInt64(counts[bucket])
                bucket += 1
            }
            result.append(seen)
        }
        return result
    }
}
