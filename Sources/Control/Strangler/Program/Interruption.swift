import ControlKit
import Glibc
import Synchronization

/// Ctrl-C and SIGTERM as an event: a thread of its own waits for them, and the command that runs is asked to stop.
///
/// The handler only writes a byte into a pipe. Blocking the signals and waiting for them would be simpler, but the
/// concurrency runtime parks the first thread with every signal open, so that thread would take them and die.
package final class Interruption: Sendable {
    private struct State {
        var signal: Int32?
        /// One for each command under way: a tour runs commands within its own.
        var handlers: [@Sendable () -> Void] = []
    }

    /// The end of the pipe that the signal handler writes to; set once, before the handler is installed.
    private static let pipeEnd = Atomic<Int32>(-1)

    private let state = Mutex(State())

    package init() {}

    /// The signal that came, if one did.
    package var signal: Int32? { state.withLock { $0.signal } }

    /// What to do on the first signal, beside what others asked for; at once if it came already.
    package func onFirst(_ handler: @escaping @Sendable () -> Void) {
        let already = state.withLock { state in
            state.handlers.append(handler)
            return state.signal != nil
        }
        if already { handler() }
    }

    /// Begins to hear SIGINT, SIGTERM and SIGHUP. A second signal ends the process at once. Call once in a process.
    package func listen() {
        // A reader that goes away (`strangler … | head`) is an error of write, not a reason to die.
        Glibc.signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        Self.pipeEnd.store(ends[1], ordering: .sequentiallyConsistent)
        let reading = ends[0]
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Waiter(interruption: self, descriptor: reading)).toOpaque()
        pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Waiter>.fromOpaque(context).takeRetainedValue().wait()
                return nil
            }, context)
        pthread_detach(thread)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            Glibc.signal(number) { number in
                // Async-signal-safe: one write, errno kept (signal-safety(7)).
                let kept = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(Interruption.pipeEnd.load(ordering: .sequentiallyConsistent), &byte, 1)
                errno = kept
            }
        }
    }

    private final class Waiter {
        private let interruption: Interruption
        private let descriptor: Int32

        init(interruption: Interruption, descriptor: Int32) {
            self.interruption = interruption
            self.descriptor = descriptor
        }

        func wait() {
            var byte: UInt8 = 0
            while true {
                let count = read(descriptor, &byte, 1)
                if count == 1 { interruption.arrived(Int32(byte)) } else if errno != EINTR { return }
            }
        }
    }

    private func arrived(_ number: Int32) {
        let (isFirst, handlers) = state.withLock { state in
            defer { state.signal = number }
            return (state.signal == nil, state.handlers)
        }
        guard isFirst else { _exit(ExitCode.interrupted.rawValue) }
        for handler in handlers { handler() }
    }
}
