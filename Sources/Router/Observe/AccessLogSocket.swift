import EventLoop
import Glibc
import Routing

/// The access log as datagrams to a unix socket, one line each with its line break: what syslog daemons and log
/// shippers listen for.
///
/// A datagram is whole or not there, and a reader that restarts is found again by its path. What it does not take
/// waits, up to a bound; beyond it lines are lost and counted. Confined to the control loop, which never waits for it.
final class AccessLogSocket: EventSource, AccessLogSink {
    let path: String
    private let address: SocketAddress
    private let losses: AccessLogLosses
    private var isConnected = false
    private var pending: [UInt8] = []
    private var sent = 0

    /// What may wait for the reader: some ten thousand lines.
    static let pendingLimit = 4 << 20
    /// Datagrams that are sent before other events of the loop have their turn.
    private static let datagramsPerTurn = 1000

    init(loop: Loop, path: String, losses: AccessLogLosses) throws(SystemError) {
        guard let address = SocketAddress(unixPath: path) else { throw SystemError("connect", ENAMETOOLONG) }
        self.path = path
        self.address = address
        self.losses = losses
        let fd = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard fd >= 0 else { throw SystemError("socket", errno) }
        super.init(loop: loop, fd: fd)
    }

    deinit { if !isClosed { SystemCall.close(fd) } }

    func retire() {
        losses.socket &+= UInt64(pending[sent...].count { $0 == UInt8(ascii: "\n") })
        pending = []
        sent = 0
        closeSource()
    }

    func append(_ lines: [UInt8]) {
        if sent > 0 {
            pending.removeFirst(sent)
            sent = 0
        }
        let lineBreak = UInt8(ascii: "\n")
        var taken = lines[...]
        if pending.count + lines.count > Self.pendingLimit {
            // Whole lines, and the older ones: those that came first are what led to the present.
            let fits = lines.prefix(max(0, Self.pendingLimit - pending.count))
            taken = lines[..<(fits.lastIndex(of: lineBreak).map { $0 + 1 } ?? 0)]
        }
        pending += taken
        losses.socket &+= UInt64(lines[taken.endIndex...].count { $0 == lineBreak })
        flush()
    }

    override func ready(_ events: EventSet) { flush() }

    private func flush() {
        guard isConnected || connect() else { return stopWatching() }
        for _ in 0..<Self.datagramsPerTurn {
            guard let end = pending[sent...].firstIndex(of: UInt8(ascii: "\n")) else { return stopWatching() }
            do throws(SystemError) {
                guard try send(sent...end) != .wouldBlock else { return watchForRoom() }
                sent = end + 1
            } catch {
                if error.code == EMSGSIZE {
                    // Longer than any datagram may be: it would stand in the way for ever.
                    losses.socket &+= 1
                    sent = end + 1
                    continue
                }
                // The reader is gone; the next visit looks whether it is back. Out of memory passes by itself.
                if !error.isExhaustion { isConnected = false }
                return stopWatching()
            }
        }
        watchForRoom()
    }

    private func send(_ range: ClosedRange<Int>) throws(SystemError) -> IOOutcome {
        try pending.withUnsafeBytes { bytes -> Result<IOOutcome, SystemError> in
            do throws(SystemError) {
                return .success(try SystemCall.send(fd, UnsafeRawBufferPointer(rebasing: bytes[range])))
            } catch {
                return .failure(error)
            }
        }.get()
    }

    private func connect() -> Bool {
        isConnected = (try? SystemCall.connect(fd, to: address)) ?? false
        return isConnected
    }

    private func watchForRoom() {
        if (try? watch(.writable)) == nil { stopWatching() }
    }

    /// Nothing to send, or nobody to send to: the next lines try again.
    private func stopWatching() { unwatch() }
}
