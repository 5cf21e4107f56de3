/// The life of a client's connection in HTTP/1.1 or 1.0: what every event means there, and what has to be done about
/// it. Pure: it holds no byte, no clock and no reference, and the connection that owns it carries its actions out.
///
/// One request at a time: the next one is not read before the response of the first is complete (RFC 9112 9.3.2). A
/// response that begins before its request is whole ends the connection, and so does a request that cannot be read:
/// nothing that comes behind either is taken for a request (RFC 9112 9.6).
///
/// Enums are matched and not compared here: `==` on an enum of another module is a call, and the events of each request
/// are inlined into the transport.
public struct ServerConnectionStateMachine: Equatable, Sendable {
    /// What the next bytes from the client are.
    public enum Request: Equatable, Sendable, CaseIterable {
        /// No byte of a next request. Next: `head`, `body`, `discarding`, `closed`.
        case idle
        /// A part of a head is there. Next: `body`, `discarding`, `closed`.
        case head
        /// The head has been told, the request's end has not; a request without a body is here for a moment too. Next:
        /// `complete`, `tunnel`, `discarding`, `closed`.
        case body
        /// Read whole; what follows waits until it is answered. Next: `idle`, `tunnel`, `discarding`, `closed`.
        case complete
        /// Raw bytes go both ways, after 101. Next: `tunnelEnded`, `discarding`, `closed`.
        case tunnel
        /// The client sends no more through the tunnel, and may still receive. Next: `discarding`, `closed`.
        case tunnelEnded
        /// Nothing of what comes matters any more; it is read so that the client can read the response. Next: `closed`.
        case discarding
        /// Final.
        case closed
    }

    /// How far the final response of the request in service is.
    public enum Response: Equatable, Sendable, CaseIterable {
        /// Next: `begun`; `ended` when the connection closes.
        case none
        /// The head has gone. Next: `ended`; `none` with the next request.
        case begun
        /// Complete, and the last one.
        case ended
    }

    @usableFromInline package internal(set) var request: Request = .idle
    @usableFromInline package internal(set) var response: Response = .none
    /// The head of a request has been told and the end of its exchange has not.
    @usableFromInline package internal(set) var isOpen = false
    /// No request may follow the one in service, or the next one when none is.
    @usableFromInline package internal(set) var closes = false
    /// The client waits for `100 Continue` before it sends its body, and no byte of that has come.
    @usableFromInline package internal(set) var awaitsContinue = false

    @inlinable public init() {}

    // MARK: The request

    /// What was read is not yet a whole head. True: the time for one begins now.
    @inlinable @inline(__always) public mutating func headIncomplete() -> Bool {
        guard case .idle = request else { return false }
        request = .head
        return true
    }

    /// A valid head was read. True: tell it; what follows is the body, even if that is empty.
    @inlinable @inline(__always) public mutating func headParsed(keepAlive: Bool, expectsContinue: Bool) -> Bool {
        switch request {
        case .idle, .head: break
        case .body, .complete, .tunnel, .tunnelEnded, .discarding, .closed: return false
        }
        request = .body
        isOpen = true
        if !keepAlive { closes = true }
        awaitsContinue = expectsContinue
        return true
    }

    /// Bytes of the body were read: who sends it waits for no `100 Continue`.
    @inlinable @inline(__always) public mutating func bodyArrived() { awaitsContinue = false }

    /// The framing of the body says that the request is whole. True: tell that.
    @inlinable @inline(__always) public mutating func bodyEnded() -> Bool {
        guard case .body = request else { return false }
        request = .complete
        awaitsContinue = false
        return true
    }

    public enum RefusalAction: Equatable, Sendable {
        /// Let the delegate answer; the connection ends behind the response.
        case answer
        /// The same, and there is no request that the response belongs to.
        case answerWithoutRequest
        /// A response is under way already: break it off, so that nobody takes it for whole.
        case breakOff
        /// No request is being read.
        case ignore
    }

    /// What is being read breaks the rules, a limit or a deadline. Nothing behind it is read as a request.
    package mutating func requestRefused() -> RefusalAction {
        switch request {
        case .idle, .head, .body: break
        case .complete, .tunnel, .tunnelEnded, .discarding, .closed: return .ignore
        }
        closes = true
        request = .discarding
        awaitsContinue = false
        guard case .none = response else { return .breakOff }
        return isOpen ? .answer : .answerWithoutRequest
    }

    /// The delegate wants the body that the client holds back. True: send `100 Continue`, which happens once a request
    /// at most.
    package mutating func continueWanted() -> Bool {
        guard awaitsContinue, mayInform else { return false }
        awaitsContinue = false
        return true
    }

    // MARK: The response

    /// Interim responses may be sent: the exchange is open and its final response has not begun.
    @inlinable @inline(__always) public var mayInform: Bool { if case .none = response { isOpen } else { false } }
    /// No final response to the present request has begun.
    @inlinable @inline(__always) public var isUnanswered: Bool { if case .none = response { true } else { false } }
    /// The final response has begun and is not complete.
    @inlinable @inline(__always) public var isResponding: Bool { if case .begun = response { true } else { false } }

    /// Whether another request may follow as far as the client and the request in service are concerned.
    /// - Parameter isBodyAtEnd: All of the body has been read, even if its end has not been told yet.
    @inlinable @inline(__always) public func mayKeepAlive(isBodyAtEnd: Bool) -> Bool {
        !closes && isRequestRead(isBodyAtEnd)
    }

    /// Nothing of the request is still to come.
    @inlinable func isRequestRead(_ isBodyAtEnd: Bool) -> Bool {
        switch request {
        case .complete, .tunnelEnded: true
        case .body: isBodyAtEnd
        case .idle, .head, .tunnel, .discarding, .closed: false
        }
    }

    public enum StartAction: Equatable, Sendable {
        /// Send the head.
        case send
        /// Send the head; from now on bytes pass as they are.
        case sendAndTunnel
        /// It would be read as the response to another request: break off.
        case breakOff
        /// There is nobody to respond to.
        case drop
    }

    /// The final response begins.
    /// - Parameters:
    ///   - closes: Its head says that the connection closes, or its end is marked by that.
    ///   - switchesProtocols: It is 101.
    @inlinable @inline(__always) public mutating func responseStarted(closes saysClose: Bool, switchesProtocols: Bool)
        -> StartAction
    {
        guard case .none = response else {
            if case .closed = request { return .drop }
            return .breakOff
        }
        switch request {
        case .idle, .head, .closed: return .drop
        case .body, .complete, .tunnel, .tunnelEnded, .discarding: break
        }
        guard !switchesProtocols else { return becameTunnel() }
        response = .begun
        if saysClose { closes = true }
        return .send
    }

    @inlinable mutating func becameTunnel() -> StartAction {
        switch request {
        case .body, .complete: break
        case .idle, .head, .tunnel, .tunnelEnded, .discarding, .closed: return .breakOff
        }
        response = .begun
        request = .tunnel
        closes = true
        awaitsContinue = false
        return .sendAndTunnel
    }

    public enum FinishAction: Equatable, Sendable {
        /// Wait for the next request.
        case next
        /// Close when everything has been sent; nothing more can come.
        case closeWhenSent
        /// Send everything, end the sending direction, then read and discard for a while, so that no reset overtakes
        /// the response (RFC 9112 9.6).
        case linger
        /// No response is under way.
        case ignore
    }

    /// The response is complete, and with it the exchange, if one was open.
    /// - Parameter hasSurplus: Bytes came behind the request.
    @inlinable @inline(__always) public mutating func responseFinished(isBodyAtEnd: Bool, hasSurplus: Bool)
        -> FinishAction
    {
        guard case .begun = response else { return .ignore }
        isOpen = false
        awaitsContinue = false
        let isRead = isRequestRead(isBodyAtEnd)
        if isRead, !closes {
            request = .idle
            response = .none
            return .next
        }
        response = .ended
        request = .discarding
        closes = true
        return isRead && !hasSurplus ? .closeWhenSent : .linger
    }

    // MARK: The connection

    public enum LossAction: Equatable, Sendable {
        /// Nobody has anything left to say: close. An exchange that is open, if any, has lost its client.
        case leave
        /// The client is gone in the middle of an exchange: close with a reset, and tell the exchange.
        case lose
        /// Tell the exchange that the client sends no more; its other direction lives on.
        case tellEnd
        /// Everything was said: close.
        case close
        /// Go on as before.
        case ignore
    }

    /// The client closed its sending side. A client that leaves looks the same as one that only half-closed, and the
    /// first is what happens; a tunnel knows half-closed connections.
    package mutating func inputClosed() -> LossAction {
        switch request {
        case .idle, .head: return .leave
        case .body, .complete: return .lose
        case .tunnel:
            request = .tunnelEnded
            return .tellEnd
        case .discarding: return .close
        case .tunnelEnded, .closed: return .ignore
        }
    }

    /// Something came from a client that is not read now: its end behind a whole request (`hasFinished`), or the loss
    /// of the connection (`isGone`), which is told whether wanted or not.
    package func unreadEvent(isGone: Bool, hasFinished: Bool) -> LossAction {
        switch request {
        case .closed: .ignore
        case .complete: isGone || hasFinished ? .lose : .ignore
        case .idle, .head, .body, .tunnel, .tunnelEnded, .discarding: isGone ? .lose : .ignore
        }
    }

    /// Something that the client counts on has ended, so the connection shall end: now, or with the exchange in
    /// service.
    package mutating func loginLost() -> LossAction {
        closes = true
        return isIdle ? .close : .ignore
    }

    /// The connection is closed, for whatever reason. True: an exchange was open, whose end is to be told.
    package mutating func closed() -> Bool {
        defer { isOpen = false }
        request = .closed
        response = .ended
        closes = true
        awaitsContinue = false
        return isOpen
    }
}
