import Foundation
import Testing

/// Random histories of a move over real stores, with every party killed, delayed and refused its disk.
@Suite(.serialized) struct SimulationTests {
    /// How many histories; `STRANGLER_HISTORIES` is how many times as many.
    private static func seeds(_ count: UInt64) -> UInt64 {
        let times = ProcessInfo.processInfo.environment["STRANGLER_HISTORIES"].flatMap(UInt64.init) ?? 1
        return count * min(max(times, 1), 10_000)
    }

    @Test func `no history breaks an invariant`() async throws {
        let estate = try SimulatedEstate()
        var sum = Simulation.Statistics()
        let count = Self.seeds(20_000)
        for seed in 0..<count {
            let simulation = try Simulation(estate, seed: seed)
            do {
                try await simulation.run()
            } catch {
                Issue.record("seed \(seed): \(error)")
                return
            }
            sum += simulation.statistics
        }
        // The histories must be what they claim to be.
        print("simulated \(count) histories: \(sum)")
        #expect(sum.moves > Int(count))
        #expect(sum.kills > Int(count) / 4)
        #expect(sum.recoveries > Int(count) / 20)
        #expect(sum.aborts > Int(count) / 20)
        #expect(sum.crashedRouters > Int(count) / 4)
    }

    /// Each mistake must be seen in some history: the proof that the test above can fail.
    @Test(arguments: [
        Mistakes.fenceInRouterOnly, [.grantBeforeDrain, .noDigest], [.positionReadEarly, .noDigest],
        [.noEpoch, .readsNotHeld], .grantForgotten,
    ])
    func `the checker sees each mistake`(mistakes: Mistakes) async throws {
        let estate = try SimulatedEstate()
        for seed in 0..<20_000 as Range<UInt64> {
            do {
                try await Simulation(estate, seed: seed, mistakes: mistakes).run()
            } catch let violation as Simulation.Violation {
                print("mistakes \(mistakes.rawValue), seed \(seed): \(violation)")
                return
            }
        }
        Issue.record("no history shows the mistakes \(mistakes.rawValue)")
    }
}
