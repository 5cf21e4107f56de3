/// The life of a client's connection: which events mean what, and when it may carry another request. Pure: it holds no
/// bytes and does nothing.
///
/// One exchange at a time: a pipelined request stays unread until the response before it is sent. After a framing
/// error, after a response that closes, and after `stop` nothing that arrives is read as a request (RFC 9112 9.3, 9.6).
/// Every method returns what the shell has to do.
package struct ServerConnectionStateMachine: Equatable, Sendable {
    enum Request: Equatable, Sendable {
        /// The body is arriving. Next: `complete`.
        case receiving
        /// Final for this exchange.
        case complete
    }

    enum Response: Equatable, Sendable {
        /// No byte of the final response has been sent. Next: `sending`.
        case pending
        /// Next: `complete`.
        case sending
        /// Final for this exchange.
        case complete
    }

    enum State: Equatable, Sendable {
        /// No byte of a request. Next: `readingHead`, `closed`.
        case idle
        /// Some bytes of a head. Next: `exchanging`, `lingering`, `closed`.
        case readingHead
        /// Next: `idle` (both parts complete and persistent), `tunnelling`, `lingering`, `closed`.
        case exchanging(Request, Response)
        /// Raw bytes both ways after a 101. Next: `closed`.
        case tunnelling
        /// Everything is sent and our side is shut; what still comes is thrown away, so that the client gets to read
        /// the response before a reset can destroy it (RFC 9112 9.6). Next: `closed`.
        case lingering
        /// Final.
        case closed
    }

    private(set) var state: State = .idle
    /// Whether another request may follow the one in progress.
    private(set) var persists = true
    private(set) var isStopping = false

    package init() {}

    package var isIdle: Bool { state == .idle }
    package var isClosed: Bool { state == .closed }
    /// A request is in progress and its response is not complete.
    package var hasOpenExchange: Bool {
        switch state {
        case .exchanging: true
        case .idle, .readingHead, .tunnelling, .lingering, .closed: false
        }
    }

    /// What bytes that arrived are for.
    package enum InputAction: Equatable, Sendable {
        /// Parse a request head.
        case parseHead
        /// Feed them to the body's framing.
        case readBody
        /// They belong to a later request: leave them where they are and stop reading.
        case hold
        /// Hand them over as they are.
        case passThrough
        /// Throw them away.
        case discard
    }

    package mutating func bytesArrived() -> InputAction {
        switch state {
        case .idle:
            state = .readingHead
            return .parseHead
        case .readingHead: return .parseHead
        case .exchanging(.receiving, _): return .readBody
        case .exchanging(.complete, _): return persists ? .hold : .discard
        case .tunnelling: return .passThrough
        case .lingering, .closed: return .discard
        }
    }

    package enum HeadAction: Equatable, Sendable {
        /// Deliver the head; a body follows.
        case deliverHead
        /// Deliver the head and the end of the request.
        case deliverHeadAndEnd
    }

    /// A valid head was parsed. Only in `idle` or `readingHead`.
    package mutating func headParsed(_ framing: BodyFraming, keepAlive: Bool) -> HeadAction {
        switch state {
        case .idle, .readingHead: break
        case .exchanging, .tunnelling, .lingering, .closed:
            preconditionFailure("a head was parsed while none was being read")
        }
        persists = keepAlive && !isStopping
        let request: Request = framing.isEmpty ? .complete : .receiving
        state = .exchanging(request, .pending)
        return request == .complete ? .deliverHeadAndEnd : .deliverHead
    }

    package enum RefusalAction: Equatable, Sendable {
        /// Send this response with `Connection: close`, then call `responseEnded`.
        case answer(HTTPStatus)
        /// Too late for a response: reset, so that what was sent looks broken. The connection is closed.
        case abort
        /// Nothing: the connection is on its way out anyway.
        case none
    }

    /// The bytes break the rules, or a limit, or a deadline: `status` says so. Nothing further is read as a request.
    package mutating func requestRefused(_ status: HTTPStatus) -> RefusalAction {
        persists = false
        switch state {
        case .idle, .readingHead, .exchanging(_, .pending):
            // The rest of the request is never looked at: as good as complete, but not to be followed.
            state = .exchanging(.receiving, .sending)
            return .answer(status)
        case .exchanging(_, .sending):
            state = .closed
            return .abort
        case .exchanging(_, .complete):
            state = .lingering
            return .none
        case .tunnelling, .lingering, .closed: return .none
        }
    }

    package enum NextAction: Equatable, Sendable {
        /// Go on as before.
        case proceed
        /// The exchange is over: read the next request, beginning with bytes that were held.
        case readNextRequest
        /// Shut the sending side once everything is sent, then discard input until the client closes or a deadline
        /// passes.
        case linger
        /// Close at once.
        case close
    }

    /// The body's framing says that the request is whole.
    package mutating func requestEnded() -> NextAction {
        switch state {
        case .exchanging(.receiving, let response):
            state = .exchanging(.complete, response)
            return response == .complete ? endExchange() : .proceed
        case .idle, .readingHead, .exchanging(.complete, _), .tunnelling, .lingering, .closed: return .proceed
        }
    }

    package enum ResponseStart: Equatable, Sendable {
        /// Send the head; the connection may stay open behind it.
        case send
        /// Send the head with `Connection: close`.
        case sendClosing
        /// The client is gone: send nothing.
        case drop
    }

    /// The final response begins. `canPersist` is false when its end is marked by closing, or the answerer wants to
    /// close.
    ///
    /// A response that begins before the request is whole closes the connection, unless `drainsRequest`: then the rest
    /// of the body is read and thrown away, which is worth it only when little of it is to come.
    package mutating func responseStarted(canPersist: Bool = true, drainsRequest: Bool = false) -> ResponseStart {
        guard case .exchanging(let request, .pending) = state else { return .drop }
        state = .exchanging(request, .sending)
        if !canPersist || isStopping || (request == .receiving && !drainsRequest) { persists = false }
        return persists ? .send : .sendClosing
    }

    /// The last byte of the response was handed over to be sent.
    package mutating func responseEnded() -> NextAction {
        switch state {
        case .exchanging(.complete, .sending), .exchanging(.complete, .pending):
            return endExchange()
        case .exchanging(.receiving, .sending), .exchanging(.receiving, .pending):
            if persists {
                state = .exchanging(.receiving, .complete)
                return .proceed
            }
            state = .lingering
            return .linger
        case .idle, .readingHead, .exchanging(_, .complete), .tunnelling, .lingering, .closed: return .proceed
        }
    }

    private mutating func endExchange() -> NextAction {
        guard persists, !isStopping else {
            state = .lingering
            return .linger
        }
        state = .idle
        return .readNextRequest
    }

    /// The response cannot be completed: it must look broken. The shell resets the connection.
    package mutating func responseAborted() { state = .closed }

    /// A 101 was sent: from now on bytes pass as they are.
    package mutating func switchedProtocols() {
        guard case .exchanging(.complete, _) = state else {
            preconditionFailure("protocols can be switched only when the request is whole")
        }
        persists = false
        state = .tunnelling
    }

    package enum LossAction: Equatable, Sendable {
        /// Close; nothing was in progress.
        case close
        /// Close and tell the exchange that its client is gone, so that the upstream request is cancelled.
        case cancelExchange
        /// Pass the end on; the other direction lives on.
        case passEnd
        /// Already closed.
        case none
    }

    /// The client closed its sending side. A client that leaves looks the same as one that only half-closed, and the
    /// first is what happens.
    package mutating func inputClosed() -> LossAction {
        switch state {
        case .idle, .readingHead, .lingering:
            state = .closed
            return .close
        case .exchanging(.complete, .complete):
            state = .closed
            return .close
        case .exchanging:
            state = .closed
            return .cancelExchange
        case .tunnelling: return .passEnd
        case .closed: return .none
        }
    }

    /// The connection is broken: a reset, or a failed write.
    package mutating func connectionLost() -> LossAction {
        defer { state = .closed }
        switch state {
        case .idle, .readingHead, .lingering, .exchanging(_, .complete): return .close
        case .exchanging, .tunnelling: return .cancelExchange
        case .closed: return .none
        }
    }

    /// No more requests are wanted (the process stops): an idle connection closes, another one after its response.
    package mutating func stop() -> NextAction {
        isStopping = true
        persists = false
        switch state {
        case .idle:
            state = .closed
            return .close
        case .readingHead, .exchanging, .tunnelling, .lingering, .closed: return .proceed
        }
    }

    package enum TimeoutAction: Equatable, Sendable {
        /// Send 408 with `Connection: close`, then call `responseEnded`.
        case answerTimeout
        /// Close at once.
        case close
        /// Reset, so that what was sent looks broken, and cancel the exchange.
        case abort
    }

    /// The deadline of the present state passed.
    package mutating func timedOut() -> TimeoutAction {
        switch state {
        case .idle, .lingering, .closed:
            state = .closed
            return .close
        case .readingHead, .exchanging(.receiving, .pending):
            persists = false
            state = .exchanging(.receiving, .sending)
            return .answerTimeout
        case .exchanging(.receiving, .complete):
            state = .closed
            return .close
        case .exchanging, .tunnelling:
            state = .closed
            return .abort
        }
    }
}
