import Arguments
import ControlKit
import DataSync
import Migration
import Operations
import SQLite

/// `strangler data create [GROUP…]`.
enum DataCreateCommand {
    static func run(_ invocation: Invocation) async throws(OperationFailure) -> Answer {
        let document = try DataFile.document(invocation)
        let whole = try DataFile.document(at: DataFile.path(invocation))
        for group in document.groups {
            let warnings = try OwnershipCheck(group, among: whole.groups, routes: invocation.configPath).run()
            for warning in warnings { invocation.console.warn("\(group.name): \(warning)") }
        }
        var table = Table([.text("GROUP"), .text("TABLE"), .text("TO"), .text("KEY"), .text("CAPTURE")])
        var reports: [OutputValue] = []
        var isNew = false
        // Stores that are not in WAL mode: one may be the source of many groups.
        var withoutWAL: [String] = []
        var warned: [String] = []
        var rebuilt: [String] = []
        for group in document.groups {
            let source = try DataFile.open(group.source, isSource: true)
            let target = try DataFile.open(group.target, isSource: false)
            do {
                let isLogged = try source.text("PRAGMA journal_mode")?.lowercased() == "wal"
                let report = try CaptureInstaller(group).install(
                    source: source, target: target, dryRun: invocation.isDryRun)
                for store in report.rebuilt where !rebuilt.contains(store) { rebuilt.append(store) }
                for note in report.plans.flatMap(\.notes) { invocation.console.warn("\(group.name): \(note)") }
                for plan in report.plans {
                    let isInstalled = report.installed.contains(plan.source)
                    table.rows.append([
                        .init(group.name), .init(plan.source), .init(plan.target),
                        .init(plan.key.map(\.source).joined(separator: ", ")),
                        isInstalled ? .init("installed", .good) : .init("was there", .faint),
                    ])
                }
                isNew = isNew || report.copiesAnew
                let path = FileSystem.absolute(group.source)
                if !isLogged, !withoutWAL.contains(path) { withoutWAL.append(path) }
                // Who runs this again has read it.
                if !isLogged, !report.installed.isEmpty, !warned.contains(path) { warned.append(path) }
                reports.append([
                    "group": .string(group.name), "tables": .array(report.plans.map { .string($0.source) }),
                    "installed": .array(report.installed.map { .string($0) }), "copies_anew": .bool(report.copiesAnew),
                    "mode": .string(group.mode.rawValue), "keys_listed": .integer(Int64(report.keys)),
                ])
            } catch {
                throw DataFile.failure(error, of: group.name)
            }
        }
        if !warned.isEmpty {
            invocation.console.warn(
                "not in WAL mode: \(warned.joined(separator: ", ")); writers wait while the agent reads (PRAGMA journal_mode = WAL mends it)"
            )
        }
        if !rebuilt.isEmpty {
            invocation.console.warn(
                "the change tables of an older release \(invocation.isDryRun ? "would be" : "were") made anew in \(rebuilt.joined(separator: ", ")); every group of them needs strangler data create, and is copied anew"
            )
        }
        let count = document.groups.count == 1 ? "one group" : "\(document.groups.count) groups"
        let sentence: String
        if invocation.isDryRun {
            sentence = "would install change capture for \(count); nothing was changed"
        } else if isNew {
            sentence = "change capture is installed for \(count); the copy begins with the agent's next turn"
        } else {
            sentence = "change capture was complete for \(count)"
        }
        return Answer(
            [.sentence(sentence, .good), .table(table)],
            data: [
                "dry_run": .bool(invocation.isDryRun), "groups": .array(reports),
                "without_wal": .array(withoutWAL.map { .string($0) }),
                "rebuilt": .array(rebuilt.map { .string($0) }),
            ],
            next: [
                .init("strangler data sync", "runs the agent"), .init("strangler data status", "shows how far it is"),
            ])
    }
}

/// `strangler data backfill GROUP [--restart]`.
enum DataBackfillCommand {
    static func run(_ invocation: Invocation) async throws(OperationFailure) -> Answer {
        let document = try DataFile.document(invocation)
        guard let group = document.groups.first else { throw OperationFailure(.usage, "GROUP is missing") }
        let status = DataStatus.read(group)
        guard status.state != .notCreated, status.state != .unreadable else {
            throw OperationFailure(
                .failed, status.reason ?? "nothing is installed for \"\(group.name)\"",
                fix: "strangler data create \(group.name)")
        }
        let restarts = invocation.inputs.has("restart")
        if status.state == .running, !restarts {
            return Answer(
                [.sentence("\(group.name) was copied already: \(status.copied) rows", .good)],
                data: ["group": .string(group.name), "state": .string(status.state.rawValue), "restarted": false],
                next: [
                    .init("strangler data backfill \(group.name) --restart", "copies again"),
                    .init("strangler data verify \(group.name)", "compares every row"),
                ])
        }
        if restarts, !invocation.isDryRun {
            let source = try DataFile.open(group.source, isSource: true)
            let target = try DataFile.open(group.target, isSource: false)
            do {
                try CaptureInstaller(group).restart(source: source, target: target)
            } catch {
                throw DataFile.failure(error, of: group.name)
            }
        }
        let verb = invocation.isDryRun ? "would be copied" : "is copied"
        let agent = status.agentLives ? "the running agent does it" : "no agent is running"
        return Answer(
            [
                .sentence(
                    "\(group.name) \(verb) \(restarts ? "anew" : "on"), about \(status.total) rows; \(agent)", .good)
            ],
            data: [
                "group": .string(group.name), "restarted": .bool(restarts && !invocation.isDryRun),
                "agent": .bool(status.agentLives), "rows": .integer(Int64(status.total)),
            ],
            next: [
                status.agentLives
                    ? .init("strangler data status", "shows how far it is")
                    : .init("strangler data sync", "runs the agent")
            ])
    }
}
