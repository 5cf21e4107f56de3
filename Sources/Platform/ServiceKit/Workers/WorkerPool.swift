import CLinux
package import EventLoop
import Synchronization

/// Threads for work that blocks: SQLite, password hashing, pictures. Handlers await it and go on on their own loop.
///
/// Bounded twice: `threads` run at once, `waiting` may queue; more is refused with `Problem.busy`, so that a flood
/// costs a response each and no memory.
package final class WorkerPool: Sendable {
    private let queue: WorkQueue
    private let threads: [PlainThread]

    /// - Parameters:
    ///   - threads: at least 1.
    ///   - waiting: how many pieces of work may wait for a thread.
    package init(name: String, threads: Int, waiting: Int = 256) throws(SystemError) {
        let queue = WorkQueue(capacity: waiting)
        self.queue = queue
        var started: [PlainThread] = []
        for number in 0..<max(1, threads) {
            started.append(try PlainThread(name: "\(name)-\(number)") { queue.workOff() })
        }
        self.threads = started
    }

    /// How many pieces of work wait for a thread.
    package var depth: Int { queue.depth }

    /// Runs `body` on one of the threads. Throws `Problem.busy` when the queue is full or the pool was stopped, and
    /// whatever `body` throws.
    package func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withUnsafeThrowingContinuation { continuation in
            let accepted = queue.append { continuation.resume(with: Swift.Result { try body() }) }
            if !accepted {
                continuation.resume(throwing: Problem.busy("every worker is occupied; try again in a moment"))
            }
        }
    }

    /// Finishes the work that was accepted, then ends the threads. Blocks until they have ended; not from a loop in
    /// service.
    package func stop() {
        queue.close()
        for thread in threads { thread.join() }
    }
}
