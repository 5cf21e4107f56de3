/// A loop with a thread of its own. `join` waits for its end.
package final class LoopThread: Sendable {
    package let loop: Loop
    private let thread: PlainThread

    /// Starts the thread; `setUp` runs on it, on the loop, before the first turn.
    package init(
        name: String, clock: Loop.Clock = .monotonic, setUp: @escaping @Sendable (Loop) -> Void = { _ in }
    ) throws(SystemError) {
        let loop = try Loop(clock: clock)
        self.loop = loop
        thread = try PlainThread(name: name) {
            loop.adoptCurrentThread()
            setUp(loop)
            loop.run()
        }
    }

    package func join() { thread.join() }

    package func stopAndJoin() {
        loop.stop()
        join()
    }
}
