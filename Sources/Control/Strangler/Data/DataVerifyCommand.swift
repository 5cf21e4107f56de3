import ControlKit
import DataSync
import Migration
import Operations

/// `strangler data verify [GROUP…]`.
enum DataVerifyCommand {
    static func run(_ invocation: Invocation) async throws(OperationFailure) -> Answer {
        let document = try DataFile.document(invocation)
        var reports: [StoreVerifier.Report] = []
        for group in document.groups {
            guard DataStatus.read(group).state != .notCreated else {
                throw OperationFailure(
                    .failed, "nothing is installed for \"\(group.name)\", so nothing says what is to be compared",
                    fix: "strangler data create \(group.name)")
            }
            do {
                reports.append(try StoreVerifier(group).verify())
            } catch {
                throw DataFile.failure(error, of: group.name)
            }
        }
        var table = Table([
            .text("GROUP"), .number("ROWS"), .number("PENDING"), .number("MISSING"), .number("EXTRA"),
            .number("DIFFERENT"), .number("NO KEY"),
        ])
        for report in reports {
            let counts = [report.rows, report.pending, report.missing, report.extra, report.different, report.keyless]
            table.rows.append([.init(report.group)] + counts.map { .init("\($0)") })
        }
        let isEqual = reports.allSatisfy(\.isEqual)
        let pending = reports.reduce(0) { $0 + $1.pending }
        let rows = reports.reduce(0) { $0 + $1.rows }
        let keyless = reports.reduce(0) { $0 + $1.keyless }
        let sentence =
            reports.contains { $0.wrong > 0 }
            ? "the stores differ"
            : keyless > 0
                ? "\(keyless == 1 ? "1 row has" : "\(keyless) rows have") no key and cannot be carried; the other \(rows) are equal"
                : pending > 0
                    ? "\(rows) rows compared; \(pending) changes are still on their way"
                    : "\(rows) rows compared, all equal"
        let samples = reports.flatMap { report in report.samples.map { "\(report.group): \($0)" } }
        let orphans = reports.reduce(0) { $0 + $1.orphans }
        let parents = reports.flatMap { report in report.orphanSamples.map { "\(report.group): \($0)" } }
        let note =
            orphans == 0
            ? ""
            : "\(orphans == 1 ? "1 row of the targets has" : "\(orphans) rows of the targets have") no parent by their foreign keys, which the agent does not enforce"
        return Answer(
            exit: !isEqual ? .failure : pending > 0 ? .pending : .done,
            [.sentence(sentence, isEqual ? .good : .bad), .table(table), .lines(samples)]
                + (note.isEmpty ? [] : [.sentence(note, .warning)]) + [.lines(parents)],
            data: [
                "equal": .bool(isEqual && pending == 0), "groups": .array(reports.map(datum)),
            ],
            next: zip(document.groups, reports).compactMap { group, report in
                step(report, isEqual: report.isEqual, stop: report.isEqual ? nil : DataStatus.read(group).fix)
            })
    }

    /// What helps, and only what can: a stream that stands still needs its own way out, and no copy gives a row a key.
    static func step(_ report: StoreVerifier.Report, isEqual: Bool, stop: String?) -> Answer.NextStep? {
        if isEqual { return nil }
        if let stop { return .init("strangler data status \(report.group)", stop) }
        if report.wrong > 0 {
            return .init("strangler data repair \(report.group) --dry-run", "shows what would make the follower equal")
        }
        return .init("strangler data verify \(report.group)", "again once every row of the monolith has a key")
    }

    private static func datum(_ report: StoreVerifier.Report) -> OutputValue {
        [
            "group": .string(report.group), "rows": .integer(Int64(report.rows)),
            "pending": .integer(Int64(report.pending)), "missing": .integer(Int64(report.missing)),
            "extra": .integer(Int64(report.extra)), "different": .integer(Int64(report.different)),
            "keyless": .integer(Int64(report.keyless)), "samples": .array(report.samples.map { .string($0) }),
            "orphans": .integer(Int64(report.orphans)),
            "orphan_samples": .array(report.orphanSamples.map { .string($0) }),
        ]
    }
}
