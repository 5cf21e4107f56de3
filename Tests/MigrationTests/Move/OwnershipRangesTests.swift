import TestSupport
import Testing

@testable import Migration

@Suite struct OwnershipRangesTests {
    private func whole(_ side: StoreSide, epoch: Int = 1) throws -> OwnershipRanges {
        try OwnershipRanges(
            [
                OwnershipRange(
                    lo: 0, hi: 999_999, owner: .monolith, epoch: epoch, state: side == .monolith ? .own : .follow)
            ], at: side)
    }

    private func row(_ lo: Int, _ hi: Int, _ owner: StoreSide, _ epoch: Int, _ state: OwnershipRange.State)
        -> OwnershipRange
    { OwnershipRange(lo: lo, hi: hi, owner: owner, epoch: epoch, state: state) }

    @Test(arguments: [
        [(0, 10), (12, 999_999)], [(0, 10), (10, 999_999)], [(1, 999_999)], [(0, 999_998)], [(0, 1_000_000)], [],
        [(0, -1), (0, 999_999)],
    ])
    func `rows that are no partition are refused`(rows: [(Int, Int)]) {
        #expect(throws: OwnershipProblem.self) {
            try OwnershipRanges(rows.map { row($0.0, $0.1, .monolith, 1, .own) }, at: .monolith)
        }
    }

    @Test(arguments: [
        (StoreSide.service, OwnershipRange.State.own), (.service, .fenced), (.monolith, .follow),
    ])
    func `a state that the owner cannot have is refused`(owner: StoreSide, state: OwnershipRange.State) {
        #expect(throws: OwnershipProblem.self) {
            try OwnershipRanges([row(0, 999_999, owner, 1, state)], at: .monolith)
        }
    }

    @Test func `a slice goes up and comes back, and neighbours are one range again`() throws {
        var (monolith, service) = (try whole(.monolith), try whole(.service))
        let up = MoveSlice(buckets: 0..<2_500, from: .monolith, epoch: 2)
        try monolith.fence(up)
        #expect(monolith.ranges == [row(0, 2_499, .monolith, 2, .fenced), row(2_500, 999_999, .monolith, 1, .own)])
        try service.grant(up)
        try monolith.follow(up)
        #expect(monolith.ranges == [row(0, 2_499, .service, 2, .follow), row(2_500, 999_999, .monolith, 1, .own)])
        #expect(service.ranges == [row(0, 2_499, .service, 2, .own), row(2_500, 999_999, .monolith, 1, .follow)])
        let further = MoveSlice(buckets: 2_500..<5_000, from: .monolith, epoch: 3)
        try monolith.fence(further)
        try service.grant(further)
        try monolith.follow(further)
        #expect(service.ranges.count == 2)
        #expect(service.serviceTicks == 5_000)
        #expect(monolith.serviceTicks == 5_000)
        let down = MoveSlice(buckets: 1_000..<5_000, from: .service, epoch: 4)
        try service.fence(down)
        try monolith.grant(down)
        try service.follow(down)
        #expect(monolith.ranges == [row(0, 999, .service, 3, .follow), row(1_000, 999_999, .monolith, 4, .own)])
        #expect(service.ranges == [row(0, 999, .service, 3, .own), row(1_000, 999_999, .monolith, 4, .follow)])
    }

    @Test func `a move that was given up leaves the owner and the raised epoch`() throws {
        var monolith = try whole(.monolith)
        let slice = MoveSlice(buckets: 10..<20, from: .monolith, epoch: 2)
        try monolith.fence(slice)
        try monolith.unfence(slice)
        #expect(monolith.ranges == [row(0, 999_999, .monolith, 2, .own)])
        // The same epoch is never fenced again, as its grant may still be on its way.
        #expect(throws: OwnershipProblem.self) { try monolith.fence(slice) }
    }

    @Test func `each step may be made again`() throws {
        var (monolith, service) = (try whole(.monolith), try whole(.service))
        let slice = MoveSlice(buckets: 0..<7, from: .monolith, epoch: 2)
        try monolith.fence(slice)
        let fenced = monolith
        try monolith.fence(slice)
        #expect(monolith == fenced)
        try service.grant(slice)
        let granted = service
        try service.grant(slice)
        #expect(service == granted)
        try monolith.follow(slice)
        let followed = monolith
        try monolith.follow(slice)
        #expect(monolith == followed)
        var other = try whole(.monolith)
        try other.fence(slice)
        try other.unfence(slice)
        let free = other
        try other.unfence(slice)
        #expect(other == free)
    }

    @Test func `a step that contradicts the store is refused`() throws {
        let slice = MoveSlice(buckets: 0..<7, from: .monolith, epoch: 2)
        let other = MoveSlice(buckets: 0..<7, from: .monolith, epoch: 3)
        var follower = try whole(.service)
        #expect(throws: OwnershipProblem.self) { try follower.fence(slice) }
        #expect(throws: OwnershipProblem.self) { try follower.unfence(slice) }
        var owner = try whole(.monolith)
        #expect(throws: OwnershipProblem.self) { try owner.follow(slice) }
        #expect(throws: OwnershipProblem.self) { try owner.grant(slice) }
        try owner.fence(slice)
        #expect(throws: OwnershipProblem.self) { try owner.fence(other) }
        #expect(throws: OwnershipProblem.self) { try owner.unfence(other) }
        #expect(throws: OwnershipProblem.self) { try owner.follow(other) }
        #expect(throws: OwnershipProblem.self) { try owner.grant(other) }
    }

    /// Whatever is asked in whatever order: a partition, epochs that only rise, never two owners.
    @Test func `random steps keep what must hold`() throws {
        for seed in 0..<200 as Range<UInt64> {
            var dice = SplitMix(seed: seed)
            var stores = [try whole(.monolith), try whole(.service)]
            for _ in 0..<30 {
                let low = Int(dice.next() % 12)
                let slice = MoveSlice(
                    buckets: low..<(low + 1 + Int(dice.next() % 4)), from: dice.next() % 2 == 0 ? .monolith : .service,
                    epoch: 1 + Int(dice.next() % 12))
                let before = stores
                // As a coordinator would: a grant only behind a fence of the same move.
                let (owner, heir) = slice.from == .monolith ? (0, 1) : (1, 0)
                let isFenced = stores[owner].parts(of: slice.buckets)
                    .allSatisfy { $0.state == .fenced && $0.epoch == slice.epoch }
                switch dice.next() % 4 {
                case 0: try? stores[owner].fence(slice)
                case 1: if isFenced { try? stores[heir].grant(slice) }
                case 2:
                    let isFree = stores[heir].parts(of: slice.buckets).allSatisfy { $0.state == .follow }
                    if isFree { try? stores[owner].unfence(slice) }
                default:
                    let isGranted = stores[heir].parts(of: slice.buckets).allSatisfy { $0.state == .own }
                    if isGranted { try? stores[owner].follow(slice) }
                }
                for (place, store) in stores.enumerated() {
                    #expect(throws: Never.self) { try OwnershipRanges(store.ranges, at: store.side) }
                    for bucket in 0..<18 {
                        let (now, then) = (store.range(of: bucket), before[place].range(of: bucket))
                        #expect((now?.epoch ?? 0) >= (then?.epoch ?? 0), "I5, seed \(seed)")
                    }
                }
                for bucket in 0..<18 {
                    let owners = stores.count { $0.range(of: bucket)?.state == .own }
                    #expect(owners <= 1, "I2, seed \(seed)")
                }
            }
        }
    }
}

@Suite struct SlicePlanTests {
    @Test(
        arguments: [
            (0, 100, [], [0..<100]), (0, 100, [5, 6], [0..<100]), (0, 100, [5, 6, 7, 50], [0..<7, 7..<100]),
            (100, 0, [5, 6, 7, 50], [7..<100, 0..<7]), (0, 100, [5, 5, 5, 9], [0..<5, 5..<6, 6..<100]),
            (10, 10, [5, 50], []), (100, 0, [5, 5, 5, 9], [6..<100, 5..<6, 0..<5]),
            (50, 60, [5, 55, 56, 57, 70], [50..<57, 57..<60]),
        ] as [(Int, Int, [Int], [Range<Int>])])
    func `the way is cut where a slice is full`(from: Int, to: Int, buckets: [Int], slices: [Range<Int>]) {
        #expect(SlicePlan(from: from, to: to, buckets: buckets, mostKeys: 2).slices == slices)
    }

    @Test func `every way is covered once, in its direction, by slices that are not too large`() {
        for seed in 0..<300 as Range<UInt64> {
            var dice = SplitMix(seed: seed)
            let (from, to) = (Int(dice.next() % 200), Int(dice.next() % 200))
            let buckets = (0..<Int(dice.next() % 80)).map { _ in Int(dice.next() % 200) }
            let plan = SlicePlan(from: from, to: to, buckets: buckets, mostKeys: 3)
            var ticks = from
            for slice in plan.slices {
                #expect(ticks == (to > from ? slice.lowerBound : slice.upperBound))
                ticks = to > from ? slice.upperBound : slice.lowerBound
                let keys = buckets.filter(slice.contains)
                #expect(keys.count <= 3 || Set(keys).count == 1, "seed \(seed)")
            }
            #expect(ticks == to)
            #expect(plan.keys == buckets.count { (min(from, to)..<max(from, to)).contains($0) })
        }
    }
}

@Suite struct MoveRecoveryTests {
    private func ranges(_ side: StoreSide, _ rows: [(Int, Int, StoreSide, Int, OwnershipRange.State)]) throws
        -> OwnershipRanges
    {
        try OwnershipRanges(
            rows.map { OwnershipRange(lo: $0.0, hi: $0.1, owner: $0.2, epoch: $0.3, state: $0.4) }, at: side)
    }

    private let slice = MoveSlice(buckets: 0..<10, from: .monolith, epoch: 2)

    @Test func `stores at rest owe nothing`() throws {
        let monolith = try ranges(.monolith, [(0, 9, .service, 2, .follow), (10, 999_999, .monolith, 1, .own)])
        let service = try ranges(.service, [(0, 9, .service, 2, .own), (10, 999_999, .monolith, 1, .follow)])
        #expect(MoveRecovery.decide(monolith: monolith, service: service) == .settled(ticks: 10))
    }

    @Test func `a fence without a grant leads back`() throws {
        let monolith = try ranges(.monolith, [(0, 9, .monolith, 2, .fenced), (10, 999_999, .monolith, 1, .own)])
        let service = try ranges(.service, [(0, 999_999, .monolith, 1, .follow)])
        #expect(MoveRecovery.decide(monolith: monolith, service: service) == .back(slice))
    }

    @Test func `a fence with a grant leads on`() throws {
        let monolith = try ranges(.monolith, [(0, 9, .monolith, 2, .fenced), (10, 999_999, .monolith, 1, .own)])
        let service = try ranges(.service, [(0, 9, .service, 2, .own), (10, 999_999, .monolith, 1, .follow)])
        #expect(MoveRecovery.decide(monolith: monolith, service: service) == .forward(slice))
    }

    @Test func `the way down is recovered alike`() throws {
        let service = try ranges(
            .service, [(0, 4, .service, 2, .own), (5, 9, .service, 3, .fenced), (10, 999_999, .monolith, 1, .follow)])
        let before = try ranges(.monolith, [(0, 9, .service, 2, .follow), (10, 999_999, .monolith, 1, .own)])
        var after = before
        let slice = MoveSlice(buckets: 5..<10, from: .service, epoch: 3)
        try after.grant(slice)
        #expect(MoveRecovery.decide(monolith: before, service: service) == .back(slice))
        #expect(MoveRecovery.decide(monolith: after, service: service) == .forward(slice))
    }

    @Test func `stores that contradict each other need a person`() throws {
        func isContradiction(_ monolith: OwnershipRanges, _ service: OwnershipRanges) -> Bool {
            if case .contradiction = MoveRecovery.decide(monolith: monolith, service: service) { true } else { false }
        }
        let all = try ranges(.monolith, [(0, 999_999, .monolith, 1, .own)])
        let granted = try ranges(.service, [(0, 9, .service, 2, .own), (10, 999_999, .monolith, 1, .follow)])
        #expect(isContradiction(all, granted))
        let fenced = try ranges(.monolith, [(0, 19, .monolith, 2, .fenced), (20, 999_999, .monolith, 1, .own)])
        #expect(isContradiction(fenced, granted))
        let both = try ranges(.service, [(0, 19, .service, 3, .fenced), (20, 999_999, .monolith, 1, .follow)])
        #expect(isContradiction(fenced, both))
        let apart = try ranges(
            .monolith, [(0, 9, .monolith, 1, .own), (10, 19, .service, 2, .follow), (20, 999_999, .monolith, 1, .own)])
        #expect(isContradiction(apart, granted))
    }
}
