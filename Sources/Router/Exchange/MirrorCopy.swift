import EventLoop
import HTTP
import HTTPTransport
import Routing

/// A copy of a request on its way to the side that does not serve it. Its answer is read and dropped; nothing it does or suffers can be seen
/// by the user: it has its own connections, its own limit, its own deadline, and no reference to the exchange.
final class MirrorCopy: Timed, UpstreamConnectionDelegate {
    unowned(unsafe) let worker: Worker
    // unowned(unsafe): belongs to its worker, which outlives it.
    private var connection: UpstreamConnection?
    private var state: RouteState?
    private var endpoint: UpstreamEndpoint?
    private var method: HTTPMethod = .get
    private var framing: BodyFraming = .none
    private var timeout: Moment.Span = .zero
    private var message = KeptBytes()
    private var headCount = 0

    init(worker: Worker) {
        self.worker = worker
        super.init(loop: worker.loop)
    }

    deinit { message.release() }

    /// Five copies in a row that cannot even be sent spare the endpoint further ones for a second.
    private static let health = EndpointHealth.Settings(
        passiveFailures: 5, ejectionMilliseconds: 1000, longestEjectionMilliseconds: 1000)

    /// Sends the exchange's head with `x-strangler-mirror: 1`, and its body, on a pooled connection.
    func start(_ exchange: Exchange, endpoint: UpstreamEndpoint, state: RouteState, timeout: Moment.Span) {
        self.state = state
        self.timeout = timeout
        method = exchange.method
        framing = exchange.framing
        guard let connection = endpoint.mirrorPool.acquire(for: self, connectTimeout: timeout) else {
            state.mirror.skip(.busy)
            worker.recycle(self)
            return
        }
        self.connection = connection
        self.endpoint = endpoint
        state.mirror.sent &+= 1
        state.mirror.inFlight += 1
        setDeadline(loop.now + timeout)
        if connection.isConnected {
            // The usual case: nothing needs to be kept.
            var writer = HeadWriter(loop.scratch)
            Self.write(exchange.head.bytes, to: &writer)
            transmit(writer.written, exchange.body.bytes, connection)
        } else {
            var writer = HeadWriter(message.room(for: exchange.head.count + 64))
            Self.write(exchange.head.bytes, to: &writer)
            headCount = writer.count
            message.wrote(headCount)
            message.append(exchange.body.bytes)
        }
    }

    private static func write(_ head: UnsafeRawBufferPointer, to writer: inout HeadWriter) {
        writer.append(head)
        writer.append("x-strangler-mirror: 1\r\n\r\n")
    }

    private func transmit(
        _ head: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer, _ connection: UpstreamConnection
    ) {
        connection.sendHead(head, method: method, body: framing, responseTimeout: timeout, idleTimeout: timeout)
        if !framing.isEmpty { connection.sendBody(body) }
        connection.finishRequest()
    }

    func upstreamConnected(_ upstream: UpstreamConnection) {
        let bytes = message.bytes
        transmit(
            UnsafeRawBufferPointer(rebasing: bytes[..<headCount]),
            UnsafeRawBufferPointer(rebasing: bytes[headCount...]),
            upstream)
    }

    func upstreamHead(_ upstream: UpstreamConnection, _ response: ResponseHeadView) {}
    func upstreamBody(_ upstream: UpstreamConnection, _ bytes: UnsafeRawBufferPointer) {}
    func upstreamEnd(_ upstream: UpstreamConnection) { ended(answered: true, wasReached: true) }
    func upstreamFailed(_ upstream: UpstreamConnection, _ failure: UpstreamFailure) {
        ended(answered: false, wasReached: !failure.nothingSent)
    }

    override func deadlineReached() {
        connection?.cancel()
        ended(answered: false, wasReached: true)
    }

    /// - Parameter wasReached: The other side got the copy, whatever it made of it.
    private func ended(answered: Bool, wasReached: Bool) {
        guard let state else { return }
        connection = nil
        self.state = nil
        clearDeadline()
        message.clear()
        if let endpoint {
            let now = Int64(truncatingIfNeeded: loop.now.nanoseconds / 1_000_000)
            if wasReached {
                _ = endpoint.mirrorHealth.requestSucceeded(now: now)
            } else {
                _ = endpoint.mirrorHealth.requestFailed(now: now, settings: Self.health)
            }
        }
        endpoint = nil
        state.mirror.inFlight -= 1
        if answered { state.mirror.answered &+= 1 } else { state.mirror.failed &+= 1 }
        worker.recycle(self)
    }
}
