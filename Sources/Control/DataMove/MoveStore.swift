package import Migration

/// One of the two stores of a move. Every change is one transaction that is durable when the call returns, and may be
/// made again: where it was made already, it changes nothing and answers the same.
///
/// A call that throws may have been carried out all the same, as when only the answer of a commit was lost.
package protocol MoveStore {
    /// Who owns which buckets, as this store has it.
    func ranges() throws -> OwnershipRanges
    /// The owner takes no more writes of the slice; answers the number of the last change that it took.
    func fence(_ slice: MoveSlice) throws -> Int
    /// The owner takes writes again.
    func unfence(_ slice: MoveSlice) throws
    /// This store takes the slice's writes from here on.
    /// - Parameter position: of the owner's last change, which this store has applied.
    func grant(_ slice: MoveSlice, position: Int) throws
    /// The old owner follows.
    func follow(_ slice: MoveSlice) throws

    /// The last change of the other store that was looked at and applied here.
    func position() throws -> Int
    /// How many changes of the group this store has after a position of the other one, up to a number of its own.
    func undrained(after position: Int, upTo last: Int) throws -> Int
    /// The users of a slice, as this store lists them.
    func keys(in buckets: Range<Int>) throws -> [String]
    /// Every row of these users.
    func digest(of keys: [String]) throws -> TableDigest
    /// Buckets of the users that would move next, in the direction of travel.
    func bucketsAhead(from ticks: Int, to goal: Int, limit: Int) throws -> [Int]
}
