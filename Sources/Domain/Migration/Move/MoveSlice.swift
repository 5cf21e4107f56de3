/// Buckets that change their owner in one go: a trivial value.
package struct MoveSlice: Sendable, Equatable {
    package var buckets: Range<Int>
    /// Who owns them before.
    package var from: StoreSide
    /// Of the buckets after the move; above every epoch that either store has.
    package var epoch: Int

    package init(buckets: Range<Int>, from: StoreSide, epoch: Int) {
        (self.buckets, self.from, self.epoch) = (buckets, from, epoch)
    }

    /// The move's name: no other move of the group has its epoch.
    package func move(of group: String) -> String { "\(group)/\(epoch)" }

    package var to: StoreSide { from.other }

    /// How many buckets, from 0 on, the service owns once the slice has moved: what the routers are to serve then.
    package var ticks: Int { from == .monolith ? buckets.upperBound : buckets.lowerBound }

    /// The same before the move.
    package var ticksBefore: Int { from == .monolith ? buckets.lowerBound : buckets.upperBound }
}

extension StoreSide {
    package var other: StoreSide { self == .monolith ? .service : .monolith }
}
