/// What a client's connection waits for, and how long.
extension ServerConnectionStateMachine {
    /// Waiting for a request: the connection may be closed without harm.
    @inlinable @inline(__always) public var isIdle: Bool { if case .idle = request { true } else { false } }
    /// The next bytes are those of a head.
    @inlinable @inline(__always) public var readsHead: Bool { if case .head = inputUse { true } else { false } }
    /// A part of a head has come.
    @inlinable @inline(__always) public var awaitsHead: Bool { if case .head = request { true } else { false } }
    /// The body of a request is being read.
    @inlinable @inline(__always) public var readsBody: Bool { if case .body = request { true } else { false } }
    /// The whole request is there, and none may follow it: the connection will most likely be over at once.
    package var isLastRequestWhole: Bool {
        if case .complete = request { isOpen && closes } else { false }
    }

    public enum InputUse: Equatable, Sendable {
        /// Parse the head of a request. Not while the client does not take the last response: responses would pile up.
        case head
        /// Feed them to the framing of the body, or of the tunnel.
        case body
        /// They belong to a later request: leave them where they are.
        case hold
        /// Throw them away.
        case discard
    }

    /// What bytes from the client are for.
    @inlinable @inline(__always) public var inputUse: InputUse {
        switch request {
        case .idle, .head: .head
        case .body, .tunnel: .body
        case .complete, .tunnelEnded: .hold
        case .discarding, .closed: .discard
        }
    }

    /// Whether bytes are to be read now, apart from pauses.
    @inlinable @inline(__always) public func wantsInput(isWriteBlocked: Bool) -> Bool {
        switch inputUse {
        case .head: !isWriteBlocked
        case .body, .discard: true
        case .hold: false
        }
    }

    /// Whether the client's end is news that has to be asked for; else it is found behind the bytes, or not of
    /// interest.
    @inlinable @inline(__always) public func wantsPeerFinished(isPaused: Bool) -> Bool {
        switch request {
        case .complete: true
        case .tunnelEnded: false
        case .idle, .head, .body, .tunnel, .discarding, .closed: !isPaused
        }
    }

    public enum Wait: Equatable, Sendable {
        /// For the client to take what is sent.
        case send
        /// For a next request.
        case request
        /// For the rest of a head.
        case head
        /// For more of a body.
        case body
        /// For the client to close, while what it still sends is thrown away.
        case linger
        /// For nothing of the client's.
        case none
    }

    /// What the connection's deadline is for.
    @inlinable @inline(__always) public func wait(isWriteBlocked: Bool, isPaused: Bool) -> Wait {
        if isWriteBlocked { return .send }
        switch request {
        case .idle: return .request
        case .head: return .head
        case .body: return isPaused ? .none : .body
        case .discarding: return .linger
        case .complete, .tunnel, .tunnelEnded, .closed: return .none
        }
    }

    public enum TimeoutAction: Equatable, Sendable {
        /// The client takes nothing of what is sent: close with a reset, and tell the exchange.
        case lose
        /// No request came: close.
        case leave
        /// Refuse the request: its head took too long.
        case refuseHead
        /// See whether the body came fast enough.
        case judgeBody
        /// Everything was said, and the client does not close: close.
        case close
        /// Nothing was waited for: look for the client's end, if that was put off.
        case watch
    }

    /// The deadline has passed.
    package func timedOut(isWriteBlocked: Bool) -> TimeoutAction {
        switch request {
        case .closed: .watch
        case _ where isWriteBlocked: .lose
        case .idle: .leave
        case .head: .refuseHead
        case .body: .judgeBody
        case .discarding: .close
        case .complete, .tunnel, .tunnelEnded: .watch
        }
    }

    public enum DrainAction: Equatable, Sendable {
        /// End the sending direction and discard what still comes.
        case linger
        /// Tell the delegate that more may be sent.
        case tellWritable
        /// Go on with what was read already.
        case readOn
    }

    /// Everything that waited for the client has been sent.
    package func outputDrained() -> DrainAction {
        if isOpen { return .tellWritable }
        guard case .discarding = request, case .ended = response else { return .readOn }
        return .linger
    }
}
