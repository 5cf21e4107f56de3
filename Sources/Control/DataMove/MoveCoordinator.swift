package import Migration

/// Moves users of one group from side to side, slice by slice, and finishes first what an earlier coordinator left.
///
/// One at a time: `CoordinatorLock` keeps a second one away. Between two slices everything is at rest, so that it may
/// stop there, by itself or by `isCancelled`, and what was reached is a percentage like any other.
package final class MoveCoordinator<Store: MoveStore, Routers: MoveRouters> {
    private let group: String
    private let monolith: Store
    private let service: Store
    private let routers: Routers
    private let journal: MoveJournal
    private let clock: MoveClock
    private let mostKeys: Int
    private let isCancelled: () -> Bool
    private let moved: (MoveReport) -> Void

    /// How often a slice is tried that was given up; each time both sides are as they were before.
    private static var mostTries: Int { 3 }

    /// - Parameters:
    ///   - mostKeys: users of a slice.
    ///   - moved: called after each slice, with what was done so far.
    package init(
        group: String, monolith: Store, service: Store, routers: Routers, journal: MoveJournal, clock: MoveClock,
        mostKeys: Int = SlicePlan.mostKeys, isCancelled: @escaping () -> Bool,
        moved: @escaping (MoveReport) -> Void
    ) {
        self.group = group
        self.monolith = monolith
        self.service = service
        self.routers = routers
        self.journal = journal
        self.clock = clock
        self.mostKeys = mostKeys
        self.isCancelled = isCancelled
        self.moved = moved
    }

    /// Brings the group to rest, and the routers to what the stores say; answers how many buckets, from 0 on, the
    /// service owns. Throws `MoveFailure`.
    package func recover() async throws -> Int {
        while true {
            let (monolith, service) = (try monolith.ranges(), try service.ranges())
            switch MoveRecovery.decide(monolith: monolith, service: service) {
            case .settled(let ticks):
                do {
                    try await routers.publish(ticks: ticks, epoch: max(monolith.epoch, service.epoch))
                } catch {
                    throw MoveFailure.notPublished(ticks: ticks, error)
                }
                // What an earlier coordinator still holds back; it would run out by itself.
                try? await routers.release()
                return ticks
            case .back(let slice): try await finish(slice, .back)
            case .forward(let slice): try await finish(slice, .forward)
            case .contradiction(let reason): throw MoveFailure.contradiction(reason)
            }
        }
    }

    private func finish(_ slice: MoveSlice, _ debt: MoveDebt) async throws {
        guard case .unfinished(let left) = try await carry(slice, debt).outcome else { return }
        throw MoveFailure.unfinished(slice, left)
    }

    /// Moves users until the service owns so many buckets from 0 on. Throws `MoveFailure`.
    package func move(to goal: Int) async throws -> MoveReport {
        let ticks = try await recover()
        var report = MoveReport(from: ticks, goal: goal, ticks: ticks)
        var tries = 0
        while let slice = try next(from: report.ticks, to: goal), !isCancelled() {
            let (outcome, pause) = try await carry(slice, nil)
            switch outcome {
            case .moved:
                tries = 0
                report.ticks = slice.ticks
                report.slices += 1
                if let pause { report.pauses.append(pause) }
                moved(report)
            case .aborted(let why):
                tries += 1
                report.givenUp += 1
                guard tries < Self.mostTries else {
                    report.stop = why
                    return report
                }
                await clock.pause(.milliseconds(50))
            case .unfinished(let debt): throw MoveFailure.unfinished(slice, debt)
            }
        }
        return report
    }

    private func next(from ticks: Int, to goal: Int) throws -> MoveSlice? {
        let from: StoreSide = goal > ticks ? .monolith : .service
        let owner = from == .monolith ? monolith : service
        let ahead = try owner.bucketsAhead(from: ticks, to: goal, limit: mostKeys + 1)
        guard let buckets = SlicePlan.first(from: ticks, to: goal, ahead: ahead, mostKeys: mostKeys) else { return nil }
        let epoch = max(try monolith.ranges().epoch, try service.ranges().epoch)
        return MoveSlice(buckets: buckets, from: from, epoch: OwnershipRanges.epoch(after: epoch))
    }

    private func carry(
        _ slice: MoveSlice, _ debt: MoveDebt?
    ) async throws -> (outcome: MoveOutcome, pause: Duration?) {
        let (owner, heir) = slice.from == .monolith ? (monolith, service) : (service, monolith)
        let mover = SliceMover(
            slice, group: group, owner: owner, heir: heir, routers: routers, journal: journal, clock: clock, debt: debt)
        while true {
            if let outcome = try await mover.step() { return (outcome, mover.pause) }
        }
    }
}

/// What a coordinator has done.
package struct MoveReport: Sendable, Equatable {
    /// How many buckets, from 0 on, the service owned before, was to own, and owns.
    package var from: Int
    package var goal: Int
    package var ticks: Int
    package var slices = 0
    /// How often a slice was given up and everything was as before.
    package var givenUp = 0
    /// From the first request that was kept back until all of them went on, for each slice that moved.
    package var pauses: [Duration] = []
    /// Why it went no further; nil: it arrived, or was asked to stop.
    package var stop: MoveHindrance?

    package init(from: Int, goal: Int, ticks: Int) { (self.from, self.goal, self.ticks) = (from, goal, ticks) }
}

/// Why a coordinator cannot go on by itself.
package enum MoveFailure: Error, Sendable, Equatable {
    /// The stores contradict each other; a sentence without a full stop.
    case contradiction(String)
    /// A slice stands in the middle; the next coordinator goes on there.
    case unfinished(MoveSlice, MoveDebt?)
    /// The stores are at rest, and the routers do not serve what they say.
    case notPublished(ticks: Int, MoveRoutersProblem)
}
