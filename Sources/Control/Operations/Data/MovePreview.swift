import AdminAPI
import AdminClient
import ControlKit
package import DataMove
import DataSync
import Migration
package import Routing
import SQLite

/// What `data move` would do, looked at and not done.
package struct MovePreview: Sendable {
    package let context: OwnedContext
    package let survey: MoveSurvey
    /// Revision of the routes that are served now.
    package let revision: Int

    /// - Parameter goal: nil: everybody home.
    package static func of(
        _ name: String, to goal: Percent, _ context: OperationContext
    ) async throws -> MovePreview {
        let served = try await ServedDocument.find(context)
        let owned = try OwnedContext.find(name, in: served.document, from: served.place, dataPath: context.dataPath)
        do {
            let survey = try MoveSurvey.read(
                owned.group, goal: Int(goal.ticks), unkeyedWrites: nil, gates: MoveGates(now: Clock.milliseconds()))
            return MovePreview(context: owned, survey: survey, revision: served.revision)
        } catch {
            throw failure(error, owned)
        }
    }

    static func failure(_ error: any Error, _ context: OwnedContext) -> OperationFailure {
        let group = context.group.name
        switch error {
        case let problem as OwnershipProblem:
            return OperationFailure(
                .failed, "the stores of \"\(group)\" do not say who owns whom: \(problem.reason)",
                fix: "strangler data create \(group)")
        case MoveFailure.contradiction(let reason):
            return OperationFailure(
                .failed, "the stores of \"\(group)\" contradict each other: \(reason)",
                fix: "one of them was probably restored from a back-up: bring back the one that fits")
        default: return DataFile.failure(error)
        }
    }

    /// One sentence: who would move where.
    package var sentence: String {
        let survey = survey
        guard survey.from != survey.goal else {
            return "\(context.name) is at \(Percent(ticks: Int32(clamping: survey.goal))) % already; nobody would move"
        }
        let (from, to) = survey.isUp ? (context.legacy, context.service) : (context.service, context.legacy)
        let (low, high) = (min(survey.from, survey.goal), max(survey.from, survey.goal))
        let users = survey.plan.keys == 1 ? "1 user" : "\(Decimal.grouped(survey.plan.keys)) users"
        let slices = survey.plan.slices.count == 1 ? "1 slice" : "\(survey.plan.slices.count) slices"
        return
            "would move \(context.name) [\(low),\(high)): \(users) in \(slices), \(from) -> \(to), epoch \(survey.epoch) -> \(survey.epoch + survey.plan.slices.count)"
    }

    /// What is left of a move that was cut off; nil: nothing.
    package var debt: String? {
        switch survey.debt {
        case .settled, .contradiction: nil
        case .back(let slice):
            "a move of [\(slice.buckets.lowerBound),\(slice.buckets.upperBound)) was cut off before its grant: its writes wait, and it is taken back first"
        case .forward(let slice):
            "a move of [\(slice.buckets.lowerBound),\(slice.buckets.upperBound)) was cut off after its grant: it is finished first"
        }
    }

    /// How long users wait, as far as it can be known before.
    package static let pause =
        "each slice: its writes wait while it is drained (given up after 500 ms), and its reads from the grant to the routes"
}
