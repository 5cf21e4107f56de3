/// The life of a connection to an upstream: when it may be given another request, and what a loss of it means. Pure: it
/// holds no bytes.
///
/// A connection goes back to the pool only when request and answer are both whole, both sides said keep-alive, and not
/// one byte came behind the response. Bytes on an idle connection belong to nobody and cost it its life.
package struct ClientConnectionStateMachine: Equatable, Sendable {
    enum Request: Equatable, Sendable {
        /// Next: `complete`.
        case sending
        /// Final for this exchange.
        case complete
    }

    enum Response: Equatable, Sendable {
        /// No byte of a response. Next: `readingHead`.
        case pending
        /// Some bytes of a head; perhaps interim responses have passed. Next: `readingBody`, `complete`.
        case readingHead
        /// Next: `complete`.
        case readingBody(untilClose: Bool)
    }

    enum State: Equatable, Sendable {
        /// Next: `idle`, `closed`.
        case connecting
        /// Connected and free. Next: `exchanging`, `closed`.
        case idle
        /// Next: `idle`, `tunnelling`, `closed`.
        case exchanging(Request, Response)
        /// Raw bytes both ways after a 101. Next: `closed`.
        case tunnelling
        /// Final.
        case closed
    }

    /// More interim responses than that to one request are refused.
    package static let maximumInterim = 16

    private(set) var state: State = .connecting
    private(set) var interimCount = 0
    private(set) var persists = true
    private(set) var isUpgradeAsked = false
    /// Exchanges that this connection has completed.
    package private(set) var completed = 0

    package init() {}

    package var isIdle: Bool { state == .idle }
    package var isClosed: Bool { state == .closed }
    /// Whether a byte of a response to the present request has come: then it must not be sent again.
    package var hasResponseBytes: Bool {
        switch state {
        case .exchanging(_, .readingHead), .exchanging(_, .readingBody), .tunnelling: true
        case .exchanging(_, .pending): interimCount > 0
        case .connecting, .idle, .closed: false
        }
    }

    /// The connection is established.
    package mutating func connected() {
        guard state == .connecting else { return }
        state = .idle
    }

    /// A request is about to be sent. Only in `idle`.
    package mutating func requestStarted(_ framing: BodyFraming, asksUpgrade: Bool = false, keepAlive: Bool = true) {
        guard state == .idle else { preconditionFailure("a request was started on a connection that is not idle") }
        interimCount = 0
        persists = keepAlive
        isUpgradeAsked = asksUpgrade
        state = .exchanging(framing.isEmpty ? .complete : .sending, .pending)
    }

    package enum EndAction: Equatable, Sendable {
        /// Go on as before.
        case proceed
        /// The exchange is over and the connection free: give it back to the pool.
        case release
        /// The exchange is over: close the connection.
        case close
    }

    /// The whole request was handed over to be sent.
    package mutating func requestEnded() -> EndAction {
        guard case .exchanging(.sending, let response) = state else { return .proceed }
        state = .exchanging(.complete, response)
        return .proceed
    }

    package enum InputAction: Equatable, Sendable {
        case parseHead
        case readBody
        case passThrough
        /// Bytes that nobody asked for: close the connection.
        case close
    }

    package mutating func bytesArrived() -> InputAction {
        switch state {
        case .exchanging(let request, .pending):
            state = .exchanging(request, .readingHead)
            return .parseHead
        case .exchanging(_, .readingHead): return .parseHead
        case .exchanging(_, .readingBody): return .readBody
        case .tunnelling: return .passThrough
        case .connecting, .idle, .closed:
            state = .closed
            return .close
        }
    }

    package enum HeadAction: Equatable, Sendable {
        /// Forward or drop the interim response; another head follows.
        case deliverInterim
        /// Deliver the head; a body follows.
        case deliverHead
        /// Deliver the head and the end of the response; then `release` or `close` as given.
        case deliverHeadAndEnd(EndAction)
        /// Deliver the head; from now on bytes pass as they are.
        case switchProtocols
        /// 502: an upgrade that was not asked for, or interim answers without end. The connection is closed.
        case refuse
    }

    /// A valid final or interim head was parsed. Only while a response is awaited.
    package mutating func headParsed(_ head: ResponseHead, followed: Bool = false) -> HeadAction {
        guard case .exchanging(let request, _) = state else {
            preconditionFailure("a head was parsed while no answer was awaited")
        }
        if head.isInterim {
            interimCount += 1
            if interimCount > Self.maximumInterim {
                state = .closed
                return .refuse
            }
            state = .exchanging(request, .pending)
            return .deliverInterim
        }
        if head.status == .switchingProtocols {
            guard isUpgradeAsked, head.isWebSocketUpgrade, request == .complete else {
                state = .closed
                return .refuse
            }
            persists = false
            state = .tunnelling
            return .switchProtocols
        }
        if !head.keepAlive || (followed && head.framing.isEmpty) { persists = false }
        if head.framing.isEmpty { return .deliverHeadAndEnd(endExchange(request)) }
        state = .exchanging(request, .readingBody(untilClose: head.framing == .untilClose))
        return .deliverHead
    }

    /// The body's framing says that the response is whole. `followed`: bytes came behind it, which nobody asked for.
    package mutating func responseEnded(followed: Bool) -> EndAction {
        guard case .exchanging(let request, _) = state else { return .proceed }
        if followed { persists = false }
        return endExchange(request)
    }

    /// A response to a request that is not wholly sent leaves the connection in a state that the upstream cannot know:
    /// it is not used again.
    private mutating func endExchange(_ request: Request) -> EndAction {
        completed += 1
        guard persists, request == .complete else {
            state = .closed
            return .close
        }
        state = .idle
        return .release
    }

    package enum LossAction: Equatable, Sendable {
        /// The response ended by closing, as its framing says it does.
        case deliverEnd
        /// The exchange failed before any byte of a response.
        case failUnanswered
        /// The exchange failed in the middle of a response: nothing may be repeated, and what was passed on must look
        /// broken.
        case failCut
        /// The connection failed before it was established.
        case failConnect
        /// Nobody was using it: take it out of the pool.
        case forget
        /// Pass the end on; the other direction lives on.
        case passEnd
        /// Already closed.
        case none
    }

    /// The upstream closed its sending side in good order.
    package mutating func inputClosed() -> LossAction {
        if state == .tunnelling { return .passEnd }
        if case .exchanging(_, .readingBody(untilClose: true)) = state {
            completed += 1
            state = .closed
            return .deliverEnd
        }
        return connectionLost()
    }

    /// The connection is broken: a reset, a failed write, a deadline. A response that lasts until close is then cut,
    /// not ended.
    package mutating func connectionLost() -> LossAction {
        defer { state = .closed }
        switch state {
        case .connecting: return .failConnect
        case .idle: return .forget
        case .exchanging(_, .pending): return interimCount > 0 ? .failCut : .failUnanswered
        case .exchanging(_, .readingHead), .exchanging(_, .readingBody), .tunnelling: return .failCut
        case .closed: return .none
        }
    }

    /// The response breaks the rules. Returns whether its head had been delivered already, so that it must look broken
    /// instead of becoming a 502.
    package mutating func responseRefused() -> Bool {
        defer { state = .closed }
        if case .exchanging(_, .readingBody) = state { return true }
        return false
    }

    /// Nobody wants the response any more: close.
    package mutating func cancelled() { state = .closed }
}
