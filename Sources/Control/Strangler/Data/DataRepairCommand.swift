import ControlKit
import DataSync
import Migration
import Operations

/// `strangler data repair [GROUP…]`.
enum DataRepairCommand {
    static func run(_ invocation: Invocation) async throws(OperationFailure) -> Answer {
        let document = try DataFile.document(invocation)
        var findings: [StoreRepair.Finding] = []
        for group in document.groups { findings.append(try attempt(group) { try $0.find() }) }
        if invocation.isDryRun { return planned(document.groups, findings) }
        for (group, finding) in zip(document.groups, findings) where finding.isTooMuch {
            throw OperationFailure(
                .failed,
                "\(finding.report.wrong) rows of \"\(group.name)\" are wrong, and at most \(StoreRepair.rowLimit) are repaired one by one; nothing was changed",
                fix: "strangler data backfill \(group.name) --restart makes every row equal")
        }
        let wrong = findings.reduce(0) { $0 + $1.report.wrong }
        if findings.contains(where: { !$0.isNothing }) {
            try invocation.confirm(
                "Make \(count(wrong)) of \(document.groups.map(\.target).joined(separator: ", ")) equal to the monolith's?"
            )
        }
        var reports: [StoreRepair.Report?] = []
        for (group, finding) in zip(document.groups, findings) {
            reports.append(finding.isNothing ? nil : try attempt(group) { try $0.apply(finding) })
        }
        return repaired(document.groups, findings, reports)
    }

    private static func attempt<Value>(
        _ group: DataDocument.Group, _ body: (StoreRepair) throws -> Value
    ) throws(OperationFailure) -> Value {
        do {
            return try body(StoreRepair(group))
        } catch {
            throw DataFile.failure(error, of: group.name)
        }
    }

    private static func count(_ rows: Int) -> String { rows == 1 ? "1 row" : "\(rows) rows" }

    /// What would be done, and with which rows.
    private static func planned(_ groups: [DataDocument.Group], _ findings: [StoreRepair.Finding]) -> Answer {
        let wrong = findings.reduce(0) { $0 + $1.report.wrong }
        let foreign = zip(groups, findings).flatMap { group, finding in
            finding.foreignTables.map { "\(group.name): another program wrote \($0)" }
        }
        var table = Table([.text("GROUP"), .number("INSERT"), .number("UPDATE"), .number("DELETE"), .number("PENDING")])
        for finding in findings {
            let report = finding.report
            table.rows.append(
                [.init(report.group)]
                    + [report.missing, report.different, report.extra, report.pending].map { .init("\($0)") })
        }
        let isNothing = findings.allSatisfy(\.isNothing)
        let sentence =
            isNothing
            ? "nothing is to be repaired"
            : wrong == 0
                ? "every row is equal; a repair would only forget that another program wrote there"
                : "would make \(count(wrong)) equal to the monolith's; nothing was changed"
        return Answer(
            exit: isNothing ? .done : .failure,
            [.sentence(sentence, isNothing ? .good : .bad), .table(table), .lines(samples(findings)), .lines(foreign)],
            data: [
                "dry_run": true,
                "groups": .array(
                    findings.map { finding in
                        [
                            "group": .string(finding.report.group), "insert": number(finding.report.missing),
                            "update": number(finding.report.different), "delete": number(finding.report.extra),
                            "pending": number(finding.report.pending),
                            "samples": .array(finding.report.samples.map { .string($0) }),
                            "written_by_others": .array(finding.foreignTables.map { .string($0) }),
                        ]
                    }),
            ],
            next: zip(groups, findings).compactMap { group, finding in
                if finding.isNothing { return nil }
                return finding.isTooMuch
                    ? .init(
                        "strangler data backfill \(group.name) --restart", "makes every row equal; these are too many")
                    : .init("strangler data repair \(group.name)", "does it")
            })
    }

    private static func samples(_ findings: [StoreRepair.Finding]) -> [String] {
        findings.flatMap { finding in finding.report.samples.map { "\(finding.report.group): \($0)" } }
    }

    private static func repaired(
        _ groups: [DataDocument.Group], _ findings: [StoreRepair.Finding], _ reports: [StoreRepair.Report?]
    ) -> Answer {
        var table = Table([
            .text("GROUP"), .number("WRITTEN"), .number("DELETED"), .number("LEFT TO THE AGENT"),
            .number("STILL WRONG"),
        ])
        for (group, report) in zip(groups, reports) {
            let numbers = report.map { [$0.written, $0.deleted, $0.left, $0.after.wrong] } ?? [0, 0, 0, 0]
            table.rows.append([.init(group.name)] + numbers.map { .init("\($0)") })
        }
        let done = reports.compactMap(\.self)
        let changed = done.reduce(0) { $0 + $1.written + $1.deleted }
        let wrong = done.reduce(0) { $0 + $1.after.wrong }
        let again = done.flatMap(\.writtenMeanwhile)
        let obstacles = zip(groups, reports).compactMap { group, report in
            report?.obstacle.map { (group: group.name, reason: $0) }
        }
        let isGood = wrong == 0 && again.isEmpty && obstacles.isEmpty
        let sentence =
            done.isEmpty
            ? "nothing was to be repaired"
            : wrong > 0
                ? "made \(count(changed)) equal, and \(count(wrong)) \(wrong == 1 ? "is" : "are") wrong all the same"
                : "made \(count(changed)) equal; all \(done.reduce(0) { $0 + $1.after.rows }) rows compared again, none is wrong"
        let notes =
            again.map { "another program wrote \($0) meanwhile" }
            + obstacles.map { "\($0.group): \($0.reason.sentence)" }
        return Answer(
            exit: isGood ? .done : .failure,
            [.sentence(sentence, isGood ? .good : .bad), .table(table), .lines(samples(findings)), .lines(notes)],
            data: [
                "dry_run": false, "repaired": .bool(isGood),
                "groups": .array(
                    zip(groups, reports).map { group, report in
                        [
                            "group": .string(group.name), "written": number(report?.written ?? 0),
                            "deleted": number(report?.deleted ?? 0), "left": number(report?.left ?? 0),
                            "wrong": number(report?.after.wrong ?? 0),
                            "written_by_others": .array(report?.writtenMeanwhile.map { .string($0) } ?? []),
                            "obstacle": report?.obstacle.map { .string($0.sentence) } ?? .null,
                        ]
                    }),
            ],
            next: obstacles.map { .init("strangler data status \($0.group)", $0.reason.fix($0.group)) }
                + (isGood || !obstacles.isEmpty
                    ? [] : [.init("strangler data repair", "again; let nobody but the agent write there")]))
    }

    private static func number(_ value: Int) -> OutputValue { .integer(Int64(value)) }
}
