internal import DataSync
package import Migration
private import SQLite

/// What a move of a group's users would be, read from both stores without changing either.
package struct MoveSurvey: Sendable {
    package var group: String
    /// How many buckets, from 0 on, the service owns, and is to own.
    package var from: Int
    package var goal: Int
    package var plan: SlicePlan
    /// The epoch that the stores have reached, and the one of the first slice.
    package var epoch: Int
    /// What an earlier coordinator left, which is finished first.
    package var debt: MoveRecovery
    /// Whether users go to the service.
    package var isUp: Bool { goal > from }
    package var gates: [MoveGate]

    /// The first gate that keeps users where they are; nil: none does.
    package var obstacle: MoveGate? { gates.first { $0.verdict == .holds } }

    /// Throws `SQLiteError`, `OwnershipProblem`, `PlanProblem`, `StopReason` or `MoveFailure.contradiction`.
    ///
    /// - Parameters:
    ///   - unkeyedWrites: how many writes of the context the router could not give to any user; nil: nobody counts.
    package static func read(
        _ group: DataDocument.Group, goal: Int, unkeyedWrites: Int?, gates policy: MoveGates
    ) throws -> MoveSurvey {
        let pair = try StorePair(group)
        let (monolith, service) = (try pair.monolith.ranges(), try pair.service.ranges())
        let debt = MoveRecovery.decide(monolith: monolith, service: service)
        let from: Int
        switch debt {
        case .settled(let ticks): from = ticks
        case .back(let slice): from = slice.ticksBefore
        case .forward(let slice): from = slice.ticks
        case .contradiction(let reason): throw MoveFailure.contradiction(reason)
        }
        let owner = goal > from ? pair.monolith : pair.service
        let buckets = try owner.bucketsAhead(from: from, to: goal, limit: .max)
        let gates = try policy.look(
            group, pair, status: DataStatus.read(group, countsRows: false), isUp: goal > from,
            unkeyedWrites: unkeyedWrites)
        return MoveSurvey(
            group: group.name, from: from, goal: goal, plan: SlicePlan(from: from, to: goal, buckets: buckets),
            epoch: max(monolith.epoch, service.epoch), debt: debt, gates: gates)
    }
}
