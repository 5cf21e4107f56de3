import AdminAPI
import AdminClient
import Arguments
import ControlKit
import Ledger
import Operations

/// `strangler rollback ROUTE|--all`: everybody back to legacy, now. It needs nothing but a living router: a broken
/// file, a full disk or a broken ledger only warn.
enum RollbackCommand {
    static func run(_ invocation: Invocation) async throws -> Answer {
        let isAll = invocation.inputs.has("all")
        let id = invocation.inputs["ROUTE"]
        guard isAll != (id != nil) else {
            throw OperationFailure(
                .usage, isAll ? "rollback takes a route or --all, not both" : "which route?",
                fix: "strangler rollback ROUTE", "strangler rollback --all")
        }
        let owned = try await OwnedRollback.find(id, invocation)
        if let name = owned.only { return try await DataMoveCommand.run(invocation, context: name, to: "0") }
        if !owned.away.isEmpty { return try await owned.bringHome(invocation) }
        let patience = try invocation.inputs["wait"].map {
            (text) throws(OperationFailure) in try Invocation.duration(text, option: "--wait")
        }
        let rollback: RollbackResponse
        let admin: AdminClient
        switch try await RollbackOperation.make(
            isAll ? nil : id, drain: invocation.inputs.has("drain"), try invocation.operation())
        {
        case .served(let served, by: let router): (rollback, admin) = (served, router)
        case .written(let change): return answer(change, id, invocation)
        case .kept(let changes, let revision, let path, let problem):
            return answer(changes, keptAs: revision, in: path, because: problem, invocation)
        }
        let covered = ScenarioCoverage.routes(besideConfiguration: invocation.configPath)
        let isTerminal = invocation.console.screen() != nil
        guard rollback.inFlight > 0, !rollback.isDryRun,
            let patience = patience ?? (isTerminal && !invocation.wantsJSON ? RollbackWatch.onTerminal : nil)
        else { return answer(rollback, covered) }
        return try await watch(rollback, RollbackWatch(invocation: invocation, admin: admin, patience: patience))
    }

    /// Says at once what is done, and then how it ends.
    private static func watch(_ rollback: RollbackResponse, _ watch: RollbackWatch) async throws -> Answer {
        let invocation = watch.invocation
        let covered = ScenarioCoverage.routes(besideConfiguration: invocation.configPath)
        var first = answer(rollback, covered)
        let next = first.nextSteps
        first.nextSteps = []
        if !invocation.wantsJSON {
            invocation.console.print(first.text(invocation.console.outStyle, width: invocation.console.columns))
        }
        let ended = try await watch.run(rollback)
        var last = answer(ended, covered)
        if !invocation.wantsJSON { last.blocks = [RollbackWatch.ending(ended)] }
        last.nextSteps = next
        // A user who said how long to wait wants to know whether that was enough.
        if ended.inFlight > 0, invocation.inputs["wait"] != nil { last.exit = .timedOut }
        return last
    }

    /// It was done in the file.
    private static func answer(_ change: AdminChange, _ id: String?, _ invocation: Invocation) -> Answer {
        let names = change.changes.map(\.route)
        let sentence =
            change.changed
            ? "\(change.dryRun ? "Would roll" : "Rolled") \(names.joined(separator: ", ")) back to 0%."
            : nothingMoved(names: id.map { [$0] } ?? [], isAll: id == nil)
        var data: OutputValue = [
            "mode": "evacuate", "complete": true, "in_flight": 0, "routes": .array(change.changes.map(\.datum)),
        ]
        RouteWriter.describe(change, in: &data)
        return Answer(
            [.sentence(sentence, .good)]
                + (change.changed && !change.dryRun ? [.sentence(RouteWriter.observation(change), .faint)] : []),
            data: data,
            next: [RouteWriter.start(invocation)])
    }

    /// It is kept for the next start.
    private static func answer(
        _ changes: [RouteChange], keptAs revision: Int, in path: String, because problem: String,
        _ invocation: Invocation
    ) -> Answer {
        var blocks: [Answer.Block] = []
        if changes.isEmpty {
            blocks.append(.sentence("Nothing would be on a service at the next start; nothing was changed.", .good))
        } else {
            let names = changes.map(\.route).joined(separator: ", ")
            blocks.append(.sentence("\(invocation.isDryRun ? "Would roll" : "Rolled") \(names) back to 0%.", .good))
            blocks.append(
                .sentence("It is kept in \(path) and served from the next start on, because \(problem).", .warning))
        }
        let data: OutputValue = [
            "mode": "evacuate", "complete": true, "routes": .array(changes.map(\.datum)),
            "changed": .bool(!changes.isEmpty && !invocation.isDryRun), "observed": false,
            "dry_run": .bool(invocation.isDryRun), "revision": .integer(Int64(revision)), "in_flight": 0,
        ]
        return Answer(
            blocks, data: data,
            next: [RouteWriter.start(invocation)])
    }

    /// Says only what was looked at: the percentages of the routes that were asked for.
    private static func nothingMoved(names: [String], isAll: Bool) -> String {
        guard !isAll, !names.isEmpty else { return "No route is above 0%; nothing was changed." }
        return "\(StatusJudgement.list(names)) \(names.count == 1 ? "is" : "are") at 0% already; nothing was changed."
    }

    /// - Parameter covered: routes that `parity run` has scenarios for.
    static func answer(_ rollback: RollbackResponse, _ covered: Set<String>) -> Answer {
        let moved = rollback.routes.filter { $0.before != $0.after }
        var blocks: [Answer.Block] = []
        if !rollback.isChanged && moved.isEmpty {
            blocks.append(.sentence(nothingMoved(names: rollback.routes.map(\.id), isAll: false), .good))
        } else {
            let what = moved.map { "\($0.id) (\(Decimal.percent($0.before)) -> 0%)" }.joined(separator: ", ")
            blocks.append(
                .sentence(
                    "\(rollback.isDryRun ? "Would roll back" : "Rolled back") \(what).",
                    rollback.isDryRun ? .strong : .good))
        }
        if rollback.isChanged, !rollback.isDryRun {
            let flip = Decimal.milliseconds(rollback.flipMilliseconds)
            var sentence = "From the command it took \(flip) until no new request went to the service"
            if rollback.isComplete {
                let last = rollback.lastRequestMilliseconds ?? 0
                // Requests that ended before the last loop had flipped leave nothing to wait for.
                sentence +=
                    last > rollback.flipMilliseconds
                    ? ", and \(Decimal.milliseconds(last)) until the last one there had ended."
                    : "; none that had begun before was left there then."
                blocks.append(.sentence(sentence))
            } else {
                let left = rollback.inFlight
                sentence += "; \(left) begun before still \(left == 1 ? "runs" : "run") there."
                blocks.append(.sentence(sentence, .warning))
            }
        } else if !rollback.isDryRun, rollback.inFlight > 0 {
            let left = rollback.inFlight
            blocks.append(
                .sentence("\(left) begun before still \(left == 1 ? "runs" : "run") on the service.", .warning))
        }
        for route in rollback.routes {
            guard let sentence = route.longLived.sentence(upstream: "the service of \(route.id)") else { continue }
            blocks.append(.sentence(sentence, .warning))
        }
        blocks += rollback.warnings.map { .sentence("warning: " + $0, .warning) }
        let data: OutputValue = [
            "mode": .string(rollback.mode), "revision": .integer(Int64(rollback.revision)),
            "previous_revision": .integer(Int64(rollback.previousRevision)), "changed": .bool(rollback.isChanged),
            "dry_run": .bool(rollback.isDryRun), "observed": .bool(!rollback.isDryRun),
            "loops": .integer(Int64(rollback.loops)), "flip_ms": .number(rollback.flipMilliseconds),
            "complete": .bool(rollback.isComplete), "in_flight": .integer(Int64(rollback.inFlight)),
            "last_request_ended_ms": .optional(rollback.lastRequestMilliseconds),
            "routes": .array(
                rollback.routes.map {
                    [
                        "route": .string($0.id), "before": .number($0.before), "after": .number($0.after),
                        "in_flight": .integer(Int64($0.inFlight)), "long_lived": $0.longLived.datum,
                    ]
                }),
            "warnings": .array(rollback.warnings.map { .string($0) }),
        ]
        var next: [Answer.NextStep] = [.init("strangler status", "see that all is well")]
        if let first = moved.first, !rollback.isDryRun {
            if covered.contains(first.id) {
                next.append(.init("strangler parity run \(first.id)", "find what differed"))
            }
            // While a rollback is not on disk, undo is refused.
            if rollback.warnings.isEmpty {
                next.append(.init("strangler undo", "put the percentage back when it is mended"))
            }
        }
        return Answer(blocks, data: data, next: next)
    }
}
