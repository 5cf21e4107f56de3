import Testing

@testable import ServiceKit

struct FifoTests {
    private final class Work: Sendable {}

    @Test func `what is taken is let go of, however much waits`() {
        var queue = Fifo<Work>()
        for _ in 0..<3 { queue.append(Work()) }
        weak let first = queue.popFirst()
        #expect(first == nil)
        #expect(queue.count == 2)
    }

    @Test func `the order holds across compaction`() {
        var queue = Fifo<Int>()
        var (added, taken) = (0, 0)
        for round in 0..<2_000 {
            for _ in 0...(round % 3) {
                queue.append(added)
                added += 1
            }
            #expect(queue.popFirst() == taken)
            taken += 1
            #expect(queue.count == added - taken)
        }
        while let next = queue.popFirst() {
            #expect(next == taken)
            taken += 1
        }
        #expect(taken == added && queue.count == 0)
    }
}
