import Arguments
import ControlKit
import DataSync
import Migration
import Operations
import SQLite

/// `strangler data drop [GROUP…]`.
enum DataDropCommand {
    static func run(_ invocation: Invocation) async throws(OperationFailure) -> Answer {
        let document = try DataFile.document(invocation)
        let names = document.groups.map(\.name).joined(separator: ", ")
        // Held to the end, so that no agent begins meanwhile; groups may share a target.
        var locks: [String: SyncLock] = [:]
        for group in document.groups where locks[group.target] == nil && !invocation.isDryRun {
            guard FileSystem.exists(group.target) else { continue }
            guard let lock = SyncLock(target: group.target) else {
                throw OperationFailure(
                    .conflict, "an agent carries the group \"\(group.name)\" into \(group.target)",
                    fix: "end it first: kill -TERM its process, or stop its unit", "strangler data status \(group.name)"
                )
            }
            locks[group.target] = lock
        }
        try invocation.confirm("Take the change capture of \(names) out of both stores?")
        var reports: [CaptureRemover.Report] = []
        for group in document.groups {
            let source = try open(group.source, invocation)
            let target = try open(group.target, invocation)
            do {
                reports.append(
                    try CaptureRemover(group).remove(source: source, target: target, dryRun: invocation.isDryRun))
            } catch {
                throw DataFile.failure(error, of: group.name)
            }
        }
        withExtendedLifetime(locks) {}
        return answer(reports, invocation.isDryRun)
    }

    /// nil for a store that is gone: what is left of the pair can be cleaned all the same.
    private static func open(_ path: String, _ invocation: Invocation) throws(OperationFailure) -> DatabaseConnection? {
        guard FileSystem.exists(path) else {
            invocation.console.warn("\(path) does not exist; only the other store is cleaned")
            return nil
        }
        return try DataFile.open(path, isSource: true)
    }

    private static func answer(_ reports: [CaptureRemover.Report], _ isDryRun: Bool) -> Answer {
        var table = Table([.text("GROUP"), .number("SOURCE"), .number("TARGET"), .text("TRIGGERS THAT STAY")])
        for report in reports {
            table.rows.append([
                .init(report.group), .init("\(report.source.count)"), .init("\(report.target.count)"),
                .init(report.shared.joined(separator: ", ")),
            ])
        }
        let count = reports.reduce(0) { $0 + $1.source.count + $1.target.count }
        let groups = reports.count == 1 ? "one group" : "\(reports.count) groups"
        let sentence =
            count == 0
            ? "nothing of ours was there for \(groups)"
            : isDryRun
                ? "would drop \(count) triggers, tables and indexes of \(groups); nothing was changed"
                : "dropped \(count) triggers, tables and indexes of \(groups)"
        return Answer(
            [.sentence(sentence, .good), .table(table)],
            data: [
                "dry_run": .bool(isDryRun),
                "groups": .array(
                    reports.map { report in
                        [
                            "group": .string(report.group), "source": .array(report.source.map { .string($0) }),
                            "target": .array(report.target.map { .string($0) }),
                            "shared": .array(report.shared.map { .string($0) }),
                        ]
                    }),
            ], next: [.init("strangler data create", "installs again")])
    }
}
