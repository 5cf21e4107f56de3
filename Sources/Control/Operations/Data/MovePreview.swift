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
            var survey = try MoveSurvey.read(
                owned.group, goal: Int(goal.ticks), unkeyedWrites: await unkeyedWrites(owned, served, context),
                gates: MoveGates(now: Clock.milliseconds()))
            survey.gates.append(try await routes(owned, to: goal, after: survey.epoch, served, context))
            return MovePreview(context: owned, survey: survey, revision: served.revision)
        } catch {
            throw failure(error, owned)
        }
    }

    /// What the router has counted since it started; nil: there is none.
    private static func unkeyedWrites(
        _ owned: OwnedContext, _ served: ServedDocument, _ context: OperationContext
    ) async -> Int? {
        guard served.isLive else { return nil }
        return try? await context.admin().holds().value.contexts.first { $0.context == owned.name }?.unkeyedWrites
    }

    /// The router is asked whether it would serve the end of the move.
    private static func routes(
        _ owned: OwnedContext, to goal: Percent, after epoch: Int, _ served: ServedDocument, _ context: OperationContext
    ) async throws -> MoveGate {
        guard served.isLive else {
            return MoveGate(.routes, "no router answers, and without one nobody's requests wait", .holds)
        }
        let (next, _) = epoch.addingReportingOverflow(1)
        let document = try owned.document(
            served.document, ticks: Int(goal.ticks), epoch: next, file: served.place)
        do {
            if document != served.document {
                _ = try await context.admin().replaceRoutes(
                    document, ifRevision: served.revision, dryRun: true, verb: "apply", AdminClient.Consent(),
                    context.author)
            }
            return MoveGate(.routes, "the router would serve \(goal) %", .passes)
        } catch let failure as OperationFailure {
            return MoveGate(.routes, failure.message, .holds)
        }
    }

    static func failure(_ error: any Error, _ context: OwnedContext) -> OperationFailure {
        let group = context.group.name
        switch error {
        case let problem as OwnershipProblem:
            return OperationFailure(
                .failed, "the stores of \"\(group)\" do not say who owns whom: \(problem.reason)",
                fix: "strangler data create \(group)")
        case MoveFailure.unfinished(let slice, _):
            let range = "[\(slice.buckets.lowerBound),\(slice.buckets.upperBound))"
            return OperationFailure(
                .failed,
                "the move of \(range) of \"\(context.name)\" stands in the middle: a store or the router fails",
                fix: "the same command again, which finishes it first")
        case MoveFailure.notPublished(let ticks, let problem):
            return OperationFailure(
                .failed,
                "the service owns \(Percent(ticks: Int32(clamping: ticks))) % of \"\(context.name)\", and the router does not serve that: \(words(problem))",
                fix: "the same command again")
        case MoveFailure.contradiction(let reason):
            return OperationFailure(
                .failed, "the stores of \"\(group)\" contradict each other: \(reason)",
                fix: "one of them was probably restored from a back-up: bring back the one that fits")
        default: return DataFile.failure(error)
        }
    }

    private static func words(_ problem: MoveRoutersProblem) -> String {
        switch problem {
        case .requestsRemained: "requests under way did not end"
        case .failed(let reason): reason
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
        let (lastEpoch, _) = survey.epoch.addingReportingOverflow(survey.plan.slices.count)
        let slices = survey.plan.slices.count == 1 ? "1 slice" : "\(survey.plan.slices.count) slices"
        return
            "would move \(context.name) [\(low),\(high)): \(users) in \(slices), \(from) -> \(to), epoch \(survey.epoch) -> \(lastEpoch)"
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
