import EventLoop
import HTTP
import HTTPTransport

/// One request of an `HTTPClient` on its loop: acquires a connection, sends, collects.
final class ClientCall: UpstreamStreamDelegate, @unchecked Sendable {
    // @unchecked: after `init` everything is touched only on the client's loop.

    typealias Outcome = Result<HTTPResponse, HTTPClientError>

    private let request: HTTPRequest
    private let address: SocketAddress
    private let limit: Int
    private let receive: (@Sendable ([UInt8]) -> Void)?
    /// The response's body goes to `receive`.
    private var isReceiving = false
    private var pool: UpstreamPool?
    private var connection: (any UpstreamStream)?
    private var timer: EventLoop.Timer?
    private var completion: ((Outcome) -> Void)?
    private var response = HTTPResponse()
    private var sent = 0
    private var hasRetried = false
    private var isCancelledEarly = false

    init(
        request: HTTPRequest, address: SocketAddress, limit: Int, receive: (@Sendable ([UInt8]) -> Void)? = nil
    ) {
        self.receive = receive
        self.request = request
        self.address = address
        self.limit = limit
    }

    func begin(
        on loop: Loop, pool: UpstreamPool, timeout: Duration, fresh: Bool,
        completion: @escaping (Outcome) -> Void
    ) {
        self.completion = completion
        self.pool = pool
        if isCancelledEarly { return fail(.cancelled, "cancelled") }
        let timer = Timer(loop: loop) { [unowned self] in
            fail(.timedOut, "\(address) did not answer within \(timeout)")
        }
        timer.fire(after: Moment.Span(timeout))
        self.timer = timer
        acquire(fresh: fresh)
    }

    /// Ends the call, if it has not ended: also for cancellation, which may come before `begin`.
    func fail(_ code: HTTPClientError.Code, _ description: String) {
        guard completion != nil else {
            isCancelledEarly = true
            return
        }
        connection?.cancel()
        complete(.failure(HTTPClientError(code, description)))
    }

    private func complete(_ outcome: Outcome) {
        guard let report = completion else { return }
        completion = nil
        connection = nil
        timer?.cancel()
        timer = nil
        report(outcome)
    }

    private func acquire(fresh: Bool) {
        let idempotent = HTTPMethod(name: request.method).isIdempotent
        guard
            let connection = pool?.stream(
                for: self, fresh: fresh, verify: !idempotent, connectTimeout: .seconds(5))
        else { return fail(.unreachable, "too many connections to \(address)") }
        self.connection = connection
        if connection.isConnected { send(on: connection) }
    }

    private func send(on connection: any UpstreamStream) {
        var filled = request
        if filled.host.isEmpty { filled.host = address.isUnix ? "localhost" : address.description }
        let isSent = filled.withOutgoing(limit: Self.headLimit) {
            // The call's own timer bounds every wait.
            connection.sendHead($0, responseTimeout: .forever, idleTimeout: .forever)
        }
        guard isSent else {
            return fail(.invalidRequest, "the request's method, target or host is malformed, or its head too large")
        }
        sent = 0
        sendBody()
    }

    /// A longer head is refused here, as any server would refuse it. In bytes.
    private static let headLimit = 256 << 10

    private func sendBody() {
        while let connection, sent < request.body.count, !connection.isWriteBlocked {
            let end = min(sent + (64 << 10), request.body.count)
            request.body[sent..<end].withUnsafeBytes { connection.sendBody($0) }
            sent = end
        }
        if let connection, sent == request.body.count {
            sent += 1  // said once
            connection.finishRequest()
        }
    }

    // MARK: UpstreamStreamDelegate

    func upstreamConnected(_ upstream: any UpstreamStream) {
        connection = upstream
        send(on: upstream)
    }

    func upstreamWritable(_ upstream: any UpstreamStream) { sendBody() }

    func upstreamInformational(_ upstream: any UpstreamStream, _ response: ResponseHeadView) {}

    func upstreamHead(_ upstream: any UpstreamStream, _ view: ResponseHeadView) {
        response.status = view.head.status
        response.fields = HTTPFields(view.fields, in: view.bytes)
        if receive != nil, (200..<300).contains(view.head.status.rawValue) {
            isReceiving = true
            timer?.cancel()
            return
        }
        if case .length(let length) = view.head.framing, length > UInt64(limit) { tooLarge() }
    }

    func upstreamBody(_ upstream: any UpstreamStream, _ bytes: UnsafeRawBufferPointer) {
        if isReceiving, let receive {
            receive(Array(bytes))
            return
        }
        guard response.body.count + bytes.count <= limit else { return tooLarge() }
        response.body.append(contentsOf: bytes)
    }

    func upstreamEnd(_ upstream: any UpstreamStream) {
        self.connection = nil
        complete(.success(response))
    }

    func upstreamFailed(_ upstream: any UpstreamStream, _ failure: UpstreamFailure) {
        self.connection = nil
        let idempotent = HTTPMethod(name: request.method).isIdempotent
        if failure.wasReused, !failure.anyResponseByte, idempotent, !hasRetried {
            hasRetried = true
            return acquire(fresh: true)
        }
        let unreachable = failure.requestBytesSent == 0 && !failure.wasReused
        fail(unreachable ? .unreachable : .broken, "\(address): \(failure)")
    }

    private func tooLarge() { fail(.tooLarge, "\(address) answered more than \(limit) bytes") }
}
