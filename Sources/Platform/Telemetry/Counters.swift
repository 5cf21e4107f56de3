private import Synchronization

/// Counts up, from any thread.
package final class Counter: Sendable {
    private let count = Atomic<UInt64>(0)

    package init() {}
    package func add(_ amount: UInt64 = 1) { count.wrappingAdd(amount, ordering: .relaxed) }
    package var value: UInt64 { count.load(ordering: .relaxed) }
}

/// Counts up from one thread only, at the cost of a plain load and store; any thread may read.
///
/// One per thread, summed when read: `counters.reduce(0) { $0 + $1.value }`.
package final class ThreadCounter: Sendable {
    private let count = Atomic<UInt64>(0)

    package init() {}
    /// Called by the owning thread only: a second writer would lose counts.
    package func add(_ amount: UInt64 = 1) {
        count.store(count.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }
    package var value: UInt64 { count.load(ordering: .relaxed) }
}

/// A value that goes up and down, from any thread.
package final class Gauge: Sendable {
    private let number = Atomic<Int>(0)

    package init() {}
    package func set(_ value: Int) { number.store(value, ordering: .relaxed) }
    package func add(_ amount: Int) { number.wrappingAdd(amount, ordering: .relaxed) }
    package var value: Int { number.load(ordering: .relaxed) }
}
