import DataSync
import SQLite
import Testing

@testable import DataMove
@testable import Migration

@Suite struct MoveSurveyTests {
    private let stores: MovingStores

    init() throws { stores = try MovingStores() }

    private func survey(to goal: Int, unkeyed: Int? = 0) throws -> MoveSurvey {
        try MoveSurvey.read(
            stores.group, goal: goal, unkeyedWrites: unkeyed, gates: MoveGates(now: Clock.milliseconds()))
    }

    private func verdict(_ survey: MoveSurvey, _ name: MoveGate.Name) -> MoveGate.Verdict? {
        survey.gates.first { $0.name == name }?.verdict
    }

    @Test func `who would move is counted, and nothing is changed`() throws {
        try stores.carry()
        let before = try stores.monolith.dataVersion()
        let survey = try survey(to: 1_000_000)
        #expect(survey.plan.keys == 10 && survey.plan.slices == [0..<1_000_000])
        #expect(survey.from == 0 && survey.isUp && survey.epoch == CaptureSQL.firstOwnedEpoch)
        #expect(survey.debt == .settled(ticks: 0))
        #expect(try stores.monolith.dataVersion() == before)
    }

    @Test func `the gates say what they found`() throws {
        let early = try survey(to: 1_000_000)
        #expect(verdict(early, .copy) == .holds)
        #expect(early.gates.first { $0.name == .copy }?.figures == "copying")
        try stores.carry()
        let late = try survey(to: 1_000_000, unkeyed: 3)
        #expect(verdict(late, .copy) == .passes)
        #expect(late.gates.first { $0.name == .copy }?.figures == "10 rows copied, counts and digests equal")
        #expect(verdict(late, .verify) == .passes)
        #expect(verdict(late, .mapping) == .passes)
        #expect(verdict(late, .stores) == .passes)
        #expect(verdict(late, .unkeyedWrites) == .holds)
        // Nobody carries anything here.
        #expect(verdict(late, .lag) == .holds)
        #expect(late.gates.first { $0.name == .lag }?.figures == "no agent carries g")
        #expect(late.obstacle?.name == .lag)
        #expect(verdict(try survey(to: 1_000_000, unkeyed: nil), .unkeyedWrites) == .unknown)
    }

    @Test func `an old proof holds users where they are`() throws {
        try stores.carry()
        let survey = try MoveSurvey.read(
            stores.group, goal: 1, unkeyedWrites: 0, gates: MoveGates(now: Clock.milliseconds() + 86_400_001))
        #expect(verdict(survey, .verify) == .holds)
        #expect(survey.gates.first { $0.name == .verify }?.figures == "proven 24 h ago (<=24 h)")
    }

    @Test func `a store that another program holds cannot be moved from`() throws {
        try stores.carry()
        try stores.monolith.script("BEGIN IMMEDIATE")
        let survey = try survey(to: 1)
        try stores.monolith.script("COMMIT")
        #expect(verdict(survey, .stores) == .holds)
    }

    @Test func `who goes home is asked for less`() throws {
        try stores.carry()
        let pair = try StorePair(stores.group)
        let slice = MoveSlice(buckets: 0..<1_000_000, from: .monolith, epoch: 3)
        _ = try pair.monolith.fence(slice)
        try pair.service.grant(slice, position: 0)
        try pair.monolith.follow(slice)
        let survey = try survey(to: 0)
        #expect(!survey.isUp && survey.plan.keys == 10)
        #expect(survey.gates.map(\.name) == [.wayBack, .stores])
    }

    @Test func `a move that was cut off is seen`() throws {
        try stores.carry()
        let pair = try StorePair(stores.group)
        let slice = MoveSlice(buckets: 0..<600_000, from: .monolith, epoch: 3)
        _ = try pair.monolith.fence(slice)
        #expect(try survey(to: 1_000_000).debt == .back(slice))
        #expect(try survey(to: 1_000_000).from == 0)
        try pair.service.grant(slice, position: 0)
        #expect(try survey(to: 1_000_000).debt == .forward(slice))
        #expect(try survey(to: 1_000_000).from == 600_000)
    }

    @Test func `stores that contradict each other are not surveyed`() throws {
        try stores.carry()
        try stores.service.script("UPDATE _sf_own SET owner = 'B', state = 'own'")
        #expect(throws: MoveFailure.self) { try survey(to: 1) }
    }
}
