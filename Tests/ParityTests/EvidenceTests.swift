import Parity
import Testing

/// The worked figures that the gates are built on.
@Suite struct EvidenceTests {
    private func isNear(_ value: Double, _ expected: Double, _ relative: Double = 0.002) -> Bool {
        abs(value - expected) <= relative * abs(expected)
    }

    @Test(
        arguments: [
            (0.001, 1, 0, 3327), (0.001, 4, 0, 4867), (0.001, 12, 0, 6087), (0.005, 1, 0, 664), (0.01, 1, 0, 332),
            (0.001, 1, 1, 5884), (0.001, 1, 2, 8441), (0.005, 1, 1, 1174), (0.01, 1, 1, 586),
        ])
    func `A stratum is proved after so many matches`(
        _ tolerance: Double, _ strata: Int, _ mismatches: Int, _ matches: Int
    ) {
        let evidence = PromotionEvidence(tolerance: tolerance, strata: strata)
        let missing = evidence.matchesMissing(Tally(mismatches: mismatches, of: mismatches))
        #expect(abs(missing - matches) <= 1)
        #expect(!evidence.isProved(Tally(mismatches: mismatches, of: mismatches + missing - 1)))
        #expect(evidence.isProved(Tally(mismatches: mismatches, of: mismatches + missing)))
        #expect(evidence.matchesMissing(Tally(mismatches: mismatches, of: mismatches + missing)) == 0)
    }

    @Test func `One match and one mismatch weigh what the table says`() {
        let evidence = PromotionEvidence(tolerance: 0.001)
        #expect(isNear(evidence.logarithm(Tally(mismatches: 0, of: 1)), 0.00090050, 1e-4))
        #expect(isNear(evidence.logarithm(Tally(mismatches: 1, of: 1)), -2.302585, 1e-6))
    }

    /// Exact probabilities by dynamic programming over the number of mismatches, so that no chance is in the test.
    @Test(arguments: [(0.001, 0.0499, 0.0002), (0.0001, 0.9987, 0.0002), (0.0005, 0.42, 0.005)])
    func `The chance of ever promoting within 20,000 comparisons is as worked out`(
        _ rate: Double, _ expected: Double, _ tolerance: Double
    ) {
        let evidence = PromotionEvidence(tolerance: 0.001)
        // alive[k]: the probability of k mismatches so far without having been promoted.
        var alive: [Double] = [1]
        var promoted = 0.0
        for n in 1...20_000 {
            var next = [Double](repeating: 0, count: min(alive.count + 1, 12))
            for (k, chance) in alive.enumerated() {
                next[k] += chance * (1 - rate)
                if k + 1 < next.count { next[k + 1] += chance * rate }
            }
            for k in next.indices where next[k] > 0 && evidence.isProved(Tally(mismatches: k, of: n)) {
                promoted += next[k]
                next[k] = 0
            }
            alive = next
        }
        #expect(abs(promoted - expected) <= tolerance)
    }

    @Test(
        arguments: [
            (0, 2995, 0.001), (1, 4742, 0.001), (2, 6294, 0.001), (3, 7752, 0.001), (5, 10_511, 0.001),
            (10, 16_959, 0.001), (0, 598, 0.005), (0, 299, 0.01), (0, 29_956, 0.0001), (0, 1000, 0.00299),
        ])
    func `One look proves a rate after so many comparisons`(_ mismatches: Int, _ total: Int, _ rate: Double) {
        let bound = RateBound.oneLook(Tally(mismatches: mismatches, of: total))
        #expect(isNear(bound, rate, 0.004))
        if rate != 0.00299 {
            #expect(bound <= rate)
            #expect(RateBound.oneLook(Tally(mismatches: mismatches, of: total - 1)) > rate)
        }
    }

    @Test func `A smaller risk needs more comparisons`() {
        #expect(RateBound.oneLook(Tally(mismatches: 0, of: 4603), risk: 0.01) <= 0.001)
        #expect(RateBound.oneLook(Tally(mismatches: 0, of: 4602), risk: 0.01) > 0.001)
    }

    @Test(arguments: [(0, 10_000, 0.000817), (0, 8062, 0.001), (0, 1000, 0.0070)])
    func `A bound for any look is wider`(_ mismatches: Int, _ total: Int, _ rate: Double) {
        let tally = Tally(mismatches: mismatches, of: total)
        #expect(isNear(RateBound.anyLook(tally), rate, 0.005))
        #expect(RateBound.anyLook(tally) > RateBound.oneLook(tally))
    }

    @Test func `Another prior needs fewer comparisons`() {
        #expect(isNear(RateBound.anyLook(Tally(mismatches: 0, of: 4741), a: 1, b: 1000), 0.001))
    }

    @Test func `Nothing compared bounds nothing`() {
        #expect(RateBound.oneLook(Tally(mismatches: 0, of: 0)) == 1)
        #expect(RateBound.anyLook(Tally(mismatches: 5, of: 5)) == 1)
    }

    @Test func `Three mismatches in a row ring, two do not`() {
        var alarm = RollbackAlarm()
        alarm.take(isMismatch: true)
        alarm.take(isMismatch: true)
        #expect(!alarm.isRinging)
        alarm.take(isMismatch: true)
        #expect(alarm.isRinging)
        alarm.take(isMismatch: false)
        #expect(alarm.isRinging)
        alarm.reset()
        #expect(alarm == RollbackAlarm())
    }

    @Test(arguments: [(0, true), (200, true), (254, true), (255, false), (1000, false)])
    func `Four mismatches ring when at most 254 matches lie between them`(_ matches: Int, _ rings: Bool) {
        var alarm = RollbackAlarm()
        // All matches after the first two, so that the sum never falls to 0 and is forgotten.
        alarm.take(isMismatch: true)
        alarm.take(isMismatch: true)
        for _ in 0..<matches { alarm.take(isMismatch: false) }
        alarm.take(isMismatch: true)
        alarm.take(isMismatch: true)
        #expect(alarm.isRinging == rings)
    }

    @Test func `A healthy past is not banked`() {
        var alarm = RollbackAlarm()
        for _ in 0..<100_000 { alarm.take(isMismatch: false) }
        for _ in 0..<3 { alarm.take(isMismatch: true) }
        // One match below zero is all that the past left behind.
        #expect(alarm.isRinging)
    }

    @Test(arguments: [(6, 10, 38.9), (10, 30, 40.2), (5, 50, 0.38)])
    func `Errors beyond the share of the traffic are evidence`(_ errors: Int, _ all: Int, _ expected: Double) {
        #expect(isNear(ShareEvidence.errors(errors, of: all, share: 0.1), expected, 0.01))
    }

    @Test(arguments: [(30, 20, 0.101), (12, 2, 0.0065), (0, 0, 1.0), (0, 5, 1.0)])
    func `A field is worse than noise by the sign test`(_ candidate: Int, _ noise: Int, _ expected: Double) {
        #expect(isNear(ShareEvidence.signTest(candidate, noise), expected, 0.01))
    }
}
