import EventLoop
import HTTPTransport

/// The listeners of the data plane and of the admin API are held and resumed in the same way while sockets are handed
/// over.
extension [Listener] {
    /// Accept nothing for now; connections wait in the kernel's queues.
    func hold() {
        for listener in self { listener.hold() }
    }

    func resumeAccepting() {
        for listener in self {
            do throws(SystemError) {
                try listener.resumeAccepting()
            } catch {
                RouterLog.write(.error, "cannot accept", ["address": "\(listener.address)", "problem": "\(error)"])
            }
        }
    }
}
