/// The new process's side of a take-over. Pure: events in, actions out.
struct TakeoverClaim: Equatable {
    enum State: Equatable {
        /// Next: `receiving`, `preparing`, `ended`.
        case claimed
        /// Packets with sockets are still to come. Next: `preparing`, `ended`.
        case receiving(packets: Int)
        /// This process has every socket. Next: `ready`, `ended`.
        case preparing
        /// This process could serve. Next: `serving`, `ended`.
        case ready
        /// This process serves, unless the old router aborts. Next: `ended`.
        case serving
        /// Final.
        case ended
    }

    enum Action: Equatable {
        case wait
        /// Keep the descriptors of this message; more are to come.
        case keep
        /// Keep the descriptors of this message, which was the last one.
        case prepare
        /// The sockets are ours: read the configuration once more, accept, and say `serving`.
        case serve
        /// The old router has let go, or has died. The take-over is complete.
        case settled
        /// End: the old router serves on.
        case fail(String)
    }

    private(set) var state: State = .claimed

    /// - Parameter descriptors: how many came with it.
    mutating func received(_ message: TakeoverMessage?, descriptors: Int) -> Action {
        guard descriptors == 0 || isReceiving else { return fail("the running router sent sockets that were not due") }
        switch (state, message) {
        case (.ended, _): return .wait
        case (_, .abort(let reason)): return fail("the running router refused: \(reason)")
        case (.claimed, .offer(let version, let packets)):
            guard version == TakeoverMessage.version else {
                return fail("the running router speaks version \(version) of the take-over")
            }
            guard packets > 0 else { return fail("the running router has no sockets to hand over") }
            state = .receiving(packets: packets)
            return .wait
        case (.receiving(let packets), .sockets):
            guard descriptors > 0 else { return fail("the running router announced sockets and sent none") }
            state = packets > 1 ? .receiving(packets: packets - 1) : .preparing
            return packets > 1 ? .keep : .prepare
        case (.ready, .go):
            state = .serving
            return .serve
        // Whatever the message says, the old router has not given up its sockets.
        case (.serving, _): return .wait
        case (.claimed, _), (.receiving, _), (.preparing, _), (.ready, _):
            return fail("the running router did not say what was due")
        }
    }

    /// Everything is built; `ready` is about to be sent.
    mutating func prepared() {
        guard state == .preparing else { preconditionFailure("prepared in state \(state)") }
        state = .ready
    }

    /// A router that lives says `abort` before it closes. One that says nothing has died, and from `ready` on only this
    /// process can serve.
    mutating func peerClosed() -> Action {
        switch state {
        case .ready:
            state = .serving
            return .serve
        case .serving, .ended:
            state = .ended
            return .settled
        case .claimed, .receiving, .preparing: return fail("the running router ended the take-over without a word")
        }
    }

    mutating func timedOut() -> Action {
        // The old router reads that we serve as soon as it runs again.
        if state == .serving { return peerClosed() }
        return fail("the running router did not answer in time")
    }

    private var isReceiving: Bool {
        if case .receiving = state { true } else { false }
    }

    private mutating func fail(_ reason: String) -> Action {
        state = .ended
        return .fail(reason)
    }
}
