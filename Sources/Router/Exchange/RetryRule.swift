import Routing

/// Decides whether a failed attempt is repeated. Pure: facts in, decision out.
///
/// The rules are those of HTTP itself (RFC 9110 §9.2.2) made narrow: what was never sent may be sent again whatever the
/// method; what may have been seen is repeated only when repeating cannot matter (an idempotent method), when the very
/// same bytes are still at hand, and when no byte of a response has come. A POST whose first byte left is never
/// repeated.
struct RetryRule: Equatable, Sendable {
    /// Repeats after the first attempt.
    var attempts = UInt8(clamping: RetryPolicy.standard.attempts)
    var onConnectFailure = RetryPolicy.standard.reasons.contains(.connectFailure)
    var onResetBeforeResponse = RetryPolicy.standard.reasons.contains(.resetBeforeResponse)
    /// The most that all waiting between attempts may add to a request.
    var longestWaitMilliseconds = UInt32(clamping: RetryPolicy.standard.window.milliseconds)
    /// A read may be answered by legacy when the service cannot be reached.
    var fallsBackForReads = true

    /// What is known when an attempt has failed.
    struct Situation: Equatable {
        var failure: Failure
        /// GET, HEAD, OPTIONS, PUT, DELETE (RFC 9110 §9.2.2; TRACE never gets here).
        var isIdempotent: Bool
        /// GET or HEAD.
        var isRead: Bool
        /// The request has no body, or all of it is still at hand to be sent again.
        var isReplayable: Bool
        /// Bytes of a response have gone to the client or were received.
        var responseBegun: Bool
        /// Repeats made so far.
        var retries: UInt8
        /// Milliseconds spent waiting between attempts so far.
        var waited: UInt32
        /// The side that failed is the service and legacy has not been tried.
        var mayFallBack: Bool
        /// The connection came from the pool: that it ended says that it was old, not that the upstream fails.
        var wasReused = false
        /// Another endpoint of the side, where it has not failed yet, is well.
        var hasSibling = false
    }

    enum Decision: Equatable {
        /// Once more to the same side, on a fresh connection, after so many milliseconds.
        case retry(afterMilliseconds: UInt32)
        /// To the other side, at once.
        case fallBack
        case giveUp
    }

    /// - Parameters:
    ///   - random: any 32 random bits, for the jitter.
    ///   - budget: charged when bytes had been sent on a new connection; a refused one costs the upstream nothing and
    ///     is free.
    func decide(_ situation: Situation, random: UInt32, budget: inout RetryBudget) -> Decision {
        guard !situation.responseBegun, situation.isReplayable else { return .giveUp }
        let maySend: Bool
        let immediately: Bool
        switch situation.failure {
        case .connectRefused, .connectFailed, .connectTimeout:
            // Nothing was sent: the next endpoint may have it at once.
            if onConnectFailure, maySendToSibling(situation) { return .retry(afterMilliseconds: 0) }
            // Legacy is there and nothing was sent: a read need not wait for the service to come back.
            if mayFallBack(situation) { return .fallBack }
            maySend = onConnectFailure && situation.failure != .connectTimeout
            immediately = false
        case .closedUnsent, .closedUnanswered:
            maySend = onResetBeforeResponse && (situation.failure.reach == .nothing || situation.isIdempotent)
            immediately = situation.retries == 0
        case .malformedResponse, .closedInHead:
            guard mayFallBack(situation) else { return .giveUp }
            // What legacy may answer, a sibling may as well, and legacy still after it.
            return maySendToSibling(situation) && budget.take() ? .retry(afterMilliseconds: 0) : .fallBack
        case .noConnection, .queueFull:
            return mayFallBack(situation) ? .fallBack : .giveUp
        case .responseTimeout, .idleTimeout, .responseCut, .exchangeTimeout, .noStream, .circuitOpen, .inFlight,
            .memory, .holdFull, .heldTooLong, .misdirected, .noRoute, .bodyTooLarge, .requestTimeout:
            return .giveUp
        }
        guard maySend else { return .giveUp }
        guard situation.retries < min(attempts, 2) else { return mayFallBack(situation) ? .fallBack : .giveUp }
        // An old connection costs no budget: its repeat goes to a fresh one, and so cannot come to this again.
        if situation.failure.reach == .request, !situation.wasReused, !budget.take() {
            return mayFallBack(situation) ? .fallBack : .giveUp
        }
        let delay = immediately ? 0 : Self.delay(retries: situation.retries, random: random)
        guard situation.waited + delay <= longestWaitMilliseconds else { return .giveUp }
        return .retry(afterMilliseconds: delay)
    }

    private func maySendToSibling(_ situation: Situation) -> Bool {
        situation.hasSibling && situation.retries < min(attempts, 2)
    }

    private func mayFallBack(_ situation: Situation) -> Bool {
        fallsBackForReads && situation.isRead && situation.mayFallBack
    }

    /// 30 to 69 ms before the first repeat, 130 to 199 ms before the second: together they bridge a restart of about
    /// 150 ms, and stay below 300 ms.
    private static func delay(retries: UInt8, random: UInt32) -> UInt32 {
        retries == 0 ? 30 + random % 40 : 130 + random % 70
    }
}
