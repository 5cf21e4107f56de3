/// Orders the changes of what is served: one after the other, rollbacks before all others, and each kind in the order
/// in which it came.
///
/// Pure: it decides which change is next, and the shell runs it. `Work` is what the shell runs.
struct ChangeLine<Work> {
    enum Rank: Equatable {
        /// Goes before all others, and is never refused.
        case rollback
        case other
    }

    enum Arrival: Equatable {
        /// No change is under way, so this one runs now.
        case runs
        case waits
        /// As many changes wait as may; the caller is to try again later.
        case full
    }

    /// A change that may run now.
    struct Turn {
        let work: Work
        /// Whether a rollback that came later went first and changed what is served, so that this change was meant for
        /// another state.
        let isOvertaken: Bool
    }

    /// The limit of changes that wait, without rollbacks. The number of rollbacks is bounded by the connections of the
    /// admin API, each of which waits for one response, and by the routes, for each of which the router itself asks
    /// once.
    static var limit: Int { 64 }

    private(set) var isBusy = false
    private var rollbacks: [Work] = []
    private var others: [(work: Work, rollbacksBefore: Int)] = []
    /// The number of rollbacks that changed something, since the start.
    private var rollbacksDone = 0

    var waiting: Int { rollbacks.count + others.count }

    /// A change has arrived. With `runs` it is its turn now, until `finished`.
    mutating func arrived(_ work: Work, _ rank: Rank) -> Arrival {
        guard isBusy else {
            isBusy = true
            return .runs
        }
        switch rank {
        case .rollback: rollbacks.append(work)
        case .other:
            guard others.count < Self.limit else { return .full }
            others.append((work, rollbacksDone))
        }
        return .waits
    }

    /// The change that is under way has ended.
    /// - Parameter rolledBack: whether it was a rollback that changed what is served.
    /// - Returns: the next change, or nil when none waits.
    mutating func finished(rolledBack: Bool) -> Turn? {
        precondition(isBusy, "a change ended that had never begun")
        if rolledBack { rollbacksDone += 1 }
        if !rollbacks.isEmpty { return Turn(work: rollbacks.removeFirst(), isOvertaken: false) }
        guard !others.isEmpty else {
            isBusy = false
            return nil
        }
        let next = others.removeFirst()
        return Turn(work: next.work, isOvertaken: next.rollbacksBefore != rollbacksDone)
    }
}
