/// Decides what becomes of one hold: answers of the loops, the end of times and the wishes of its owner go in, and each
/// returns what is to be done. Pure. `HoldDesk` carries it out.
///
/// A hold can be asked for again while it stands, to renew its lease or to widen it. Each request has a number, its
/// generation: what a loop says to an earlier one tells nothing of the newest.
struct HoldStateMachine: Equatable, Sendable {
    enum State: Equatable, Sendable {
        /// The loops have been told. Of them, `unanswered` have not said that they hold, and `busy` of the others have
        /// requests under way that began before. Next: `holding`, `drained`, `released`, `expired`.
        case requested(unanswered: Int, busy: Int)
        /// Every loop holds. Next: `drained`, `requested`, `released`, `expired`.
        case holding(busy: Int)
        /// No request that began before is under way on any loop. Next: `requested`, `released`, `expired`.
        case drained
        /// Final.
        case released
        /// Its lease ran out on some loop. Final.
        case expired
    }

    /// What a loop says when it has been told.
    enum Acknowledgement: Equatable, Sendable {
        /// It holds, and nothing that began before is under way.
        case empty
        /// It holds, and some requests that began before are under way; it says so when the last one has ended.
        case busy
        /// The hold was to be renewed, and its lease has run out on this loop: some requests may have passed.
        case gone
    }

    enum Progress: Equatable, Sendable {
        case wait
        /// Tell whoever asked that the hold has what it was asked for.
        case drained
        /// The hold is over: release it on every loop, and say that it has expired.
        case expired
    }

    enum AskAction: Equatable, Sendable {
        /// Tell every loop, with the new generation.
        case tellLoops
        case nothing
    }

    enum EndAction: Equatable, Sendable {
        /// Release it on every loop.
        case release
        case nothing
    }

    private(set) var state: State
    private(set) var generation: UInt64 = 1

    /// It has just been asked for, and every loop is to be told.
    init(loops: Int) { state = .requested(unanswered: loops, busy: 0) }

    var hasEnded: Bool {
        switch state {
        case .requested, .holding, .drained: false
        case .released, .expired: true
        }
    }

    /// It is asked for once more: its lease is renewed, or it is widened.
    mutating func askedAgain(loops: Int) -> AskAction {
        switch state {
        case .requested, .holding, .drained:
            generation += 1
            state = .requested(unanswered: loops, busy: 0)
            return .tellLoops
        case .released, .expired: return .nothing
        }
    }

    /// A loop holds, or no longer can.
    mutating func acknowledged(_ answer: Acknowledgement, of generation: UInt64) -> Progress {
        guard generation == self.generation, case .requested(let unanswered, let busy) = state else { return .wait }
        switch answer {
        case .gone:
            state = .expired
            return .expired
        case .empty: return settle(unanswered: unanswered - 1, busy: busy)
        case .busy: return settle(unanswered: unanswered - 1, busy: busy + 1)
        }
    }

    /// The last request that began before has ended on a loop.
    mutating func emptied(of generation: UInt64) -> Progress {
        guard generation == self.generation else { return .wait }
        switch state {
        case .requested(let unanswered, let busy) where busy > 0:
            return settle(unanswered: unanswered, busy: busy - 1)
        case .holding(let busy): return settle(unanswered: 0, busy: busy - 1)
        case .requested, .drained, .released, .expired: return .wait
        }
    }

    private mutating func settle(unanswered: Int, busy: Int) -> Progress {
        switch (unanswered, busy) {
        case (0, 0):
            state = .drained
            return .drained
        case (0, _): state = .holding(busy: busy)
        case (_, _): state = .requested(unanswered: unanswered, busy: busy)
        }
        return .wait
    }

    /// Requests under way have had their time.
    mutating func drainTimePassed() -> EndAction {
        switch state {
        case .requested, .holding:
            state = .released
            return .release
        case .drained, .released, .expired: return .nothing
        }
    }

    mutating func leasePassed() -> EndAction { end(.expired) }

    /// Somebody wants it to end.
    mutating func releaseAsked() -> EndAction { end(.released) }

    private mutating func end(_ end: State) -> EndAction {
        switch state {
        case .requested, .holding, .drained:
            state = end
            return .release
        case .released, .expired: return .nothing
        }
    }
}
