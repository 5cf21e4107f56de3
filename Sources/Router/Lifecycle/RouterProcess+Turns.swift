import EventLoop

/// Changes wait for each other here, so that none is refused because another is under way.
extension RouterProcess {
    /// What a change does when it is its turn. It calls `finished` once, when every loop serves it or when it will not
    /// be.
    struct QueuedChange: @unchecked Sendable {
        // @unchecked: confined to the control loop, which runs it a turn later.
        let run: (_ isOvertaken: Bool, _ finished: @escaping (_ rolledBack: Bool) -> Void) -> Void
    }

    /// Runs `change` when it is its turn: at once, or after what is under way and what goes before it.
    /// - Returns: false: too many wait, it will not run.
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

    /// One more, or one fewer, is under way that must not wait for other loops of the machine; several may be at once.
    func hurry(_ change: Int) {
        hurried += change
        loop.hurries = hurried > 0
    }

    private func run(_ change: QueuedChange, isOvertaken: Bool) {
        change.run(isOvertaken) { [self] rolledBack in
            guard let next = line.finished(rolledBack: rolledBack) else { return }
            // Not from within: a long line would be a deep stack.
            let (work, isOvertaken) = (next.work, next.isOvertaken)
            loop.execute { [self] in run(work, isOvertaken: isOvertaken) }
        }
    }
}
