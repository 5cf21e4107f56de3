import EventLoop
import HTTP
import HTTPTransport

/// The smallest proxy: one listener, one upstream, no routes. It exercises both sides of the transport at once, and is what the transport's own
/// cost is measured with.
final class Relay: ServerConnectionDelegate {
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
    var clients: [ServerConnection] = []
    var upstreams: [UpstreamConnection] = []

    func nextPool() -> UpstreamPool {
        guard let otherPool else { return pool }
        turn.toggle()
        return turn ? otherPool : pool
    }

    func requestHead(_ connection: ServerConnection, _ request: RequestHeadView) {
        let exchange = spare.popLast() ?? RelayExchange(relay: self)
        connection.delegate = exchange
        exchange.begin(connection, request)
    }
}

final class RelayExchange: ServerConnectionDelegate, UpstreamConnectionDelegate {
    unowned let relay: Relay
    var client: ServerConnection?
    var upstream: UpstreamConnection?
    var method = HTTPMethod.get
    var framing = BodyFraming.none
    var asksUpgrade = false
    /// Kept only while the connection is being made.
    var head: [UInt8] = []
    var requestEnded = false
    var responseBegun = false

    init(relay: Relay) { self.relay = relay }

    func requestHead(_ connection: ServerConnection, _ request: RequestHeadView) {}

    func begin(_ connection: ServerConnection, _ request: RequestHeadView) {
        let head = request.head
        client = connection
        method = head.method
        framing = head.framing
        asksUpgrade = head.isWebSocketUpgrade
        requestEnded = false
        responseBegun = false
        var writer = HeadWriter(relay.loop.scratch)
        writer.append(request[head.methodRange])
        writer.append(" ")
        writer.append(request[head.pathAndQuery])
        writer.append(" HTTP/1.1\r\nhost: ")
        writer.append(request[head.host])
        writer.append("\r\n")
        writer.copyFields(of: request.fields, from: request.bytes, cutting: .cutFromRequest)
        if asksUpgrade { writer.append("connection: upgrade\r\nupgrade: websocket\r\n") }
        writer.appendFraming(head.framing)
        writer.append("\r\n")
        guard let upstream = relay.nextPool().acquire(for: self, connectTimeout: relay.connectTimeout) else {
            connection.sendProblem(status: .serviceUnavailable, detail: "no connection is free")
            return
        }
        self.upstream = upstream
        if relay.keepsRecords {
            relay.clients.append(connection)
            relay.upstreams.append(upstream)
        }
        connection.producer = upstream
        upstream.producer = connection
        if head.expectsContinue { connection.sendContinue() }
        if upstream.isConnected {
            send(writer.written)
        } else {
            self.head = Array(writer.written)
            connection.pauseReading()
        }
    }

    private func send(_ head: UnsafeRawBufferPointer) {
        upstream?.sendHead(
            head, method: method, body: framing, responseTimeout: relay.responseTimeout,
            idleTimeout: relay.idleTimeout, allowsUpgrade: asksUpgrade)
    }

    func requestBody(_ connection: ServerConnection, _ bytes: UnsafeRawBufferPointer) { upstream?.sendBody(bytes) }

    func requestEnd(_ connection: ServerConnection) {
        requestEnded = true
        upstream?.finishRequest()
    }

    func exchangeEnded(_ connection: ServerConnection, _ end: ExchangeEnd) {
        if relay.keepsRecords { relay.ends.append(end) }
        let upstream = upstream
        self.upstream = nil
        client = nil
        upstream?.cancel()
        relay.spare.append(self)
    }

    func upstreamConnected(_ upstream: UpstreamConnection) {
        head.withUnsafeBytes { send($0) }
        head = []
        client?.resumeReading()
    }

    func upstreamInformational(_ upstream: UpstreamConnection, _ response: ResponseHeadView) {
        var writer = HeadWriter(relay.loop.scratch)
        writer.appendStatusLine(response.head.status)
        writer.copyFields(of: response.fields, from: response.bytes, cutting: .cutFromResponse)
        writer.append("\r\n")
        client?.sendInformational(writer.written)
    }

    func upstreamHead(_ upstream: UpstreamConnection, _ response: ResponseHeadView) {
        guard let client else { return }
        responseBegun = true
        let head = response.head
        let body: ResponseBody =
            switch head.framing {
            case .none: head.declaredLength.map { .length($0) } ?? .none
            case .length(let length): .length(length)
            case .chunked, .untilClose: .unknown
            }
        let plan = client.plan(status: head.status, body: body)
        var writer = HeadWriter(relay.loop.scratch)
        writer.appendStatusLine(head.status)
        writer.copyFields(of: response.fields, from: response.bytes, cutting: .cutFromResponse)
        if head.status == .switchingProtocols { writer.append("connection: upgrade\r\nupgrade: websocket\r\n") }
        plan.appendFields(to: &writer)
        writer.append("\r\n")
        client.sendHead(writer.written, plan)
    }

    func upstreamBody(_ upstream: UpstreamConnection, _ bytes: UnsafeRawBufferPointer) { client?.sendBody(bytes) }

    func upstreamEnd(_ upstream: UpstreamConnection) {
        self.upstream = nil
        client?.finish()
    }

    func upstreamFailed(_ upstream: UpstreamConnection, _ failure: UpstreamFailure) {
        if relay.keepsRecords { relay.failures.append(failure) }
        self.upstream = nil
        if responseBegun {
            client?.abort()
        } else {
            client?.sendProblem(status: failure.status, detail: "the upstream failed")
        }
    }
}
