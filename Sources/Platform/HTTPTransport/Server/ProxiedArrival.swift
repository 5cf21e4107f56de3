import EventLoop
import HTTP

/// An accepted connection of which the PROXY header has not come yet: who the client is is not known, so it is no
/// client's connection.
///
/// Reads not one byte beyond the header, and then gives the descriptor away.
final class ProxiedArrival: EventSource {
    private let listener: Listener
    /// The load balancer.
    private let sender: SocketAddress
    private var received: [UInt8] = []
    private var wanted = ProxyHeader.fixedLength

    init(listener: Listener, fd: Int32, sender: SocketAddress) {
        self.listener = listener
        self.sender = sender
        super.init(loop: listener.loop, fd: fd)
    }

    func start() {
        setDeadline(loop.now + listener.limits.headerTimeout)
        read()
        guard !isClosed, !isRegistered else { return }
        if (try? watch(.readable)) == nil { end() }
    }

    override func ready(_ events: EventSet) { read() }

    override func deadlineReached() { end() }

    private func read() {
        while true {
            let missing = min(wanted - received.count, loop.readBuffer.count)
            let outcome = try? SystemCall.receive(
                fd, into: UnsafeMutableRawBufferPointer(rebasing: loop.readBuffer[..<missing]))
            switch outcome {
            case .wouldBlock: return
            case .count(let count) where count > 0: received += loop.readBuffer[..<count]
            case .count, nil:
                end()
                return
            }
            switch received.withUnsafeBytes(ProxyHeader.parse) {
            case .needs(let count): wanted = count
            case .invalid:
                listener.refusedArrival()
                end()
                return
            case .complete(_, let header):
                handOn(header)
                return
            }
        }
    }

    private func handOn(_ header: ProxyHeader) {
        let client =
            switch header {
            case .local: sender
            case .client(let address): SocketAddress(address)
            }
        let fd = self.fd
        unwatch()
        abandonDescriptor()
        listener.arrived(self, fd, client)
    }

    /// Closes it without a word: the sender is a program that cannot be told.
    func end() {
        guard !isClosed else { return }
        closeSource()
        listener.dismissed(self)
    }
}

extension SocketAddress {
    fileprivate init(_ address: ProxyHeader.Address) {
        switch address {
        case .four(let address, let port): self.init(four: address, port: port)
        case .six(let high, let low, let port): self.init(high: high, low: low, port: port)
        }
    }
}
