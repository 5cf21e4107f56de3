import ServiceKit
import Synchronization
import Testing

struct WorkerPoolTests {
    @Test func `results and errors come back`() async throws {
        struct Broken: Error {}
        let pool = try WorkerPool(name: "test", threads: 2)
        #expect(try await pool.run { 6 * 7 } == 42)
        await #expect(throws: Broken.self) { try await pool.run { throw Broken() } }
        pool.stop()
    }

    @Test func `a full queue is a problem not memory`() async throws {
        let pool = try WorkerPool(name: "test", threads: 1, waiting: 1)
        let gate = Gate()
        // One occupies the thread, one waits, the third finds no place.
        let first = Task { try await pool.run { gate.pass() } }
        await gate.waitUntilSomeoneIsAtIt()
        let second = Task { try await pool.run {} }
        while pool.depth < 1 { await Task.yield() }
        await #expect(throws: Problem.self) { try await pool.run {} }
        gate.open()
        try await first.value
        try await second.value
        pool.stop()
    }

    @Test func `what was accepted is finished before stop returns`() async throws {
        let pool = try WorkerPool(name: "test", threads: 2)
        let done = Tally()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { try? await pool.run { done.add() } } }
        }
        pool.stop()
        #expect(done.count == 50)
        await #expect(throws: Problem.self) { try await pool.run {} }
    }
}

/// Lets a test hold a worker thread for as long as it wants.
private final class Gate: Sendable {
    private let arrived = Atomic<Bool>(false)
    private let isOpen = Atomic<Bool>(false)

    func pass() {
        arrived.store(true, ordering: .releasing)
        while !isOpen.load(ordering: .acquiring) {}
    }

    /// Yields meanwhile: the one who is awaited may need this very thread.
    func waitUntilSomeoneIsAtIt() async { while !arrived.load(ordering: .acquiring) { await Task.yield() } }

    func open() { isOpen.store(true, ordering: .releasing) }
}

private final class Tally: Sendable {
    private let value = Atomic<Int>(0)
    var count: Int { value.load(ordering: .relaxed) }
    func add() { value.add(1, ordering: .relaxed) }
}
