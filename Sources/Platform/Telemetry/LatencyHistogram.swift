/// How long things took, in log-linear buckets: a quantile is off by at most one part in 2^`LatencyScale.subBits` of
/// itself.
///
/// A value: owned by one thread and counted without atomics; others get a copy. Values of one scale merge by addition.
/// Memory comes with the first value, so ten thousand idle routes cost nothing.
package struct LatencyHistogram: Equatable, Sendable {
    package let scale: LatencyScale
    package private(set) var counts: [UInt32] = []
    package private(set) var total: UInt64 = 0
    package private(set) var sumMicroseconds: UInt64 = 0
    /// The largest value recorded, exactly.
    package private(set) var maximumMicroseconds: UInt64 = 0

    package init(_ scale: LatencyScale = .sixteenths) { self.scale = scale }

    package mutating func record(microseconds: UInt64) {
        if counts.isEmpty { counts = Array(repeating: 0, count: scale.count) }
        counts[scale.bucket(of: microseconds)] &+= 1
        total &+= 1
        sumMicroseconds &+= microseconds
        maximumMicroseconds = max(maximumMicroseconds, microseconds)
    }

    /// - Precondition: both have one scale.
    package mutating func add(_ other: LatencyHistogram) {
        precondition(scale == other.scale, "histograms of two scales do not add up")
        guard other.total > 0 else { return }
        if counts.isEmpty { counts = Array(repeating: 0, count: scale.count) }
        for index in counts.indices { counts[index] &+= other.counts[index] }
        total &+= other.total
        sumMicroseconds &+= other.sumMicroseconds
        maximumMicroseconds = max(maximumMicroseconds, other.maximumMicroseconds)
    }

    /// First microsecond behind the bucket below which a share of `quantile` (0 to 1) of the values lies; nil when
    /// there is none.
    package func microseconds(behind quantile: Double) -> UInt64? {
        guard total > 0 else { return nil }
        let wanted = UInt64(max(1, (Double(total) * min(max(quantile, 0), 1)).rounded(.up)))
        var seen: UInt64 = 0
        for (bucket, count) in counts.enumerated() {
            seen &+= UInt64(count)
            if seen >= wanted { return scale.upperBound(bucket) }
        }
        return nil
    }

    /// The same in milliseconds.
    package func milliseconds(at quantile: Double) -> Double? {
        microseconds(behind: quantile).map { Double($0) / 1000 }
    }

    /// Buckets that are not empty: first microsecond behind each, and its count, which wraps at 2³².
    package func filled() -> [(behindMicroseconds: UInt64, count: UInt32)] {
        counts.enumerated().compactMap { $0.element > 0 ? (scale.upperBound($0.offset), $0.element) : nil }
    }

    /// Values below 2^power µs, for each of `powers`, which rise: exact, as every power is a bucket's border.
    package func cumulative(_ powers: ClosedRange<Int>) -> [UInt64] {
        var seen: UInt64 = 0
        var bucket = 0
        return powers.map { power in
            let end = scale.bucket(of: 1 << UInt64(power))
            while bucket < end, bucket < counts.count {
                seen &+= UInt64(counts[bucket])
                bucket += 1
            }
            return seen
        }
    }
}

/// Where the buckets of a histogram lie: a microsecond each up to a power of two, then an equal number to each
/// doubling.
package struct LatencyScale: Equatable, Sendable {
    /// Values below 2^`linearBits` µs have a bucket each.
    let linearBits: Int
    /// 2^`subBits` buckets to each doubling above; at most `linearBits`.
    let subBits: Int
    /// Values from 2^`topBits` µs on share the last bucket.
    let topBits: Int

    /// The router's, whose buckets are part of its admin API: 6 % off at most, up to 18 minutes.
    package static let sixteenths = LatencyScale(linearBits: 6, subBits: 4, topBits: 30)
    /// Of measurements: 3.2 % off at most, up to 12 days.
    package static let thirtySeconds = LatencyScale(linearBits: 5, subBits: 5, topBits: 40)

    var count: Int { (1 << linearBits) + ((topBits - linearBits) << subBits) }

    func bucket(of microseconds: UInt64) -> Int {
        guard microseconds >> UInt64(linearBits) != 0 else { return Int(truncatingIfNeeded: microseconds) }
        let power = 63 - microseconds.leadingZeroBitCount
        guard power < topBits else { return count - 1 }
        let within = Int(truncatingIfNeeded: microseconds >> UInt64(power - subBits)) & ((1 << subBits) - 1)
        return (1 << linearBits) + ((power - linearBits) << subBits) + within
    }

    /// First microsecond behind the bucket.
    func upperBound(_ bucket: Int) -> UInt64 {
        guard bucket >= 1 << linearBits else { return UInt64(bucket) + 1 }
        let above = bucket - (1 << linearBits)
        let power = (above >> subBits) + linearBits
        let within = above & ((1 << subBits) - 1)
        return UInt64((1 << subBits) + within + 1) << UInt64(power - subBits)
    }
}
