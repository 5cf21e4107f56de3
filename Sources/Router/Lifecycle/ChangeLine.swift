/// Changes of what is served, one after the other: rollbacks before everything else, and each kind in the order in
/// which it came.
///
/// Pure: it says whose turn it is, and the shell lets it run. `Work` is what the shell runs.
struct ChangeLine<Work> {
    enum Rank: Equatable {
        /// Goes before all others, and is never refused.
        case rollback
        case other
    }

    enum Arrival: Equatable {
        /// Nobody is under way: it is this one's turn.
        case runs
        case waits
        /// As many wait as may; come again.
        case full
    }

    /// One that may run now.
    struct Turn {
        let work: Work
        /// A rollback that came later went first and has changed what is served: what was asked for was asked of
        /// another state.
        let isOvertaken: Bool
    }

    /// Of changes that wait, rollbacks not counted. Those are bounded by the connections of the admin API, each of
    /// which waits for one response, and by the routes: whoever asks inside the router asks once for each.
    static var limit: Int { 64 }

    private(set) var isBusy = false
    private var rollbacks: [Work] = []
    private var others: [(work: Work, rollbacksBefore: Int)] = []
    /// Rollbacks that changed something, ever.
    private var rollbacksDone = 0

    var waiting: Int { rollbacks.count + others.count }

    /// Wants its turn. `runs`: it has it now, until `finished`.
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

    /// The one under way has come to its end.
    /// - Parameter rolledBack: it was a rollback that changed what is served.
    /// - Returns: who is next; nobody: the line is empty.
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
