import EventLoop

/// Changes wait for each other, so that none is refused because another is under way.
extension RouterProcess {
    /// The work of a change when it is its turn. It calls `finished` once, when every loop serves the change or when it
    /// has failed.
    struct QueuedChange: @unchecked Sendable {
        // @unchecked: confined to the control loop, which runs it a turn later.
        let run: (_ isOvertaken: Bool, _ finished: @escaping (_ rolledBack: Bool) -> Void) -> Void
    }

    /// Runs `change` at once, or after the change that is under way and those that go before it.
    /// - Returns: false when too many changes wait and this one will not run.
    func inTurn(
        _ rank: ChangeLine<QueuedChange>.Rank,
        _ change: @escaping (_ isOvertaken: Bool, _ finished: @escaping (_ rolledBack: Bool) -> Void) -> Void
    ) -> Bool {
        let change = QueuedChange(run: change)
        switch line.arrived(change, rank) {
        case .runs:
            run(change, isOvertaken: false)
            return true
        case .waits: return true
        case .full: return false
        }
    }

    /// Counts work, by +1 and -1, during which the control loop does not give way to other threads. Several may be
    /// under way at once.
    func hurry(_ change: Int) {
        hurried += change
        loop.hurries = hurried > 0
    }

    private func run(_ change: QueuedChange, isOvertaken: Bool) {
        change.run(isOvertaken) { [self] rolledBack in
            guard let next = line.finished(rolledBack: rolledBack) else { return }
            // The next change is not called from within this one: a long line would make a deep stack.
            let (work, isOvertaken) = (next.work, next.isOvertaken)
            loop.execute { [self] in run(work, isOvertaken: isOvertaken) }
        }
    }
}
