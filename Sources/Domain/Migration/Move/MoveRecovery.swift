/// What a coordinator has to do before anything else, decided by what both stores say: they are the truth, and the
/// journal and the routes are derived from them.
package enum MoveRecovery: Sendable, Equatable {
    /// Nothing is owed by the stores; the service owns so many buckets from 0 on, which the routers must serve.
    case settled(ticks: Int)
    /// A fence stands, and the other side was not granted.
    case back(MoveSlice)
    /// A fence stands, and the other side was granted.
    case forward(MoveSlice)
    /// The stores contradict each other: a person must look. A sentence without a full stop.
    case contradiction(String)

    package static func decide(monolith: OwnershipRanges, service: OwnershipRanges) -> MoveRecovery {
        let fenced = monolith.ranges.filter { $0.state == .fenced } + service.ranges.filter { $0.state == .fenced }
        guard fenced.count <= 1 else {
            return .contradiction("\(fenced.count) ranges are fenced, and one move fences one")
        }
        guard let fence = fenced.first else { return settled(monolith, service) }
        let slice = MoveSlice(buckets: fence.lo..<(fence.hi + 1), from: fence.owner, epoch: fence.epoch)
        let others = (fence.owner == .monolith ? service : monolith).parts(of: slice.buckets)
        if others.allSatisfy({ $0.state == .follow && $0.epoch < slice.epoch }) { return .back(slice) }
        if others.allSatisfy({ $0.state == .own && $0.epoch >= slice.epoch }) { return .forward(slice) }
        return .contradiction(
            "the buckets \(fence.lo) to \(fence.hi) are fenced at \(fence.owner.rawValue) for epoch \(fence.epoch), and "
                + "\(fence.owner.other.rawValue) neither follows nor was granted all of them")
    }

    private static func settled(_ monolith: OwnershipRanges, _ service: OwnershipRanges) -> MoveRecovery {
        guard let ticks = monolith.serviceTicks, ticks == service.serviceTicks else {
            let words = [monolith, service].map { ranges in
                "\(ranges.side.rawValue) says "
                    + (ranges.serviceTicks.map { "[0, \($0))" } ?? "that they are no range from 0 on")
            }
            return .contradiction(
                "the stores name different buckets as the service's: " + words.joined(separator: ", "))
        }
        return .settled(ticks: ticks)
    }
}
