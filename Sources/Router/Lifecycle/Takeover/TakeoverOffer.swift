/// The running router's side of a take-over, for one process that asks. Pure: events in, actions out.
///
/// Until the new process says that it serves, every failure leads back to serving as before.
struct TakeoverOffer: Equatable {
    enum State: Equatable {
        /// The new process has connected and said nothing yet. Next: `offered`, `ended`.
        case silent
        /// The new process has copies of the sockets and prepares itself. Next: `stopping`, `ended`.
        case offered
        /// The new process could serve; the loops are being told to accept no more. Next: `released`, `ended`.
        case stopping(kept: [Int])
        /// Neither process accepts until the new one does. Next: `ended`.
        case released(kept: [Int])
        /// Final.
        case ended
    }

    enum Action: Equatable {
        case wait
        /// Send the version, and every listening socket.
        case offer
        /// Accept nothing more on any loop and change nothing any more, then tell `acceptingStopped`.
        case stopAccepting
        /// Send `go`.
        case release
        /// Let go of these groups, close the connection, and drain.
        case handOver(kept: [Int])
        /// Send the reason, if the peer is still there, and close; accept again if `resumes`.
        case giveUp(String, resumes: Bool)
        case nothing
    }

    private(set) var state: State = .silent

    /// How long the other side has for its next word, or the loops for theirs.
    var patienceMilliseconds: UInt64 {
        switch state {
        case .silent: 2_000
        // The new process compiles a table, looks up names and opens files meanwhile.
        case .offered: 30_000
        // Holds that stand end before, at most a lease of five seconds later.
        case .stopping: 8_000
        case .released, .ended: 2_000
        }
    }

    /// - Parameter refusal: why no process may take over now: another one does already, or something would be lost.
    mutating func received(_ message: TakeoverMessage?, refusal: String?) -> Action {
        switch (state, message) {
        case (.ended, _): return .nothing
        case (_, .abort(let reason)): return giveUp("the new process gave up: \(reason)")
        case (.silent, .claim(let version)):
            guard version == TakeoverMessage.version else {
                return giveUp("this router speaks version \(TakeoverMessage.version) of the take-over, not \(version)")
            }
            if let refusal { return giveUp(refusal) }
            state = .offered
            return .offer
        case (.offered, .ready(let kept)):
            if let refusal { return giveUp(refusal) }
            state = .stopping(kept: kept)
            return .stopAccepting
        case (.released(let kept), .serving):
            state = .ended
            return .handOver(kept: kept)
        case (.silent, _), (.offered, _), (.stopping, _), (.released, _): return giveUp("not the message that was due")
        }
    }

    /// Every loop has stopped accepting.
    mutating func acceptingStopped() -> Action {
        guard case .stopping(let kept) = state else { return .nothing }
        state = .released(kept: kept)
        return .release
    }

    mutating func peerClosed() -> Action { giveUp("the new process has gone") }

    mutating func deadlineReached() -> Action {
        switch state {
        case .silent: giveUp("nothing was said in time")
        case .offered: giveUp("the new process was not ready in time")
        case .stopping: giveUp("a loop did not answer in time")
        case .released: giveUp("the new process did not serve in time")
        case .ended: .nothing
        }
    }

    /// The router itself is to stop, or has a change that must not be lost.
    mutating func withdrawn(_ reason: String = "this router is stopping") -> Action { giveUp(reason) }

    private mutating func giveUp(_ reason: String) -> Action {
        let before = state
        state = .ended
        switch before {
        case .silent, .offered: return .giveUp(reason, resumes: false)
        case .stopping, .released: return .giveUp(reason, resumes: true)
        case .ended: return .nothing
        }
    }
}
