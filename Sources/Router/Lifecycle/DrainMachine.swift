/// The states of the process from serving to exit: the first SIGTERM drains, the second one ends the process at once.
struct DrainMachine: Equatable {
    enum State: Equatable {
        /// Next: `draining`.
        case serving
        /// Not ready any more and accepting nothing; exchanges that run may finish until `deadline` (milliseconds).
        /// Next: `ended`.
        case draining(deadline: Int64)
        /// Final.
        case ended
    }

    enum StopAction: Equatable {
        /// Turn readiness false, close the listeners, mark every further response `Connection: close`, start the clock.
        case drain(deadline: Int64)
        /// End now, whatever runs.
        case exitNow
        case nothing
    }

    enum ProgressAction: Equatable {
        case wait
        /// Every exchange ended in time: exit status 0.
        case exitClean
        /// The deadline passed with work left: cut it, exit status 0 (the deadline was the agreement).
        case exitCutting(open: Int)
    }

    private(set) var state: State = .serving

    var isDraining: Bool { state != .serving }

    mutating func stopRequested(now: Int64, patienceMilliseconds: Int64) -> StopAction {
        switch state {
        case .serving:
            let deadline = now + patienceMilliseconds
            state = .draining(deadline: deadline)
            return .drain(deadline: deadline)
        case .draining:
            state = .ended
            return .exitNow
        case .ended:
            return .nothing
        }
    }

    /// - Parameter open: exchanges and unread bytes still to be finished, over all loops.
    mutating func progressed(now: Int64, open: Int) -> ProgressAction {
        switch state {
        case .serving, .ended: return .wait
        case .draining(let deadline):
            if open == 0 {
                state = .ended
                return .exitClean
            }
            guard now >= deadline else { return .wait }
            state = .ended
            return .exitCutting(open: open)
        }
    }
}
