import Testing

@testable import EventLoop

@Suite struct GuardedTests {
    @Test func `increments of several threads are all there`() throws {
        let count = Guarded(0)
        let threads = try (0..<4).map { index in
            try PlainThread(name: "count \(index)") {
                for _ in 0..<10_000 { count.withLock { $0 += 1 } }
            }
        }
        for thread in threads { thread.join() }
        #expect(count.withLock { $0 } == 40_000)
    }
}
