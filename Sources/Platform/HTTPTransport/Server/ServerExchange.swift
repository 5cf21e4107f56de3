/// Where the two halves of an exchange on a client connection stand. Pure: events in, actions out.
struct ServerExchange: Equatable {
    enum Request: Equatable {
        /// No byte of a next request. Next: `head`, `body`, `complete`.
        case idle
        /// Part of a head is there. Next: `body`, `complete`, `discarding`.
        case head
        /// Next: `complete`, `discarding`, `tunnel`.
        case body
        /// Read whole; what follows waits until it is answered. Next: `idle`, `tunnel`, `discarding`.
        case complete
        /// Raw bytes both ways, after 101. Next: `complete`.
        case tunnel
        /// Nothing of what comes matters any more; it is read so that the client can read the response. Final.
        case discarding
    }

    enum Response: Equatable {
        /// Next: `begun`.
        case none
        /// The head has gone. Next: `ended`.
        case begun
        /// Complete. Next: `none`.
        case ended
    }

    var request: Request = .idle
    var response: Response = .none
    /// A `requestHead` has been delivered and its `exchangeEnded` has not.
    var isOpen = false
    /// The connection ends with this exchange.
    var closes = false
    /// Raw bytes have gone both ways. For good.
    var isTunnel = false

    /// The connection waits for a request and may be closed without harm.
    var isIdle: Bool { request == .idle && response == .none && !isOpen }

    enum FinishAction: Equatable {
        /// Wait for the next request.
        case next
        /// Close when everything has been sent; nothing more can come.
        case closeWhenSent
        /// Send everything, end the sending direction, then read and discard for a while.
        case linger
    }

    /// The response is complete.
    mutating func responseFinished(hasSurplus: Bool) -> FinishAction {
        response = .ended
        isOpen = false
        if request != .complete && request != .idle {
            request = .discarding
            return .linger
        }
        guard closes else {
            request = .idle
            response = .none
            return .next
        }
        request = .discarding
        return hasSurplus ? .linger : .closeWhenSent
    }

    enum RefuseAction: Equatable {
        /// Let the delegate answer; the connection closes after it.
        case answer
        /// A response is under way already: break it off.
        case breakOff
    }

    /// The request turned out bad.
    mutating func requestFailed() -> RefuseAction {
        closes = true
        request = .discarding
        return response == .none ? .answer : .breakOff
    }
}
