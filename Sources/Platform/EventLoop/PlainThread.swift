import CLinux
import Glibc

/// A plain thread with 1 MiB of stack, to be joined or detached once. Not one of Swift concurrency's: it may block.
package struct PlainThread: Sendable {
    private let thread: pthread_t

    package init(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, 1 << 20)
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                // The kernel takes 15 bytes.
                linux_name_thread(String(start.name.prefix(15)))
                start.body()
                return nil
            }, start.toOpaque())
        guard code == 0 else {
            start.release()
            throw SystemError("pthread_create", code)
        }
        self.thread = thread
    }

    package func join() { pthread_join(thread, nil) }

    /// Declares that nobody will wait for its end. For a thread that may be blocked where nothing can wake it.
    package func detach() { pthread_detach(thread) }

    /// What the new thread takes over.
    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void
        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}
