import DataSync
import TestSupport
import Testing

@testable import Migration

/// Both directions and the hub, under histories drawn from seeds: invariants I2, I6, I7, I8 and I10.
@Suite struct OwnedScheduleTests {
    @Test(arguments: [true, false])
    func `I2 I6 I7 I8 I10 hold in every history`(recursiveTriggers: Bool) throws {
        var (kills, refusals, serviceWrites, moves, trimmed) = (0, 0, 0, 0, 0)
        for seed in 0..<Schedule.seeds(8) {
            let schedule = try OwnedSchedule(
                seed: recursiveTriggers ? seed : seed &+ 10_000, recursiveTriggers: recursiveTriggers)
            let holds = try schedule.run()
            #expect(holds, "seed \(seed): \(schedule.violations.prefix(3))")
            kills += schedule.kills
            refusals += schedule.refusals
            serviceWrites += schedule.serviceWrites
            moves += schedule.moves
            trimmed += schedule.trimmed
        }
        // The histories must be what they claim to be.
        #expect(kills > 80 && refusals > 200 && serviceWrites > 20 && moves > 50 && trimmed > 200)
    }

    /// Each mistake must be seen in some history: the proof that the test above can fail.
    @Test(arguments: [
        FaultInjection.Mistakes.originIgnored, .feedOfTheWriter, .ownChangesOnly, .guardIgnored, .positionFirst,
    ])
    func `the checker sees each mistake`(mistake: FaultInjection.Mistakes) throws {
        for seed in 0..<200 as Range<UInt64> {
            do {
                let schedule = try OwnedSchedule(seed: seed, mistakes: mistake)
                if try !schedule.run() { return }
            } catch is StopReason {
                return
            }
        }
        Issue.record("no history of 200 shows the mistake \(mistake.rawValue)")
    }
}
