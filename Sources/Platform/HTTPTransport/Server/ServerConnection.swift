import EventLoop
package import HTTP

/// A client's connection in HTTP/1.1 or 1.0. One request at a time: the next is not parsed before the response of the
/// first is done.
///
/// Idle it holds no buffer: input is parsed where the loop received it, output leaves from where it was built, and only
/// what is incomplete or not taken is copied aside. Confined to its loop.
package final class ServerConnection: ConnectionProtocol, AcceptedConnection, ClientStream {
    package var delegate: (any ClientStreamDelegate)?
    /// The listener's tag, to tell listeners that share a delegate apart.
    package let tag: Int
    package let peerText: String
    package let peerPort: UInt16
    package let peerBytes: (high: UInt64, low: UInt64)
    package let isUnix: Bool
    /// Requests begun on this connection, the current one included.
    package private(set) var requestCount = 0

    package var isSecure: Bool { false }

    package func writePeer(to writer: inout HeadWriter) { writer.append(text: peerText) }

    /// Chunks, until close, or a tunnel.
    package var sendsUnboundedBody: Bool {
        switch frame.mode {
        case .chunked, .raw: true
        case .nothing, .length: false
        }
    }
    package var receivedBodyBytes: UInt64 { reader.received }

    /// Where it is kept; nil once it is dismissed.
    private(set) var listener: Listener?
    /// Its place in the listener's list.
    package var place = 0
    let settings: ServerSettings
    private let listenerDelegate: any ClientStreamDelegate

    /// Decides what every event means.
    var state = ServerConnectionStateMachine()
    var reader = BodyReader(.none)
    var progress = HeadProgress()
    /// A head that has not come whole, or what came behind the current request.
    var carry = ByteQueue()
    var isProcessing = false
    var bodyLimit: UInt64 = 0
    var declaredLength: UInt64 = 0
    /// Since when the body's rate counts, and from which byte.
    var rateStart: Moment = .never
    var rateBytes: UInt64 = 0
    var lastInput: Moment

    /// The upstream connections that are logged in as this client.
    package private(set) var bound: BoundStreams?

    // Of the request in service.
    var method: HTTPMethod = .other
    var version: HTTPVersion = .http11
    var frame = BodyFrame(.none)
    /// Of the head that was begun last.
    var headStatus = HTTPStatus.ok

    init(
        _ transport: ByteTransport, peer: SocketAddress, listener: Listener, settings: ServerSettings,
        delegate: any ClientStreamDelegate
    ) {
        self.listener = listener
        self.settings = settings
        listenerDelegate = delegate
        tag = listener.tag
        peerText = peer.host
        peerPort = peer.port ?? 0
        peerBytes = peer.hostBytes
        isUnix = peer.isUnix
        lastInput = transport.loop.now
        super.init(transport)
        transport.attach(self)
    }

    /// The first look, right after accept: with TCP_DEFER_ACCEPT the request is there already.
    package func start() {
        readInput()
        guard !isClosed else { return }
        if requestCount == 0, state.isIdle { setDeadline(loop.now + settings.headerTimeout) }
        if state.isLastRequestWhole {
            // Most likely answered and closed before epoll would have anything to tell: two system calls saved.
            setDeadline(loop.now + Self.lateRegistration)
        } else {
            updateInterest()
        }
    }

    /// How long the loss of a client that will close anyway may go unnoticed.
    private static let lateRegistration = Moment.Span.milliseconds(200)

    // MARK: Events

    override func inputReady(_ events: EventSet) {
        if events.contains(.readable), wantsInput, !isPaused {
            readInput()
            return
        }
        guard !events.isDisjoint(with: [.readable, .peerFinished, .failed, .hungUp]) else { return }
        unwantedInput(events)
    }

    /// Something came that is not to be read now.
    private func unwantedInput(_ events: EventSet) {
        let action = state.unreadEvent(
            isGone: !events.isDisjoint(with: [.failed, .hungUp]), hasFinished: events.contains(.peerFinished))
        if case .lose = action { clientGone() } else { updateInterest() }
    }

    override var wantsInput: Bool { state.wantsInput(isWriteBlocked: isWriteBlocked) }

    override var wantsPeerFinished: Bool { state.wantsPeerFinished(isPaused: isPaused) }

    override func readingResumed() {
        restartRate()
        rearmDeadline()
        // A pause that fell on the body's last byte leaves nothing to read, but an end to tell.
        let hasEndToTell = state.readsBody && reader.isAtEnd
        if !carry.isEmpty || hasEndToTell, !isProcessing { processCarryAfterTurn() }
    }

    override func outputBlocked() { rearmDeadline() }

    override func outputProgressed() { rearmDeadline() }

    override func outputDrained() {
        switch state.outputDrained() {
        case .linger: linger()
        case .tellWritable:
            rearmDeadline()
            activeDelegate.responseWritable(self)
        case .readOn:
            rearmDeadline()
            if !carry.isEmpty { processCarryAfterTurn() }
        }
    }

    override func deadlineReached() { inputDeadlineReached() }

    // MARK: Exchange

    package func limitBody(to limit: UInt64) -> Bool {
        bodyLimit = limit
        return declaredLength <= limit
    }

    /// Whether the request is to be told.
    func begin(_ head: RequestHead) -> Bool {
        guard state.headParsed(keepAlive: head.keepAlive, expectsContinue: head.expectsContinue) else { return false }
        requestCount += 1
        method = head.method
        version = head.version
        bodyLimit = settings.options.bodyLimit
        reader = BodyReader(head.framing)
        declaredLength = if case .length(let length) = head.framing { length } else { 0 }
        rateStart = .never
        clearDeadline()
        return true
    }

    /// Who is told now.
    var activeDelegate: any ClientStreamDelegate { delegate ?? listenerDelegate }

    /// A new request is always told to the listener's delegate.
    func tellHead(_ bytes: UnsafeRawBufferPointer) {
        listenerDelegate.requestHead(self, RequestHeadView(bytes: bytes, parser: settings.parser))
    }

    /// Tells the end, once; the next request is the listener's delegate's again.
    func endExchange(_ end: ExchangeEnd) {
        transport.drawNoMore()
        if let activeDelegate = delegate.take() {
            activeDelegate.exchangeEnded(self, end)
        } else {
            listenerDelegate.exchangeEnded(self, end)
        }
    }

    // MARK: Log-ins of the connection

    package func bindingStreams() -> BoundStreams {
        if let bound { return bound }
        let made = BoundStreams { [unowned self] in boundStreamLost() }
        bound = made
        return made
    }

    /// The client counts on its log-in until its connection ends.
    private func boundStreamLost() {
        guard !isClosed else { return }
        if case .close = state.loginLost() { dismiss(.completed, reset: false) }
    }

    // MARK: End

    /// The client is not there any more.
    func clientGone() { dismiss(.clientGone, reset: true) }

    override func outputFailed(_ error: SystemError) { clientGone() }

    package func cutOff() { dismiss(.aborted, reset: true) }

    /// With RST.
    package func abort() { dismiss(.aborted, reset: true) }

    /// In chunks with FIN instead of RST: without its last chunk no client can take it for whole (RFC 9112 8).
    package func breakOffUnbounded() {
        flush()
        guard !isClosed else { return }
        dismiss(.aborted, reset: frame.mode != .chunked || unsentCount > 0)
    }

    package func closeIfIdle() { if state.isIdle, !isWriteBlocked { dismiss(.completed, reset: false) } }

    /// Closes; ends an open exchange.
    func dismiss(_ end: ExchangeEnd, reset: Bool) {
        guard !isClosed else { return }
        transport.close(reset: reset)
        carry.removeAll()
        if state.closed() { endExchange(end) }
        bound.take()?.close()
        listener?.dismissed(self)
        listener = nil
    }

    deinit { carry.removeAll() }

    var isDraining: Bool { listener?.isDraining ?? true }
}
