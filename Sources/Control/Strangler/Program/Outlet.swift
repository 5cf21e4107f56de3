import EventLoop
import Glibc
import Synchronization

/// Where a command's answer goes, and whether it got there: a full disk or a reader that left is remembered, told once,
/// and ends the command.
package final class Outlet: Sendable {
    /// Why nothing more can be written.
    package struct Failure: Error, Equatable {
        package let code: Int32

        package init(_ code: Int32) { self.code = code }

        /// The reader of a pipe has gone (`strangler tap | head -1`): no mistake of anybody's.
        package var isReaderGone: Bool { code == EPIPE }
        package var words: String { String(cString: strerror(code)) }
    }

    package typealias Write = @Sendable (String) throws(Failure) -> Void

    private struct State {
        var failure: Failure?
        var handlers: [@Sendable () -> Void] = []
        var isWatched = false
    }

    private let write: Write
    /// Tells whether the reader has gone, and waits for it; nil: there is no way to know before the next write.
    private let readerGone: (@Sendable () -> Bool)?
    private let state = Mutex(State())

    package init(_ write: @escaping Write, readerGone: (@Sendable () -> Bool)? = nil) {
        self.write = write
        self.readerGone = readerGone
    }

    /// Why writing ended; nil while it has not.
    package var failure: Failure? { state.withLock { $0.failure } }

    /// Does nothing after the first failure.
    package func put(_ text: String) {
        guard failure == nil else { return }
        do throws(Failure) { try write(text) } catch { fail(error) }
    }

    /// What to do when writing fails; at once if it did already.
    package func onFailure(_ handler: @escaping @Sendable () -> Void) {
        let already = state.withLock { state in
            state.handlers.append(handler)
            return state.failure != nil
        }
        if already { handler() }
    }

    /// For commands that wait for something to tell: a reader that leaves meanwhile is a failure as well, before the
    /// next line.
    package func endsWithReader() {
        let isFirst = state.withLock { state in
            defer { state.isWatched = true }
            return !state.isWatched
        }
        guard isFirst, let readerGone else { return }
        let thread = try? PlainThread(name: "output") { if readerGone() { self.fail(Failure(EPIPE)) } }
        thread?.detach()
    }

    private func fail(_ failure: Failure) {
        let handlers = state.withLock { state -> [@Sendable () -> Void] in
            guard state.failure == nil else { return [] }
            state.failure = failure
            return state.handlers
        }
        for handler in handlers { handler() }
    }

    // MARK: Descriptors

    /// The descriptor itself, without a buffer.
    package static func descriptor(_ descriptor: Int32) -> Outlet {
        let write: Write = { (text: String) throws(Failure) -> Void in try put(text, to: descriptor) }
        guard hasReader(descriptor) else { return Outlet(write) }
        return Outlet(write, readerGone: { waitsForReaderToGo(descriptor) })
    }

    private static func put(_ text: String, to descriptor: Int32) throws(Failure) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes = bytes.dropFirst(count)
                continue
            }
            let code = errno
            switch code {
            case EINTR: continue
            case EAGAIN:
                // Another program made the description that we share non-blocking.
                var one = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&one, 1, -1)
            default: throw Failure(code)
            }
        }
    }

    /// Pipes and sockets have somebody at their other end.
    private static func hasReader(_ descriptor: Int32) -> Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        return [S_IFIFO, S_IFSOCK].contains(status.st_mode & S_IFMT)
    }

    private static func waitsForReaderToGo(_ descriptor: Int32) -> Bool {
        // No event is asked for: that the other end is gone is told without (poll(2)).
        var one = pollfd(fd: descriptor, events: 0, revents: 0)
        while poll(&one, 1, -1) < 0 { if errno != EINTR { return false } }
        return one.revents & Int16(POLLERR | POLLHUP) != 0
    }

    /// Opens what a shell closed (`>&-`): the next socket would take the number, and answers would be written into it.
    package static func keepStandardDescriptors() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number is this one. Reading only: a write fails, as it would on a closed one.
            _ = open("/dev/null", O_RDONLY)
        }
    }
}
