/// Counts which loop serves which revision: a change is done only when no loop decides by an older table.
struct FlipBarrier: Equatable {
    /// What to do when a loop has acknowledged.
    enum Acknowledgement: Equatable {
        /// Every loop serves at least this revision now; changes up to it are done.
        case reached(revision: UInt64)
        case waiting
    }

    /// Revision that each loop serves, by loop.
    private(set) var served: [UInt64]
    private(set) var reached: UInt64

    init(loops: Int, revision: UInt64) {
        served = Array(repeating: revision, count: loops)
        reached = revision
    }

    mutating func acknowledged(loop: Int, revision: UInt64) -> Acknowledgement {
        guard served.indices.contains(loop) else {
            preconditionFailure("loop \(loop) acknowledged, but there are \(served.count)")
        }
        // Messages of one loop arrive in order, so a lower revision is an older message of the same queue.
        served[loop] = max(served[loop], revision)
        let least = served.min() ?? reached
        guard least > reached else { return .waiting }
        reached = least
        return .reached(revision: least)
    }
}
