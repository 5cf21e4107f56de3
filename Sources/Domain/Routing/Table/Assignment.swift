private import Hashing

/// Where a key falls: the one rule that every router, every restart and every tool decides by.
package struct Assignment: Sendable {
    /// Buckets, and so ticks of a `Percent`.
    package static let buckets = UInt64(Percent.mostTicks)

    /// The hash with the salt already in it; copied for every key, so that salt and key are never joined in memory.
    private let salted: XXH64
    private let isSalted: Bool

    package init(salt: String) {
        var hash = XXH64(seed: 0)
        hash.update(salt)
        salted = hash
        isSalted = !salt.isEmpty
    }

    /// XXH64(salt + key, seed 0) mod 1 000 000.
    package func bucket(of key: UnsafeRawBufferPointer) -> Int32 {
        guard isSalted else { return Int32(truncatingIfNeeded: XXH64.hash(key, seed: 0) % Self.buckets) }
        var hash = salted
        hash.update(key)
        return Int32(truncatingIfNeeded: hash.finish() % Self.buckets)
    }

    package func bucket(of key: String) -> Int32 {
        Array(key.utf8).withUnsafeBytes { bucket(of: $0) }
    }
}

/// Shares requests without a key out so evenly that at every prefix the service has its share to within one request.
package struct ShareAccumulator: Equatable, Sendable {
    private var carried: Int32 = 0

    package init() {}

    package mutating func next(_ percent: Percent) -> Side {
        carried += percent.ticks
        guard carried >= Percent.all.ticks else { return .legacy }
        carried -= Percent.all.ticks
        return .service
    }
}
