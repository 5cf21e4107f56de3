import EventLoop
import HTTP
import HTTPTransport

/// The smallest proxy: one listener, one upstream, no routes. It exercises both sides of the transport at once, and is
/// what the transport's own cost is measured with.
final class Relay: ClientStreamDelegate {
    let pool: UpstreamPool
    var connectTimeout = Moment.Span.seconds(2)
    var responseTimeout = Moment.Span.seconds(30)
    var idleTimeout = Moment.Span.seconds(30)
    var spare: [RelayExchange] = []
    var failures: [UpstreamFailure] = []
    var ends: [ExchangeEnd] = []
    var keepsRecords = true

    let loop: Loop

    /// Takes turns with `pool`, for measurements that ask for a split.
    var otherPool: UpstreamPool?
    private var turn = false

    init(loop: Loop, pool: UpstreamPool) {
        self.loop = loop
        self.pool = pool
    }

    /// Of exchanges under way, and of connections met: for tests that look inside.
    var clients: [any ClientStream] = []
    var upstreams: [any UpstreamStream] = []

    func nextPool() -> UpstreamPool {
        guard let otherPool else { return pool }
        turn.toggle()
        return turn ? otherPool : pool
    }

    func requestHead(_ connection: any ClientStream, _ request: RequestHeadView) {
        let exchange = spare.popLast() ?? RelayExchange(relay: self)
        connection.delegate = exchange
        exchange.begin(connection, request)
    }
}

final class RelayExchange: ClientStreamDelegate, UpstreamStreamDelegate {
    unowned let relay: Relay
    var client: (any ClientStream)?
    var upstream: (any UpstreamStream)?
    var method = HTTPMethod.get
    var body = BodyLength.none
    var asksUpgrade = false
    /// Method, target, host and field lines, one behind the other.
    var head: [UInt8] = []
    var ends = (method: 0, target: 0, host: 0)
    var requestEnded = false
    var responseBegun = false

    init(relay: Relay) { self.relay = relay }

    func requestHead(_ connection: any ClientStream, _ request: RequestHeadView) {}

    func begin(_ connection: any ClientStream, _ request: RequestHeadView) {
        let head = request.head
        client = connection
        method = head.method
        body = head.bodyLength
        asksUpgrade = head.isWebSocketUpgrade
        requestEnded = false
        responseBegun = false
        var writer = HeadWriter(relay.loop.scratch)
        writer.append(request[head.methodRange])
        ends.method = writer.count
        writer.append(request[head.pathAndQuery])
        ends.target = writer.count
        writer.append(request[head.host])
        ends.host = writer.count
        writer.copyFields(of: request.fields, from: request.bytes, cutting: .cutFromRequest)
        self.head = Array(writer.written)
        guard let upstream = relay.nextPool().stream(for: self, connectTimeout: relay.connectTimeout) else {
            connection.sendProblem(status: .serviceUnavailable, detail: "no connection is free")
            return
        }
        self.upstream = upstream
        if relay.keepsRecords {
            relay.clients.append(connection)
            relay.upstreams.append(upstream)
        }
        if head.expectsContinue { connection.sendContinue() }
        if upstream.isConnected { send(to: upstream, from: connection) } else { connection.pauseReading() }
    }

    private func send(to upstream: any UpstreamStream, from client: any ClientStream) {
        client.draw(from: upstream)
        upstream.draw(from: client)
        head.withUnsafeBytes { bytes in
            let request = OutgoingRequest(
                bytes: bytes, methodEnd: ends.method, targetEnd: ends.target, authorityEnd: ends.host, method: method,
                body: body, asksUpgrade: asksUpgrade)
            upstream.sendHead(request, responseTimeout: relay.responseTimeout, idleTimeout: relay.idleTimeout)
        }
    }

    func requestBody(_ connection: any ClientStream, _ bytes: UnsafeRawBufferPointer) { upstream?.sendBody(bytes) }

    func requestEnd(_ connection: any ClientStream) {
        requestEnded = true
        upstream?.finishRequest()
    }

    func exchangeEnded(_ connection: any ClientStream, _ end: ExchangeEnd) {
        if relay.keepsRecords { relay.ends.append(end) }
        let upstream = upstream
        self.upstream = nil
        client = nil
        upstream?.cancel()
        relay.spare.append(self)
    }

    func upstreamConnected(_ upstream: any UpstreamStream) {
        self.upstream = upstream
        guard let client else { return }
        if relay.keepsRecords { relay.upstreams.append(upstream) }
        send(to: upstream, from: client)
        client.resumeReading()
    }

    func upstreamInformational(_ upstream: any UpstreamStream, _ response: ResponseHeadView) {
        guard let client else { return }
        var head = client.beginHead(response.head.status)
        head.copyFields(of: response.fields, from: response.bytes, cutting: .cutFromResponse)
        client.sendInformational(head)
    }

    func upstreamHead(_ upstream: any UpstreamStream, _ response: ResponseHeadView) {
        guard let client else { return }
        responseBegun = true
        let status = response.head.status
        var head = client.beginHead(status, reason: status.reasonBytes, room: response.bytes.count)
        head.copyFields(of: response.fields, from: response.bytes, cutting: .cutFromResponse)
        client.sendHead(head, body: BodyLength(response.head, answering: method))
    }

    func upstreamBody(_ upstream: any UpstreamStream, _ bytes: UnsafeRawBufferPointer) { client?.sendBody(bytes) }

    func upstreamEnd(_ upstream: any UpstreamStream) {
        self.upstream = nil
        client?.finish()
    }

    func upstreamFailed(_ upstream: any UpstreamStream, _ failure: UpstreamFailure) {
        if relay.keepsRecords { relay.failures.append(failure) }
        self.upstream = nil
        if responseBegun {
            client?.abort()
        } else {
            client?.sendProblem(status: failure.status, detail: "the upstream failed")
        }
    }
}

extension UpstreamFailure {
    /// The status that the relay answers with, if the response has not begun.
    fileprivate var status: HTTPStatus {
        switch kind {
        case .connectTimedOut, .responseTimedOut, .idleTimedOut: HTTPStatus(504)
        case .connectRefused, .connectFailed, .reset, .closedEarly, .malformed, .unexpectedUpgrade,
            .tooManyInformational, .requestBodyMismatch:
            .badGateway
        }
    }
}
