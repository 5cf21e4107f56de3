import Ledger
import AdminClient
import ControlKit
import Arguments

/// Brings a whole document to serve: through the router, or into the file when none runs.
enum DocumentWriter {
    static func apply(
        _ wanted: [UInt8], named name: String, verb: String, ifRevision expected: Int?, warnings: [String],
        _ invocation: Invocation
    ) async throws -> Answer {
        let present = try await Present.find(invocation)
        let plan = try PlanCommands.compare(present.document, wanted, name)
        if let expected, expected != present.revision {
            throw CommandFailure(
                .conflict, "\(present.place) is at revision \(present.revision), not \(expected): the plan is stale",
                fix: "strangler plan \(name) shows what it would change now")
        }
        if plan.isEmpty {
            return PlanCommands.answer(
                plan, from: "\(present.place), revision \(present.revision)", to: name, warnings: warnings,
                data: ["revision": .integer(Int64(present.revision)), "changed": false], exit: .done, next: [])
        }
        let gate = try await DataGate(from: present.document, to: wanted, router: present.data, invocation) {
            try await invocation.admin().status().data
        }
        if let failure = gate.failure { throw failure }
        if plan.largestShare > 0 || plan.mayMoveMore {
            try invocation.confirm("\(plan.lines.joined(separator: "\n"))\nGo on?")
        }
        // Once it is asked for, it is recorded too.
        let change = try await unbroken(invocation.console) {
            let change = try await write(wanted, name, verb, present, invocation)
            guard change.changed, !change.dryRun else { return change }
            let admin = change.loops > 0 ? try? invocation.admin() : nil
            await LedgerBook(invocation).record(
                verb, route: routeName(plan), reason: invocation.reason, changes: plan.changes,
                previousRevision: change.previousRevision, revision: change.revision,
                before: change.previousRevision == present.revision ? present.document : nil,
                after: admin == nil ? FileSystem.read(invocation.configPath) : try? await admin?.routes(),
                through: admin)
            return change
        }
        var answer = answer(plan, change, name, warnings + change.warnings + gate.warnings, gate)
        if !present.isLive, !change.dryRun { answer.nextSteps = RouteWriter.offline(answer.nextSteps, invocation) }
        return answer
    }

    private static func write(
        _ wanted: [UInt8], _ name: String, _ verb: String, _ present: Present, _ invocation: Invocation
    ) async throws -> AdminChange {
        let consent = AdminClient.Consent(
            overRollback: invocation.inputs.has("over-rollback"), despiteData: invocation.inputs.has("despite-data"))
        guard present.isLive else {
            let result = try RoutesFileEditor(path: invocation.configPath).replace(
                with: wanted, ifRevision: present.revision, dryRun: invocation.isDryRun,
                overRollback: consent.overRollback
            ) { (bytes) throws(CommandFailure) in
                try RoutesCheck.check(bytes, file: name)
            }
            return AdminChange(
                changes: [], revision: result.revision, previousRevision: result.previousRevision,
                dryRun: invocation.isDryRun, changed: true, loops: 0, tookMilliseconds: 0, warnings: [])
        }
        let admin = try invocation.admin()
        let served = try await admin.status().configFile
        if FileSystem.canonical(name) == FileSystem.canonical(served) {
            // The router's own file, edited by hand: it reads it again rather than have it sent.
            return try await admin.reload(
                dryRun: invocation.isDryRun, verb: verb, consent, invocation.motive)
        }
        return try await admin.replaceRoutes(
            wanted, ifRevision: present.revision, dryRun: invocation.isDryRun, verb: verb, consent, invocation.motive)
    }

    private static func routeName(_ plan: RoutesPlan) -> String {
        let routes = Set(plan.changes.map(\.route))
        return routes.count == 1 ? routes.first ?? "*" : "*"
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
        var data: Datum = ["changes": .array(plan.changes.map(\.datum)), "data": gate.datum]
        RouteWriter.describe(change, in: &data)
        return Answer(
            blocks, data: data,
            next: change.dryRun
                ? [] : [.init("strangler status", "see that all is well"), .init("strangler undo", "back to before")])
    }
}
