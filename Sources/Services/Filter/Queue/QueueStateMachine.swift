/// One job's place in the durable queue: pure, its clock and its chance come in with the events.
///
/// The entry is a row of `queue`; whoever holds the store's write lock reads it, asks this machine, and writes what it
/// answers. Times are milliseconds since 1970.
package struct QueueStateMachine: Sendable, Equatable {
    package enum State: Sendable, Equatable {
        /// Waits for a worker, not before `availableAt`. Next: `leased`, `dead`.
        case queued(availableAt: Int)
        /// A worker has it until `expiresAt`, unless it says again that it lives. Next: `done`, `queued`, `dead`.
        case leased(owner: String, expiresAt: Int)
        /// Final: the result is stored.
        case done
        /// Final: given up, with the last reason.
        case dead(reason: String)
    }

    /// How patient the queue is.
    package struct Policy: Sendable, Equatable {
        /// A worker that is silent for so long is taken for dead.
        package var lease = 15_000
        /// A job is begun at most so often.
        package var attempts = 5
        /// The wait after the first failure; doubled with each further one.
        package var firstDelay = 500
        package var longestDelay = 30_000

        package init() {}
    }

    package private(set) var state: State
    /// How often a worker has begun it.
    package private(set) var attempts: Int
    private let policy: Policy

    package init(state: State, attempts: Int, policy: Policy = Policy()) {
        self.state = state
        self.attempts = attempts
        self.policy = policy
    }

    package enum ClaimAction: Sendable, Equatable {
        case work(attempt: Int)
        /// Too early, taken by another, or finished.
        case leaveIt
    }

    package mutating func claimed(by owner: String, now: Int) -> ClaimAction {
        switch state {
        case .queued(let availableAt):
            guard availableAt <= now else { return .leaveIt }
            attempts += 1
            state = .leased(owner: owner, expiresAt: now + policy.lease)
            return .work(attempt: attempts)
        case .leased, .done, .dead:
            return .leaveIt
        }
    }

    package enum HeartbeatAction: Sendable, Equatable {
        case goOn
        /// The lease is another's by now: whatever comes out must not be stored.
        case abandon
    }

    package mutating func heartbeat(of owner: String, now: Int) -> HeartbeatAction {
        switch state {
        case .leased(owner, _):
            state = .leased(owner: owner, expiresAt: now + policy.lease)
            return .goOn
        case .leased, .queued, .done, .dead:
            return .abandon
        }
    }

    package enum SuccessAction: Sendable, Equatable {
        case storeResult
        /// Another worker has it, or has finished it.
        case dropResult
    }

    /// A late finisher whose lease has run out may still store its result as long as nobody else has begun.
    package mutating func succeeded(_ owner: String) -> SuccessAction {
        switch state {
        case .leased(owner, _):
            state = .done
            return .storeResult
        case .leased, .queued, .done, .dead:
            return .dropResult
        }
    }

    package enum FailureAction: Sendable, Equatable {
        case retry(at: Int)
        case bury(reason: String)
        case ignore
    }

    /// - Parameter jitter: 0 to 1; the wait is between half and the whole of its nominal length, so that jobs which
    ///   failed together do not come back together.
    package mutating func failed(
        _ owner: String, reason: String, canRetry: Bool, now: Int, jitter: Double
    ) -> FailureAction {
        switch state {
        case .leased(owner, _):
            return giveUpOrRetry(reason: reason, canRetry: canRetry, now: now, jitter: jitter)
        case .leased, .queued, .done, .dead:
            return .ignore
        }
    }

    package enum ReturnAction: Sendable, Equatable {
        case requeue
        case ignore
    }

    /// A worker that must stop hands back what it has not finished. That is no fault of the job's: not an attempt.
    package mutating func givenBack(by owner: String, now: Int) -> ReturnAction {
        switch state {
        case .leased(owner, _):
            attempts = max(0, attempts - 1)
            state = .queued(availableAt: now)
            return .requeue
        case .leased, .queued, .done, .dead:
            return .ignore
        }
    }

    /// The worker is known to be dead. The job may be what killed it, so it counts, and waits.
    package mutating func ownerDied(_ owner: String, now: Int, jitter: Double) -> FailureAction {
        switch state {
        case .leased(owner, _):
            return giveUpOrRetry(reason: "the worker died", canRetry: true, now: now, jitter: jitter)
        case .leased, .queued, .done, .dead:
            return .ignore
        }
    }

    package mutating func timePassed(now: Int, jitter: Double) -> FailureAction {
        switch state {
        case .leased(_, let expiresAt) where expiresAt <= now:
            return giveUpOrRetry(reason: "the worker fell silent", canRetry: true, now: now, jitter: jitter)
        case .leased, .queued, .done, .dead:
            return .ignore
        }
    }

    private mutating func giveUpOrRetry(reason: String, canRetry: Bool, now: Int, jitter: Double) -> FailureAction {
        guard canRetry, attempts < policy.attempts else {
            state = .dead(reason: reason)
            return .bury(reason: reason)
        }
        let doublings = min(max(attempts - 1, 0), 20)
        let nominal = min(policy.longestDelay, policy.firstDelay << doublings)
        let wait = nominal / 2 + Int(Double(nominal - nominal / 2) * min(1, max(0, jitter)))
        state = .queued(availableAt: now + wait)
        return .retry(at: now + wait)
    }
}
