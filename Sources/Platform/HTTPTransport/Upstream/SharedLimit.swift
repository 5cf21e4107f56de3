private import Synchronization

/// A number of something that all loops of a process may have at once. Counted when one begins and ends, never for each
/// request.
package final class SharedLimit: Sendable {
    private let taken = Atomic<Int>(0)
    private let bound: Atomic<Int>

    package init(_ limit: Int) { bound = Atomic(limit) }

    /// May be changed at any time; what is taken beyond it stays taken until it is given back.
    package var limit: Int {
        get { bound.load(ordering: .relaxed) }
        set { bound.store(newValue, ordering: .relaxed) }
    }

    package var count: Int { taken.load(ordering: .relaxed) }
    package var hasRoom: Bool { count < limit }

    /// One more, unless all are taken.
    package func take() -> Bool {
        var seen = taken.load(ordering: .relaxed)
        while seen < limit {
            let (exchanged, original) = taken.weakCompareExchange(
                expected: seen, desired: seen + 1, ordering: .relaxed)
            if exchanged { return true }
            seen = original
        }
        return false
    }

    package func giveBack() { taken.wrappingSubtract(1, ordering: .relaxed) }
}
