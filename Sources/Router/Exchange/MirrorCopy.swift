import EventLoop
import HTTP
import HTTPTransport
import Routing

/// A copy of a request on its way to the side that does not serve it. Its response is read and dropped; nothing it does
/// or suffers can be seen by the user: it has its own connections, its own limit, its own deadline, and no reference to
/// the exchange.
final class MirrorCopy: Timed, UpstreamStreamDelegate {
    /// Strong, as an exchange's.
    private let worker: Worker
    private var upstream: (any UpstreamStream)?
    private var state: RouteState?
    private var endpoint: UpstreamEndpoint?
    private var method: HTTPMethod = .get
    private var bodyLength: BodyLength = .none
    private var timeout: Moment.Span = .zero
    /// Of its response; 0: none yet.
    private var status: UInt16 = 0
    /// Kept while the connection is being made.
    private var head = KeptRequest()
    private var body = KeptBytes()

    init(worker: Worker) {
        self.worker = worker
        super.init(loop: worker.loop)
    }

    deinit {
        head.release()
        body.release()
    }

    /// Five copies in a row that cannot even be sent spare the endpoint further ones for a second.
    private static let health = EndpointHealth.Settings(
        passiveFailures: 5, ejectionMilliseconds: 1000, longestEjectionMilliseconds: 1000)

    /// Sends the exchange's head with `x-strangler-mirror: 1`, and its body, on a pooled connection.
    func start(_ exchange: Exchange, endpoint: UpstreamEndpoint, state: RouteState, timeout: Moment.Span) {
        self.state = state
        self.timeout = timeout
        method = exchange.method
        bodyLength = exchange.bodyLength
        let stream = endpoint.mirrorPool.stream(for: self, fresh: false, verify: false, connectTimeout: timeout)
        guard let stream else {
            state.mirror.skip(.busy)
            worker.recycle(self)
            return
        }
        upstream = stream
        self.endpoint = endpoint
        state.mirror.sent &+= 1
        state.mirror.inFlight += 1
        setDeadline(loop.now + timeout)
        if stream.isConnected {
            // The usual case: nothing needs to be kept.
            transmit(exchange.head, exchange.body, stream)
        } else {
            head.copy(exchange.head)
            body.append(exchange.body.bytes)
        }
    }

    private func transmit(_ head: KeptRequest, _ body: KeptBytes, _ upstream: any UpstreamStream) {
        upstream.sendHead(
            head.copied(method, body: bodyLength, moreLines: "x-strangler-mirror: 1\r\n"), responseTimeout: timeout,
            idleTimeout: timeout)
        if !bodyLength.isEmpty { upstream.sendBody(body.bytes) }
        upstream.finishRequest()
    }

    func upstreamConnected(_ upstream: any UpstreamStream) {
        self.upstream = upstream
        transmit(head, body, upstream)
    }

    func upstreamHead(_ upstream: any UpstreamStream, _ response: ResponseHeadView) {
        status = response.head.status.rawValue
        // It belongs to nobody's connection, and so is not used again.
        if !response.fields.present.isDisjoint(with: ConnectionLogin.responseFields),
            ConnectionLogin.isIn(response: response.fields, of: response.bytes)
        {
            upstream.useOnce()
        }
    }
    func upstreamBody(_ upstream: any UpstreamStream, _ bytes: UnsafeRawBufferPointer) {}
    func upstreamEnd(_ upstream: any UpstreamStream) { ended(answered: true, wasReached: true) }
    func upstreamFailed(_ upstream: any UpstreamStream, _ failure: UpstreamFailure) {
        if let violation = failure.violation, let endpoint, let state {
            worker.responseRefused(violation, line: failure.line, by: endpoint, copiedBy: state)
        }
        ended(answered: false, wasReached: !failure.nothingSent)
    }

    override func deadlineReached() {
        upstream?.cancel()
        ended(answered: false, wasReached: true)
    }

    /// - Parameter wasReached: The other side got the copy, whatever it made of it.
    private func ended(answered: Bool, wasReached: Bool) {
        guard let state else { return }
        upstream = nil
        self.state = nil
        clearDeadline()
        head.clear()
        body.clear()
        if let endpoint {
            let now = loop.now.milliseconds
            if wasReached {
                _ = endpoint.mirrorHealth.requestSucceeded(now: now)
            } else {
                _ = endpoint.mirrorHealth.requestFailed(now: now, settings: Self.health)
            }
        }
        endpoint = nil
        state.mirror.inFlight -= 1
        if answered { state.mirror.countResponse(status) } else { state.mirror.failed &+= 1 }
        status = 0
        worker.recycle(self)
    }
}
