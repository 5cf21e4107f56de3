import EventLoop
import Glibc

/// A server that plays by a script: each accepted connection is given to `serve` on a thread of its own, and closed
/// when that returns.
package final class RawServer: @unchecked Sendable {
    // @unchecked: immutable after init.
    private let listener: Int32
    package let port: UInt16

    package init(serve: @escaping @Sendable (RawClient) throws -> Void) throws {
        let listening = try ListeningPort(backlog: 512)
        (listener, port) = (listening.descriptor, listening.number)
        let fd = listener
        Self.thread {
            while true {
                let accepted = accept(fd, nil, nil)
                guard accepted >= 0 else {
                    // Here and not in deinit: the number must not be given to another socket while this thread may
                    // still accept on it.
                    close(fd)
                    return
                }
                Self.thread { try? serve(RawClient(fd: accepted)) }
            }
        }
    }

    /// New connections are refused from now on.
    package func stop() {
        // Once: afterwards the number may be another socket's.
        let isFirst = isStopped.withLock { stopped in
            defer { stopped = true }
            return !stopped
        }
        if isFirst { shutdown(listener, Int32(SHUT_RDWR)) }
    }
    private let isStopped = Guarded(false)

    deinit { stop() }

    /// Runs `body` on a detached thread.
    package static func thread(_ body: @escaping @Sendable () -> Void) {
        final class Start: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(body))
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, start.toOpaque())
        if code == 0 { pthread_detach(thread) } else { start.release() }
    }
}
