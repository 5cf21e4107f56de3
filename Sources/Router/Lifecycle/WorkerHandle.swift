import EventLoop

/// A handle to a worker for other threads: the only access is a message to its loop.
final class WorkerHandle: @unchecked Sendable {
    // @unchecked: `worker` is touched on its own loop only, inside `run`.
    let index: Int
    private let loop: Loop
    private let worker: Worker
    private let thread: PlainThread

    init(_ worker: Worker) throws(SystemError) {
        index = worker.index
        loop = worker.loop
        self.worker = worker
        let loop = worker.loop
        thread = try PlainThread(name: "worker-\(worker.index)") { loop.run() }
    }

    /// Runs `body` on the worker's loop, after everything that was sent before.
    func run(_ body: @escaping @Sendable (Worker) -> Void) {
        loop.execute { [self] in body(worker) }
    }

    /// Ends the worker's loop and waits for its thread; what still runs on it is dropped. Loops never block, so neither
    /// does this.
    func stop() {
        loop.stop()
        thread.join()
    }
}
