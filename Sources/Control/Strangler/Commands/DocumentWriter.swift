import AdminClient
import Arguments
import ControlKit
import Ledger
import Operations

/// Brings a whole document to serve: through the router, or into the file when none runs.
enum DocumentWriter {
    static func apply(
        _ wanted: [UInt8], named name: String, verb: String, ifRevision expected: Int?, warnings: [String],
        _ invocation: Invocation
    ) async throws -> Answer {
        let wish = try await DocumentChange(
            to: wanted, named: name, verb: verb, ifRevision: expected,
            overRollback: invocation.inputs.has("over-rollback"), try invocation.operation())
        return try await carryOut(wish, warnings: warnings, invocation)
    }

    /// Makes a change that was prepared, once the user agrees, and says what it did.
    static func carryOut(
        _ wish: DocumentChange, warnings: [String], _ invocation: Invocation
    ) async throws -> Answer {
        let (name, present, plan, gate) = (wish.name, wish.present, wish.plan, wish.gate)
        if plan.isEmpty {
            return PlanCommands.answer(
                plan, from: "\(present.place), revision \(present.revision)", to: name, warnings: warnings,
                data: ["revision": .integer(Int64(present.revision)), "changed": false], exit: .done, next: [])
        }
        if plan.largestShare > 0 || plan.mayMoveMore {
            try invocation.confirm("\(plan.lines.joined(separator: "\n"))\nGo on?")
        }
        let change = try await wish.make()
        var answer = answer(plan, change, name, warnings + change.warnings + gate.warnings, gate)
        if !present.isLive, !change.dryRun { answer.nextSteps = RouteWriter.offline(answer.nextSteps, invocation) }
        return answer
    }

    private static func answer(
        _ plan: RoutesPlan, _ change: AdminChange, _ name: String, _ warnings: [String], _ gate: DataGate
    ) -> Answer {
        var blocks: [Answer.Block] = [
            .sentence(
                change.dryRun
                    ? "Would apply \(name) as revision \(change.previousRevision + 1)."
                    : "Applied \(name) as revision \(change.revision).", change.dryRun ? .strong : .good),
            .lines(plan.lines),
        ]
        if !change.dryRun { blocks.append(.sentence(RouteWriter.observation(change), .faint)) }
        blocks += warnings.map { .sentence("warning: " + $0, .warning) }
        var data: OutputValue = ["changes": .array(plan.changes.map(\.datum)), "data": gate.datum]
        RouteWriter.describe(change, in: &data)
        return Answer(
            blocks, data: data,
            next: change.dryRun
                ? [] : [.init("strangler status", "see that all is well"), .init("strangler undo", "back to before")])
    }
}
