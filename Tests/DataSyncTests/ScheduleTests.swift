import DataSync
import Migration
import Testing

/// Random histories: the agent is killed at every step, the monolith writes in the middle of them.
@Suite struct ScheduleTests {
    @Test(arguments: [(true, true), (false, true), (false, false)])
    func `every history ends with equal stores`(recursiveTriggers: Bool, isLogged: Bool) throws {
        var kills = 0
        var interleavings = 0
        for seed in 0..<Schedule.seeds(20) {
            let schedule = try Schedule(seed: seed, recursiveTriggers: recursiveTriggers, isLogged: isLogged)
            let isEqual = try schedule.run()
            #expect(isEqual, "seed \(seed): \(schedule.violations)")
            if isEqual { #expect(try StoreVerifier(schedule.stores.group).verify().isEqual, "seed \(seed)") }
            kills += schedule.kills
            interleavings += schedule.interleavings
        }
        // The histories must be what they claim to be.
        #expect(kills > 30)
        #expect(interleavings > 60)
    }

    /// Each mistake must be seen in some history: the proof that the test above can fail.
    @Test(arguments: [
        FaultInjection.Mistakes.positionFirst, .staleChunks, .holdersDeleted, .rowsReplaced, .straysKept,
        .deletesIgnored,
        .lastChangeSkipped,
    ])
    func `the checker sees each mistake`(mistake: FaultInjection.Mistakes) throws {
        for seed in 0..<200 as Range<UInt64> {
            let schedule = try Schedule(seed: seed, mistakes: mistake)
            do {
                if try !schedule.run() { return }
            } catch is StopReason {
                return
            }
        }
        Issue.record("no history of 200 shows the mistake \(mistake.rawValue)")
    }
}
