import EventLoop
import HTTPTransport

/// While sockets change hands, the data plane's listeners and the admin API's are held and let go alike.
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
