import AdminAPI
import AdminClient
import ControlKit
import Operations

/// `strangler shift ROUTE PERCENT|+N|-N`: moves a share of the users, and answers when every loop of the router
/// serves it.
enum ShiftCommand {
    static func run(_ invocation: Invocation) async throws -> Answer {
        let id = try invocation.required("ROUTE")
        let text = try invocation.required("PERCENT")
        guard let target = ShiftTarget(text) else {
            throw OperationFailure(
                .usage, "\"\(text)\" is not a percentage",
                fix: "0 to 100 in steps of 0.0001, or a step from where it is: strangler shift \(id) +5")
        }
        let writer = try await RouteWriter.open(try invocation.operation())
        let route = try writer.route(id)
        if route.mode == "owned", let context = route.context {
            guard let percent = target.percent(from: route.percent) else {
                throw OperationFailure(
                    .usage, "a step of \(text) from \(Decimal.percent(route.percent)) leaves 0 to 100")
            }
            return try await DataMoveCommand.run(invocation, context: context, to: Decimal.short(percent))
        }
        guard let service = route.service else {
            throw OperationFailure(
                .failed, "route \"\(id)\" has no service to shift to: \(route.legacy) serves all of it",
                fix: "name one in \(invocation.configPath): \"service\": \"NAME\", then strangler apply")
        }
        guard let percent = target.percent(from: route.percent) else {
            throw OperationFailure(
                .usage, "\(id) is at \(Decimal.percent(route.percent)); a step of \(text) leaves 0 to 100",
                fix: "strangler shift \(id) \(text.hasPrefix("-") ? "0" : "100")")
        }
        let gate = try await writer.gate(id, to: percent)
        if let failure = gate.failure { throw failure }
        // A step from where it is must start from what the user saw; an absolute percentage means the same anyway.
        var isRelative = false
        if case .relative = target { isRelative = true }
        let change = try await writer.shift(id, from: route.percent, to: percent, compareRevision: isRelative)
        var answer = answer(route, service: service, change, gate)
        if !writer.isLive, !change.dryRun { answer.nextSteps = RouteWriter.offline(answer.nextSteps, invocation) }
        return answer
    }

    private static func answer(
        _ route: RouteWriter.Route, service: String, _ change: AdminChange, _ gate: DataGate
    ) -> Answer {
        let before = change.changes.first?.before ?? route.percent
        let after = change.changes.first?.after ?? before
        let movement = ShiftChange(before: before, after: after)
        let sentence = movement.sentence(
            route: route.id, legacy: route.legacy, service: service, keyed: route.isKeyed)
        var blocks: [Answer.Block] = []
        if !change.changed {
            blocks.append(.sentence("\(route.id) is at \(Decimal.percent(after)) already; nothing was changed.", .good))
        } else if change.dryRun {
            blocks.append(
                .sentence(
                    "Would shift \(route.id) from \(Decimal.percent(before)) to \(Decimal.percent(after)).", .strong))
            blocks.append(.sentence(sentence))
        } else {
            blocks.append(
                .sentence("Shifted \(route.id) from \(Decimal.percent(before)) to \(Decimal.percent(after)).", .good))
            blocks.append(.sentence(sentence))
            blocks.append(.sentence(RouteWriter.observation(change), .faint))
        }
        if let left = change.longLived,
            let sentence = left.sentence(upstream: left.side == "legacy" ? route.legacy : service)
        {
            blocks.append(.sentence(sentence, .warning))
        }
        blocks += (change.warnings + gate.warnings).map { .sentence("warning: " + $0, .warning) }
        var data: OutputValue = [
            "route": .string(route.id), "before": .number(before), "after": .number(after),
            "moved": [
                "percent": .number(movement.share),
                "buckets": [.integer(Int64(movement.moving.lowerBound)), .integer(Int64(movement.moving.upperBound))],
            ],
        ]
        if let left = change.longLived { data["long_lived"] = left.datum }
        RouteWriter.describe(change, in: &data)
        data["data"] = gate.datum
        return Answer(blocks, data: data, next: next(route.id, before: before, after: after, dryRun: change.dryRun))
    }

    private static func next(_ id: String, before: Double, after: Double, dryRun: Bool) -> [Answer.NextStep] {
        if dryRun { return [.init("strangler shift \(id) \(Decimal.short(after))", "do it")] }
        var steps: [Answer.NextStep] = [.init("strangler status \(id) --watch", "see both sides")]
        guard after > 0 else { return steps }
        if let higher = [1, 5, 10, 25, 50, 100].first(where: { $0 > after }) {
            steps.append(.init("strangler shift \(id) \(Decimal.short(higher))", "the next step, when it looks well"))
        }
        steps.append(.init("strangler rollback \(id)", "everybody back to legacy, at once"))
        return steps
    }
}
