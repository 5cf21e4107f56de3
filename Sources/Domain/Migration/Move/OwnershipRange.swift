/// Neighbouring buckets that one side owns, as one store sees them: a row of `_sf_own`.
package struct OwnershipRange: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        /// This store takes writes. Next: `fenced`.
        case own
        /// This store owned the buckets, takes no more writes, and the other side may have been granted them. Next:
        /// `own` (the move was given up), `follow` (it was done).
        case fenced
        /// The other store takes writes. Next: `own`.
        case follow
    }

    /// The first and the last bucket, both included.
    package var lo: Int
    package var hi: Int
    package var owner: StoreSide
    /// Rises with each move that touches the buckets; within one epoch only one side commits writes.
    package var epoch: Int
    package var state: State

    package init(lo: Int, hi: Int, owner: StoreSide, epoch: Int, state: State) {
        (self.lo, self.hi, self.owner, self.epoch, self.state) = (lo, hi, owner, epoch, state)
    }
}

/// Why ownership cannot be changed as it was asked: a sentence without a full stop.
package struct OwnershipProblem: Error, Sendable, Equatable {
    package let reason: String
    package init(_ reason: String) { self.reason = reason }
}
