/// Cuts the way from one percentage to another into slices of few users: the lowest buckets first on the way up, the
/// highest first on the way down, so that what the service owns is one range at every moment and a stop between two
/// slices is a percentage like any other.
package struct SlicePlan: Sendable, Equatable {
    /// Most users of a slice. Default 256: their rows are drained and compared within a few milliseconds. Users of one
    /// bucket are never parted, so a bucket with more of them is a slice of its own.
    package static let mostKeys = 256

    package private(set) var slices: [Range<Int>] = []
    /// Users that move.
    package private(set) var keys = 0

    /// - Parameters:
    ///   - ticks: how many buckets the service owns.
    ///   - goal: how many it is to own.
    ///   - buckets: of the users, in any order; those that do not move are left out.
    package init(from ticks: Int, to goal: Int, buckets: [Int], mostKeys: Int = SlicePlan.mostKeys) {
        let isUp = goal > ticks
        let moving = (isUp ? ticks..<goal : goal..<ticks)
        var ahead = buckets.filter(moving.contains).sorted(by: isUp ? { $0 < $1 } : { $0 > $1 })[...]
        keys = ahead.count
        var ticks = ticks
        while let slice = Self.first(
            from: ticks, to: goal, ahead: Array(ahead.prefix(mostKeys + 1)), mostKeys: mostKeys)
        {
            slices.append(slice)
            ticks = isUp ? slice.upperBound : slice.lowerBound
            ahead = ahead.drop(while: slice.contains)
        }
    }

    /// The next slice; nil when the goal is reached.
    ///
    /// - Parameter ahead: buckets of the users that would move next, in the direction of travel; one more than
    ///   `mostKeys` is enough.
    package static func first(from ticks: Int, to goal: Int, ahead: [Int], mostKeys: Int = mostKeys) -> Range<Int>? {
        let cut = ahead.count > mostKeys ? ahead[mostKeys] : nil
        if ticks < goal { return ticks..<(cut.map { max($0, ticks + 1) } ?? goal) }
        if ticks > goal { return (cut.map { min($0 + 1, ticks - 1) } ?? goal)..<ticks }
        return nil
    }
}
