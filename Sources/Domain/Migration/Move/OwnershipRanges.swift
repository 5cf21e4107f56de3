/// Who owns which buckets of a group, as one store has it: always a partition of all buckets.
///
/// Each change may be made again: a step that was done, and whose answer was lost, changes nothing the second time.
package struct OwnershipRanges: Sendable, Equatable {
    package static let buckets = 0..<(CaptureSQL.lastBucket + 1)

    /// Whose store it is.
    package let side: StoreSide
    /// In the order of their buckets.
    package private(set) var ranges: [OwnershipRange]

    /// Reads the rows of a store; throws when they are no partition, or name a state that the owner cannot have.
    package init(_ rows: [OwnershipRange], at side: StoreSide) throws(OwnershipProblem) {
        let rows = rows.sorted { $0.lo < $1.lo }
        var next = Self.buckets.lowerBound
        for row in rows {
            guard row.lo == next, row.hi >= row.lo, row.hi <= CaptureSQL.lastBucket else {
                throw OwnershipProblem("the buckets from \(next) on belong to no range, or to two")
            }
            guard (row.owner == side) == (row.state != .follow) else {
                throw OwnershipProblem(
                    "the buckets \(row.lo) to \(row.hi) are owned by \(row.owner.rawValue) and in the state "
                        + "\"\(row.state.rawValue)\" at \(side.rawValue), which contradict each other")
            }
            next = row.hi + 1
        }
        guard next == Self.buckets.upperBound else {
            throw OwnershipProblem("the buckets from \(next) on belong to no range")
        }
        (self.side, ranges) = (side, rows)
    }

    /// The highest epoch of any bucket.
    package var epoch: Int { ranges.map(\.epoch).max() ?? 0 }

    /// The epoch of the move that follows. One of a store that was tampered with ends at the largest number, where no
    /// move is accepted any more.
    package static func epoch(after epoch: Int) -> Int { epoch.addingReportingOverflow(1).overflow ? epoch : epoch + 1 }

    /// How many buckets, from 0 on, the service owns; nil when what it owns is not one range that begins at 0.
    package var serviceTicks: Int? {
        let owned = ranges.filter { $0.owner == .service }
        let count = owned.reduce(0) { $0 + $1.hi - $1.lo + 1 }
        return (owned.last.map { $0.hi + 1 } ?? 0) == count ? count : nil
    }

    package func range(of bucket: Int) -> OwnershipRange? { ranges.first { $0.lo <= bucket && bucket <= $0.hi } }

    /// The parts of ranges that lie in a slice.
    package func parts(of buckets: Range<Int>) -> [OwnershipRange] {
        ranges.compactMap { range in
            var part = range
            part.lo = max(range.lo, buckets.lowerBound)
            part.hi = min(range.hi, buckets.upperBound - 1)
            return part.lo <= part.hi ? part : nil
        }
    }

    // MARK: Steps of a move

    /// The owner takes no more writes.
    package mutating func fence(_ slice: MoveSlice) throws(OwnershipProblem) {
        try change(slice) { (range) throws(OwnershipProblem) in
            switch range.state {
            case .own where range.epoch < slice.epoch: (range.state, range.epoch) = (.fenced, slice.epoch)
            case .fenced where range.epoch == slice.epoch: break
            case .own: throw Self.problem(range, "it is at epoch \(range.epoch) already")
            case .fenced: throw Self.problem(range, "another move has fenced it at epoch \(range.epoch)")
            case .follow: throw Self.problem(range, "this store does not own it")
            }
        }
    }

    /// The move was given up: the owner takes writes again. Its epoch stays raised, so that the same epoch is never
    /// granted later.
    package mutating func unfence(_ slice: MoveSlice) throws(OwnershipProblem) {
        try change(slice) { (range) throws(OwnershipProblem) in
            switch range.state {
            case .fenced where range.epoch == slice.epoch: range.state = .own
            // It was never fenced, or this is done already.
            case .own: break
            case .fenced: throw Self.problem(range, "another move has fenced it at epoch \(range.epoch)")
            case .follow: throw Self.problem(range, "the other side owns it")
            }
        }
    }

    /// The other side takes writes from here on.
    package mutating func grant(_ slice: MoveSlice) throws(OwnershipProblem) {
        let side = side
        try change(slice) { (range) throws(OwnershipProblem) in
            switch range.state {
            case .follow where range.epoch < slice.epoch:
                (range.owner, range.state, range.epoch) = (side, .own, slice.epoch)
            case .own where range.epoch >= slice.epoch: break
            case .follow, .own, .fenced:
                throw Self.problem(range, "it is \"\(range.state.rawValue)\" at epoch \(range.epoch)")
            }
        }
    }

    /// The old owner follows the new one.
    package mutating func follow(_ slice: MoveSlice) throws(OwnershipProblem) {
        let side = side
        try change(slice) { (range) throws(OwnershipProblem) in
            switch range.state {
            case .fenced where range.epoch == slice.epoch: (range.owner, range.state) = (side.other, .follow)
            case .follow: break
            case .fenced: throw Self.problem(range, "another move has fenced it at epoch \(range.epoch)")
            case .own: throw Self.problem(range, "this store takes writes for it")
            }
        }
    }

    private static func problem(_ range: OwnershipRange, _ why: String) -> OwnershipProblem {
        OwnershipProblem("the buckets \(range.lo) to \(range.hi) cannot be moved: \(why)")
    }

    // MARK: Arithmetic

    private mutating func change(
        _ slice: MoveSlice, _ body: (inout OwnershipRange) throws(OwnershipProblem) -> Void
    ) throws(OwnershipProblem) {
        var changed: [OwnershipRange] = []
        for range in ranges {
            let lo = max(range.lo, slice.buckets.lowerBound)
            let hi = min(range.hi, slice.buckets.upperBound - 1)
            guard lo <= hi else {
                changed.append(range)
                continue
            }
            if range.lo < lo { changed.append(range.cut(range.lo, lo - 1)) }
            var inner = range.cut(lo, hi)
            try body(&inner)
            changed.append(inner)
            if hi < range.hi { changed.append(range.cut(hi + 1, range.hi)) }
        }
        ranges = Self.merged(changed)
    }

    /// Neighbours of one owner and state become one range with the higher of their epochs: an epoch may rise while the
    /// owner stays, since versions of rows then only rise, and no other side has written in it.
    private static func merged(_ ranges: [OwnershipRange]) -> [OwnershipRange] {
        var merged: [OwnershipRange] = []
        for range in ranges {
            guard let last = merged.last, last.owner == range.owner, last.state == range.state,
                // What is fenced belongs to one move, which must find its epoch.
                range.state != .fenced || last.epoch == range.epoch
            else {
                merged.append(range)
                continue
            }
            merged[merged.count - 1].hi = range.hi
            merged[merged.count - 1].epoch = max(last.epoch, range.epoch)
        }
        return merged
    }
}

extension OwnershipRange {
    fileprivate func cut(_ lo: Int, _ hi: Int) -> OwnershipRange {
        var part = self
        (part.lo, part.hi) = (lo, hi)
        return part
    }
}
