import EventLoop
import Glibc
import HTTP

/// A connection to an upstream that is being made. It stands for the stream that is still to come: what is spoken on
/// the connection is known only once that is there, and the stream takes its place with the exchange then. Confined to
/// its loop.
final class UpstreamDial: ConnectionProtocol, UpstreamStream {
    private let pool: UpstreamPool
    /// nil when it is over, one way or the other.
    private var delegate: (any UpstreamStreamDelegate)?

    /// - Parameters:
    ///   - transport: Which connects, and is not connected yet.
    ///   - timeout: For all of the connecting.
    init(
        over transport: ByteTransport, pool: UpstreamPool, delegate: any UpstreamStreamDelegate, timeout: Moment.Span
    ) {
        self.pool = pool
        self.delegate = delegate
        super.init(transport)
        transport.attach(self)
        setDeadline(loop.now + timeout)
    }

    /// One that has failed already. It tells so after the turn: who asked for it does not have it yet.
    init(
        failing error: SystemError, _ transport: ByteTransport, pool: UpstreamPool,
        delegate: any UpstreamStreamDelegate
    ) {
        self.pool = pool
        self.delegate = delegate
        super.init(transport)
        transport.attach(self)
        loop.afterTurn { [self] in connectFailed(error) }
    }

    // MARK: What the transport tells

    override func connected() {
        guard let activeDelegate = delegate.take() else { return }
        clearDeadline()
        let stream = pool.established(transport, for: activeDelegate)
        stream.updateInterest()
        activeDelegate.upstreamConnected(stream)
    }

    override func connectFailed(_ error: SystemError) {
        if error.isRefused {
            fail(.connectRefused)
        } else {
            fail(error.code == ETIMEDOUT ? .connectTimedOut : .connectFailed(error))
        }
    }

    override func deadlineReached() { fail(.connectTimedOut) }

    private func fail(_ kind: UpstreamFailure.Kind) {
        guard let activeDelegate = delegate.take() else { return }
        end()
        activeDelegate.upstreamFailed(
            self,
            UpstreamFailure(
                kind: kind, requestBytesSent: 0, anyResponseByte: false, headDelivered: false, wasReused: false))
    }

    private func end() {
        transport.close(reset: false)
        pool.dialEnded()
    }

    // MARK: What an exchange asks

    var isConnected: Bool { false }

    func cancel() {
        guard delegate.take() != nil else { return }
        end()
    }

    func endTunnel() { cancel() }

    func sendHead(_ request: OutgoingRequest, responseTimeout: Moment.Span, idleTimeout: Moment.Span) {
        preconditionFailure("a request is sent on the stream that upstreamConnected hands over")
    }

    // Of a request that has not begun there is nothing to be sent, and nothing is known of the connection.
    func sendBody(_ bytes: UnsafeRawBufferPointer) {}
    func finishRequest() {}
    func countAsLong() -> Bool { false }
    var isBound: Bool { false }
    func bind(to owner: BoundStreams) {}
    func useOnce() {}
}
