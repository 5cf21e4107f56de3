import CLinux
import Glibc

/// Signals as events of a loop, by signalfd.
package final class SignalSource: EventSource {
    private let handler: (Int32) -> Void

    /// Blocks `signals` in the calling thread, so that only a signalfd sees them. Call it before any other thread is
    /// started (they inherit it); also ignores SIGPIPE.
    package static func block(_ signals: [Int32] = [SIGTERM, SIGINT, SIGHUP]) {
        linux_ignore_sigpipe()
        _ = linux_block_signals(signals, Int32(signals.count))
    }

    /// Calls `handler` on the loop for each of `signals`, which must be blocked.
    package init(loop: Loop, signals: [Int32], handler: @escaping (Int32) -> Void) throws(SystemError) {
        let fd = linux_signalfd(signals, Int32(signals.count))
        guard fd >= 0 else { throw SystemError("signalfd", linux_errno()) }
        self.handler = handler
        super.init(loop: loop, fd: fd)
        try watch(.readable)
    }

    override package func ready(_ events: EventSet) {
        while !isClosed {
            let signal = linux_read_signal(fd)
            guard signal > 0 else { return }
            handler(signal)
        }
    }
}
