import EventLoop
import HTTP

@testable import HTTPTransport
@testable import Router

/// What both ends have in common: a version of HTTP that has no wire.
class InMemoryStream: CoupledStream {
    let loop: Loop
    private(set) var isPaused = false
    private(set) var source: (any CoupledStream)?
    var isWriteBlocked = false
    var unsentCount = 0
    var body: [UInt8] = []

    init(loop: Loop) { self.loop = loop }

    func draw(from producer: any CoupledStream) { source = producer }
    func pauseReading() { isPaused = true }
    func resumeReading() { isPaused = false }
    func setPausedByConsumer(_ paused: Bool) {}
    func sendBody(_ bytes: UnsafeRawBufferPointer) { body += bytes }
}

/// A client that says and hears values. Heads reach it as field lines and nothing else.
final class InMemoryClient: InMemoryStream, ClientStream {
    struct Answer: Equatable {
        var status: UInt16
        var lines: [String]
        var length: BodyLength
    }

    private let listener: any ClientStreamDelegate
    var delegate: (any ClientStreamDelegate)?
    private(set) var interim: [UInt16] = []
    private(set) var answer: Answer?
    private(set) var end: ExchangeEnd?
    private(set) var continues = 0
    private var begun = HTTPStatus.ok
    /// The body, until it is read.
    private var unread: String?
    private var hasEnded = false
    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 16)
    private let parser = RequestHeadParser(reservedPrefix: "x-strangler-")

    /// - Parameter listener: Who is told of its requests.
    init(loop: Loop, of listener: any ClientStreamDelegate) {
        self.listener = listener
        super.init(loop: loop)
    }

    deinit { memory.deallocate() }

    // MARK: What a test does

    /// A request head; `body` is what it announces. The parser of another version only has to lay out its bytes in this
    /// way.
    func request(_ head: String, fields: String = "", body: String? = nil) {
        let length = body.map { "content-length: \($0.utf8.count)\r\n" } ?? ""
        Array("\(head) HTTP/1.1\r\nhost: shop.example\r\n\(fields)\(length)\r\n".utf8).withUnsafeBytes { bytes in
            guard case .complete = parser.parse(bytes) else { return }
            listener.requestHead(self, RequestHeadView(bytes: bytes, parser: parser))
        }
        unread = body
        readOn()
    }

    /// Delivers what is left of the request, unless reading is paused: a connection reads nothing then.
    private func readOn() {
        guard end == nil, answer == nil else { return }
        if let body = unread {
            guard !isPaused else { return }
            unread = nil
            Array(body.utf8).withUnsafeBytes { activeDelegate.requestBody(self, $0) }
        }
        guard !hasEnded else { return }
        hasEnded = true
        activeDelegate.requestEnd(self)
    }

    override func resumeReading() {
        super.resumeReading()
        if unread != nil { readOn() }
    }

    func leave() { finish(.clientGone) }

    private var activeDelegate: any ClientStreamDelegate { delegate ?? listener }

    private func finish(_ end: ExchangeEnd) {
        guard self.end == nil else { return }
        self.end = end
        (delegate.take() ?? listener).exchangeEnded(self, end)
    }

    // MARK: ClientStream

    let peerText = "192.0.2.7"
    let peerPort: UInt16 = 7
    let peerBytes: (high: UInt64, low: UInt64) = (0, 0xFFFF_C000_0207)
    let isUnix = false
    let isSecure = true
    var receivedBodyBytes: UInt64 { 0 }
    var sendsUnboundedBody: Bool { answer?.length == .unknown }

    private(set) var bound: BoundStreams?
    func bindingStreams() -> BoundStreams {
        let made = bound ?? BoundStreams {}
        bound = made
        return made
    }

    func writePeer(to writer: inout HeadWriter) { writer.append(text: peerText) }
    func limitBody(to limit: UInt64) -> Bool { true }
    func sendContinue() { continues += 1 }

    func beginHead(_ status: HTTPStatus, reason: UnsafeRawBufferPointer, room: Int) -> HeadWriter {
        begun = status
        return HeadWriter(memory)
    }

    func sendInformational(_ head: HeadWriter) { interim.append(begun.rawValue) }

    func sendHead(_ head: HeadWriter, body: BodyLength, forceClose: Bool) {
        let lines = String(decoding: head.written, as: UTF8.self).split(separator: "\r\n").map(String.init)
        answer = Answer(status: begun.rawValue, lines: lines, length: body)
    }

    func finish() { finish(.completed) }
    func abort() { finish(.aborted) }
    func breakOffUnbounded() { finish(.aborted) }
    func sendProblem(status: HTTPStatus, detail: StaticString) {
        var head = beginHead(status)
        head.append("content-type: application/problem+json\r\n")
        sendHead(head, body: .length(0))
        finish()
    }
}

/// One exchange with an upstream that hears and says values.
final class InMemoryUpstream: InMemoryStream, UpstreamStream {
    struct Request: Equatable {
        var method: String
        var target: String
        var authority: String
        var lines: [String]
        var length: BodyLength
        var asksUpgrade: Bool
    }

    var delegate: (any UpstreamStreamDelegate)?
    let isFresh: Bool
    let isConnected: Bool
    private(set) var request: Request?
    private(set) var isFinished = false
    private(set) var isCancelled = false
    private let parser = ResponseHeadParser()

    init(loop: Loop, delegate: any UpstreamStreamDelegate, isFresh: Bool, isConnected: Bool) {
        self.delegate = delegate
        self.isFresh = isFresh
        self.isConnected = isConnected
        super.init(loop: loop)
    }

    // MARK: What a test does

    func answer(_ status: UInt16, _ fields: String = "", body: String? = nil) {
        let length = body.map { "content-length: \($0.utf8.count)\r\n" } ?? "content-length: 0\r\n"
        Array("HTTP/1.1 \(status) Any\r\n\(fields)\(status < 200 ? "" : length)\r\n".utf8).withUnsafeBytes { bytes in
            guard case .complete = parser.parse(bytes, answering: .get) else { return }
            let view = ResponseHeadView(bytes: bytes, parser: parser)
            if view.head.isInterim {
                delegate?.upstreamInformational(self, view)
            } else {
                delegate?.upstreamHead(self, view)
            }
        }
        if let body { Array(body.utf8).withUnsafeBytes { delegate?.upstreamBody(self, $0) } }
    }

    /// Its connection is there: another stream takes its place.
    func connect() -> InMemoryUpstream? {
        guard let activeDelegate = delegate.take() else { return nil }
        let made = InMemoryUpstream(loop: loop, delegate: activeDelegate, isFresh: isFresh, isConnected: true)
        activeDelegate.upstreamConnected(made)
        return made
    }

    func end() {
        let activeDelegate = delegate
        delegate = nil
        activeDelegate?.upstreamEnd(self)
    }

    func fail(_ kind: UpstreamFailure.Kind, sent: UInt64 = 0, headDelivered: Bool = false) {
        let activeDelegate = delegate
        delegate = nil
        activeDelegate?.upstreamFailed(
            self,
            UpstreamFailure(
                kind: kind, requestBytesSent: sent, anyResponseByte: headDelivered, headDelivered: headDelivered,
                wasReused: false))
    }

    // MARK: UpstreamStream

    func sendHead(_ request: OutgoingRequest, responseTimeout: Moment.Span, idleTimeout: Moment.Span) {
        func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }
        self.request = Request(
            method: text(request.methodName), target: text(request.target), authority: text(request.authority),
            lines: text(request.lines).split(separator: "\r\n").map(String.init), length: request.body,
            asksUpgrade: request.asksUpgrade)
    }

    func finishRequest() { isFinished = true }

    func countAsLong() -> Bool { true }

    private(set) var isBound = false
    private(set) var isUsedOnce = false
    func bind(to owner: BoundStreams) { isBound = true }
    func useOnce() { isUsedOnce = true }

    func cancel() {
        guard delegate != nil else { return }
        delegate = nil
        isCancelled = true
    }

    func endTunnel() { cancel() }
}

/// Hands out streams without an end, and keeps them for the test to look at.
final class InMemorySource: UpstreamStreamSource {
    private let loop: Loop
    private(set) var streams: [InMemoryUpstream] = []
    var roomCame: (() -> Void)?
    var isAskedToSpare: (() -> Void)?
    let idleCount = 1
    let busyCount = 0
    let longCount = 0
    let staleCount: UInt64 = 0
    /// A test may say that all connections are taken.
    var hasRoom = true
    /// Or that each has to be made first (`InMemoryUpstream.connect`).
    var isFar = false

    init(loop: Loop) { self.loop = loop }

    func stream(
        for delegate: any UpstreamStreamDelegate, fresh: Bool, verify: Bool, connectTimeout: Moment.Span
    ) -> (any UpstreamStream)? {
        guard hasRoom else { return nil }
        let made = InMemoryUpstream(loop: loop, delegate: delegate, isFresh: fresh, isConnected: !isFar)
        streams.append(made)
        return made
    }

    func wantMore() {}

    func close() {}
}
