/// The life of a connection to an upstream that speaks HTTP/1.1: what every event means there, when it may carry
/// another request, and what a loss of it says about the request. It begins when the connection is established and
/// given to its first exchange. Pure: it holds no byte, no clock and no reference.
///
/// It may be offered to the pool only when the request was whole before the response began, the upstream lets another
/// follow, and nothing came behind the response. Bytes on an idle connection belong to nobody and end it (RFC 9112
/// 9.5).
///
/// Enums are matched and not compared here: `==` on an enum of another module is a call, and the events of each request
/// are inlined into the transport.
public struct ClientConnectionStateMachine: Equatable, Sendable {
    public enum Phase: Equatable, Sendable, CaseIterable {
        /// One exchange has it, whose request may have begun. Next: `idle`, `closed`.
        case busy
        /// It waits for a next exchange. Next: `busy`, `closed`.
        case idle
        /// Final.
        case closed
    }

    /// How far the request of the present exchange is.
    public enum Request: Equatable, Sendable, CaseIterable {
        /// Next: `sending`.
        case none
        /// Next: `complete`. In a tunnel it is what the client still sends.
        case sending
        /// Next: `sending` after 101; `none` with the next exchange.
        case complete
    }

    /// How far the response to the present request is.
    public enum Response: Equatable, Sendable, CaseIterable {
        /// No final head yet. Next: `body`, `tunnel`.
        case head
        /// Next: `head`, with the next exchange.
        case body
        /// Raw bytes both ways, after 101. Final.
        case tunnel
    }

    @usableFromInline package internal(set) var phase: Phase = .busy
    @usableFromInline package internal(set) var request: Request = .none
    @usableFromInline package internal(set) var response: Response = .head
    /// Interim responses to the present request.
    @usableFromInline package internal(set) var interimCount: UInt8 = 0
    /// The present request asks for another protocol.
    @usableFromInline package internal(set) var asksUpgrade = false
    /// Another exchange may follow, as far as the head of the response and the request are concerned.
    @usableFromInline package internal(set) var keepsAlive = false
    /// Bytes of a response to the present request have come, an interim one included: it must not be sent again.
    @usableFromInline package internal(set) var hasResponseBytes = false
    /// It has served an exchange before: an upstream may simply have closed it as idle.
    @usableFromInline package internal(set) var wasReused = false

    /// More interim responses than that to one request are refused: a stream of them would never end.
    @inlinable @inline(__always) public static var maximumInterim: UInt8 { 16 }

    @inlinable public init() {}

    // MARK: The connection

    /// It is given to an exchange out of the pool.
    @inlinable @inline(__always) public mutating func reused() -> Bool {
        guard case .idle = phase else { return false }
        phase = .busy
        request = .none
        response = .head
        interimCount = 0
        asksUpgrade = false
        keepsAlive = false
        hasResponseBytes = false
        wasReused = true
        return true
    }

    /// It waits in the pool from now on, which `responseEnded` has offered.
    @inlinable @inline(__always) public mutating func pooled() {
        guard case .busy = phase, case .body = response, keepsAlive else { return }
        phase = .idle
    }

    /// It is closed, for whatever reason.
    package mutating func closed() { phase = .closed }

    public enum InputAction: Equatable, Sendable {
        /// Read for the exchange that has it.
        case serve
        /// Its end, or bytes that nobody asked for: it is of no use any more.
        case discard
        case ignore
    }

    /// What it means that something came, be it the end.
    @inlinable @inline(__always) public var input: InputAction {
        switch phase {
        case .busy: .serve
        case .idle: .discard
        case .closed: .ignore
        }
    }

    // MARK: The request

    /// A request is about to be sent. False: there is no connection for it, or another one has it.
    @inlinable @inline(__always) public mutating func requestStarted(asksUpgrade asks: Bool) -> Bool {
        guard case .busy = phase, case .none = request else { return false }
        request = .sending
        asksUpgrade = asks
        return true
    }

    public enum RequestEndAction: Equatable, Sendable {
        /// The upstream has so long to begin its response.
        case awaitResponse
        /// Pass the end of the tunnel on, once everything is sent.
        case endSending
        /// The response is under way already.
        case proceed
        /// There is no request whose end this could be.
        case ignore
    }

    /// The whole request was handed over to be sent; in a tunnel: the client sends no more.
    @inlinable @inline(__always) public mutating func requestEnded() -> RequestEndAction {
        guard case .busy = phase, case .sending = request else { return .ignore }
        request = .complete
        switch response {
        case .head: return .awaitResponse
        case .body: return .proceed
        case .tunnel: return .endSending
        }
    }

    /// Everything that waited for the upstream has been sent. Like `requestEnded`, for what could not be done then.
    package func outputDrained() -> RequestEndAction {
        guard case .busy = phase, case .complete = request else { return .proceed }
        switch response {
        case .head: return .awaitResponse
        case .body: return .proceed
        case .tunnel: return .endSending
        }
    }

    // MARK: The response

    /// Bytes were read.
    @inlinable @inline(__always) public mutating func bytesArrived() {
        if case .busy = phase { hasResponseBytes = true }
    }

    public enum HeadAction: Equatable, Sendable {
        /// Tell the interim response; another head follows.
        case deliverInterim
        /// Tell the head; a body follows, even if that is empty.
        case deliver
        /// Tell the head; from now on bytes pass as they are.
        case switchProtocols
        /// Interim responses without end: the exchange has failed.
        case refuseInterim
        /// 101 that nobody asked for: the exchange has failed.
        case refuseUpgrade
        /// No response is awaited.
        case ignore
    }

    /// A valid head was read.
    /// - Parameter hasUnsent: The upstream has not taken all that was given to be sent. Who responds before the request
    ///   is whole may go on to wait for its rest, or drop it, and with it the next request.
    @inlinable @inline(__always) public mutating func headParsed(_ head: ResponseHead, hasUnsent: Bool) -> HeadAction {
        guard case .busy = phase, case .head = response else { return .ignore }
        if head.status.isInformational { return informationalParsed(head) }
        response = .body
        if case .complete = request { keepsAlive = head.keepAlive && !hasUnsent } else { keepsAlive = false }
        return .deliver
    }

    @usableFromInline mutating func informationalParsed(_ head: ResponseHead) -> HeadAction {
        if head.isInterim {
            guard interimCount < Self.maximumInterim else { return .refuseInterim }
            interimCount += 1
            return .deliverInterim
        }
        guard asksUpgrade, head.isWebSocketUpgrade else { return .refuseUpgrade }
        response = .tunnel
        request = .sending
        return .switchProtocols
    }

    public enum EndAction: Equatable, Sendable {
        /// The exchange is over: offer the connection to the pool. `pooled` or `closed` follows.
        case offer
        /// The exchange is over: close.
        case close
        /// No response is under way.
        case ignore
    }

    /// The response is complete, or a tunnel has ended.
    /// - Parameters:
    ///   - hasSurplus: Bytes came behind it, which nobody asked for.
    ///   - isLast: It has carried as many requests as it may.
    ///   - isPaused: Whoever read the response wants silence: what came behind it is not known.
    @inlinable @inline(__always) public func responseEnded(hasSurplus: Bool, isLast: Bool, isPaused: Bool) -> EndAction
    {
        guard case .busy = phase else { return .ignore }
        switch response {
        case .head: return .ignore
        case .tunnel: return .close
        case .body: return keepsAlive && !hasSurplus && !isLast && !isPaused ? .offer : .close
        }
    }

    public enum LossAction: Equatable, Sendable {
        /// The response, or the tunnel, ended by closing, as it may: it is complete.
        case endResponse
        /// The exchange has failed: the upstream closed before the response was complete.
        case fail
        case ignore
    }

    /// The upstream closed its sending side.
    /// - Parameter endsBody: The framing of the body says that it ends so.
    package mutating func inputClosed(endsBody: Bool) -> LossAction {
        guard case .busy = phase else { return .ignore }
        switch response {
        case .head: return .fail
        case .tunnel: return .endResponse
        case .body:
            keepsAlive = false
            return endsBody ? .endResponse : .fail
        }
    }

    public enum TimeoutAction: Equatable, Sendable {
        /// The upstream stopped inside the response, or takes nothing of the request.
        case failIdle
        /// No byte of a response came.
        case failUnanswered
        /// It has waited in the pool for long enough.
        case endWaiting
        case ignore
    }

    /// The deadline has passed.
    /// - Parameter isPaused: The response is not read now, so it is not the upstream that is slow.
    package func timedOut(isPaused: Bool, isWriteBlocked: Bool) -> TimeoutAction {
        switch phase {
        case .idle: .endWaiting
        case .busy where isPaused: .ignore
        case .busy: hasResponseBytes || isWriteBlocked ? .failIdle : .failUnanswered
        case .closed: .ignore
        }
    }

    // MARK: What a failure says

    @inlinable @inline(__always) public var isBusy: Bool { if case .busy = phase { true } else { false } }
    @inlinable @inline(__always) public var isIdle: Bool { if case .idle = phase { true } else { false } }
    /// The final head has been told: what follows can only be broken off.
    package var isHeadDelivered: Bool { if case .head = response { false } else { true } }
    @inlinable @inline(__always) public var isTunnel: Bool { if case .tunnel = response { true } else { false } }
    @inlinable @inline(__always) public var awaitsHead: Bool { if case .head = response { true } else { false } }
    @inlinable @inline(__always) public var readsBody: Bool { if case .body = response { true } else { false } }
}
