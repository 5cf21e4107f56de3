import EventLoop
import Testing

@testable import ServiceKit

struct LoopExecutorTests {
    @Test func `a task that prefers the loop resumes on it after every suspension`() async throws {
        let thread = try LoopThread(name: "test")
        let loop = thread.loop
        let onLoop = await Task(executorPreference: loop) {
            var all = loop.isOnLoop
            for _ in 0..<10 {
                await withCheckedContinuation { continuation in
                    Task.detached { continuation.resume() }
                }
                all = all && loop.isOnLoop
                await Task.yield()
                all = all && loop.isOnLoop
            }
            return all
        }.value
        #expect(onLoop)
        thread.stopAndJoin()
    }

    @Test func `a task started on the loop's thread runs at once until it suspends`() async throws {
        let thread = try LoopThread(name: "test")
        let loop = thread.loop
        let order = await withCheckedContinuation { (done: CheckedContinuation<[String], Never>) in
            loop.execute {
                let order = Guarded<[String]>([])
                Task.immediate(executorPreference: loop) {
                    order.withLock { $0.append("started") }
                    await Task.yield()
                    order.withLock { $0.append(loop.isOnLoop ? "resumed on loop" : "resumed elsewhere") }
                    done.resume(returning: order.withLock { $0 })
                }
                order.withLock { $0.append("returned") }
            }
        }
        #expect(order == ["started", "returned", "resumed on loop"])
        thread.stopAndJoin()
    }
}
