import EventLoop
import HTTP
import HTTPTransport
import Telemetry

/// One request and its response: copies the head out of the wire, runs the handler as a task on the loop, sends what it
/// returns. Confined to the connection's loop.
final class ServiceExchange: ClientStreamDelegate, @unchecked Sendable {
    // @unchecked: its tasks run on the connection's loop (their preferred executor), and no other code refers to it.

    private let connection: any ClientStream
    private let loop: Loop
    private let counters: ServiceCounters
    private let body: ServiceBody
    private var writer: ServiceBodyWriter?
    private var isOver = false
    private var isHead = false
    /// The rest of a large response whose beginning the connection has taken.
    private var remaining: ArraySlice<UInt8> = []

    init(_ connection: any ClientStream, counters: ServiceCounters) {
        self.connection = connection
        self.counters = counters
        loop = connection.loop
        body = ServiceBody(loop: connection.loop)
    }

    func start(_ view: RequestHeadView, app: ServiceApp, bodyLimit: UInt64) {
        counters.began()
        isHead = view.head.method == .head
        guard connection.limitBody(to: bodyLimit) else {
            body.failed(Problem.tooLarge(limit: Int(clamping: bodyLimit)))
            return answer(Problem.tooLarge(limit: Int(clamping: bodyLimit)).response)
        }
        let request: ServiceRequest
        switch Self.request(of: view, peer: Self.peer(of: connection), body: body) {
        case .success(let made): request = made
        case .failure(let violation):
            return answer(
                Problem(violation.status, code: "bad_target", title: "\(violation.reason)").response)
        }
        if case .length(let length) = view.head.framing { body.announce(length) }
        body.setPaused = { [unowned self] paused in
            if paused { connection.pauseReading() } else { connection.resumeReading() }
        }
        if view.head.expectsContinue {
            // Asked for only when the handler reads: a refusal then saves the client the upload.
            body.beforeFirstRead = { [unowned self] in if !isOver { connection.sendContinue() } }
        }
        // `Task.immediate`: handlers that need no wait answer within this very event.
        Task.immediate(executorPreference: loop) { [self] in
            answer(await app.respond(to: request))
        }
    }

    private static func peer(of connection: any ClientStream) -> SocketAddress {
        SocketAddress(host: connection.peerText, port: connection.peerPort) ?? SocketAddress()
    }

    private static func request(
        of view: RequestHeadView, peer: SocketAddress, body: ServiceBody
    ) -> Result<ServiceRequest, HTTPViolation> {
        let target = view.head.pathAndQuery.slice(of: view.bytes)
        let room = TargetNormaliser.room(for: target.count)
        return withUnsafeTemporaryAllocation(byteCount: room, alignment: 1) { buffer in
            TargetNormaliser().read(target, into: buffer).map { target in
                ServiceRequest(
                    method: view.head.method, path: String(decoding: target.path, as: UTF8.self),
                    query: String(decoding: target.query, as: UTF8.self),
                    fields: HTTPFields(view.fields, in: view.bytes), peer: peer, body: body)
            }
        }
    }

    // MARK: The response

    private func answer(_ response: ServiceResponse) {
        loop.preconditionOnLoop()
        counters.ended(response.status)
        guard !isOver else { return }
        switch response.body {
        case .bytes(let bytes):
            sendHead(response, .length(UInt64(bytes.count)))
            remaining = bytes[...]
            sendRemaining()
        case .sized(let length, let produce):
            sendHead(response, .length(length))
            if isHead { connection.finish() } else { stream(produce) }
        case .stream(let produce):
            sendHead(response, .unknown)
            stream(produce)
        }
    }

    private func sendHead(_ response: ServiceResponse, _ length: BodyLength) {
        let bodyless = response.status.forbidsBody
        var writer = connection.beginHead(
            response.status, reason: response.status.reasonBytes, room: response.fields.lineBytes + 64)
        loop.attachment(ServiceClock.self) { _ in ServiceClock() }.appendDate(to: &writer)
        var fields = response.fields
        for framing in ["content-length", "transfer-encoding", "connection"] { fields[framing] = nil }
        fields.write(to: &writer)
        connection.sendHead(writer, body: bodyless ? .none : length)
    }

    private func sendRemaining() {
        while !remaining.isEmpty, !connection.isWriteBlocked {
            let piece = remaining.prefix(ServiceBodyWriter.pieceSize)
            piece.withUnsafeBytes { connection.sendBody($0) }
            if isOver { return }
            remaining = remaining.dropFirst(piece.count)
        }
        if remaining.isEmpty { connection.finish() }
    }

    private func stream(_ produce: @escaping @Sendable (ServiceBodyWriter) async throws -> Void) {
        let writer = ServiceBodyWriter(loop: loop)
        writer.send = { [unowned self] bytes in
            bytes.withUnsafeBytes { connection.sendBody($0) }
            return !connection.isWriteBlocked
        }
        self.writer = writer
        Task.immediate(executorPreference: loop) { [self] in
            do {
                try await produce(writer)
                if !isOver { connection.finish() }
            } catch {
                // A streamed response that fails midway must look broken, not complete.
                if !isOver { connection.abort() }
            }
        }
    }

    // MARK: ClientStreamDelegate

    func requestHead(_ connection: any ClientStream, _ request: RequestHeadView) {
        preconditionFailure("the next request begins only after this exchange has ended")
    }

    func requestBody(_ connection: any ClientStream, _ bytes: UnsafeRawBufferPointer) { body.arrived(bytes) }

    func requestEnd(_ connection: any ClientStream) { body.ended() }

    func responseWritable(_ connection: any ClientStream) {
        if let writer { writer.becameWritable() } else if !remaining.isEmpty { sendRemaining() }
    }

    func exchangeEnded(_ connection: any ClientStream, _ end: ExchangeEnd) {
        isOver = true
        remaining = []
        body.failed(ClientGone())
        writer?.closed()
    }
}
