import Arguments
import ControlKit
import Migration
import Operations

/// `strangler data lint [GROUP…]`.
enum DataLintCommand {
    static func run(_ invocation: Invocation) async throws(OperationFailure) -> Answer {
        let inputs = invocation.inputs
        let report = try DataLint(
            dataPath: DataFile.path(invocation), isDataNamed: inputs["data"] != nil, stores: inputs.all("store"),
            statements: inputs.all("sql"), keys: inputs.all("key"), contexts: inputs.all("context"),
            only: inputs.all("GROUP")
        ).run()
        return answer(report, readsStatements: !inputs.all("sql").isEmpty)
    }

    static func answer(_ report: DataLint.Report, readsStatements: Bool) -> Answer {
        let isGood = report.errors == 0
        return Answer(
            exit: isGood ? .done : .failure,
            [.sentence(sentence(report), !isGood ? .bad : report.warnings > 0 ? .warning : .good)]
                + report.findings.map(block) + [
                    .sentence(notes(report, readsStatements).joined(separator: "\n"), .faint)
                ],
            data: datum(report),
            next: readsStatements
                ? []
                : [.init("strangler data lint --sql FILE", "looks for transactions, REPLACE and unkeyed writes too")])
    }

    private static func sentence(_ report: DataLint.Report) -> String {
        let contexts = report.contexts.joined(separator: ", ")
        guard !report.findings.isEmpty else { return "nothing was found that would break a migration of \(contexts)" }
        let errors = count(report.errors, "error", "errors")
        let warnings = count(report.warnings, "warning", "warnings")
        return "\(errors) and \(warnings) for a migration of \(contexts)"
    }

    private static func block(_ finding: LintFinding) -> Answer.Block {
        let times = finding.count > 1 ? " (\(finding.count) times)" : ""
        return .sentence(
            "\(finding.severity.rawValue) \(finding.code.rawValue) at \(finding.location)\(times)\n"
                + (finding.place == nil ? "" : "\(finding.subject): ") + "\(finding.what)\ncure: \(finding.cure)")
    }

    /// What was not looked at, so that silence is not taken for a good sign.
    private static func notes(_ report: DataLint.Report, _ readsStatements: Bool) -> [String] {
        let counts = report.counts
        var notes: [String] = []
        if readsStatements {
            notes.append(
                "read \(count(counts.statements, "statement", "statements")), "
                    + "\(count(counts.transactions, "transaction", "transactions")) that BEGIN or SAVEPOINT opened")
        } else {
            notes.append("no statements were read: what the program's transactions do is not known")
        }
        if !counts.unknown.isEmpty {
            notes.append("not understood, by their first word: \(named(counts.unknown))")
        }
        if !counts.strangers.isEmpty { notes.append("tables that no store has: \(named(counts.strangers))") }
        if counts.cut > 0 {
            notes.append("\(count(counts.cut, "statement was", "statements were")) too long to be read whole")
        }
        if counts.unfinished > 0 {
            notes.append(
                "\(count(counts.unfinished, "transaction", "transactions")) without an end: "
                    + "a log that is cut, or one of several connections mixed")
        }
        notes += report.unclosed
        for file in report.absent { notes.append("not there yet, so not read: \(file)") }
        if report.omitted > 0 { notes.append("\(report.omitted) more were found than are listed") }
        return notes
    }

    private static func named(_ counts: [String: Int]) -> String {
        counts.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }.joined(separator: ", ")
    }

    private static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }

    private static func datum(_ report: DataLint.Report) -> OutputValue {
        func counted(_ names: [String: Int], _ key: String) -> OutputValue {
            .array(
                names.sorted { $0.key < $1.key }.map { [key: .string($0.key), "count": .integer(Int64($0.value))] })
        }
        let counts = report.counts
        return [
            "contexts": .array(report.contexts.map { .string($0) }),
            "errors": .integer(Int64(report.errors)), "warnings": .integer(Int64(report.warnings)),
            "findings": .array(report.findings.map(datum)), "omitted": .integer(Int64(report.omitted)),
            "stores": .array(report.stores.map { .string($0) }),
            "absent_stores": .array(report.absent.map { .string($0) }),
            "statements": [
                "read": .integer(Int64(counts.statements)), "transactions": .integer(Int64(counts.transactions)),
                "unfinished_transactions": .integer(Int64(counts.unfinished)), "cut": .integer(Int64(counts.cut)),
                "not_understood": counted(counts.unknown, "word"),
                "unknown_tables": counted(counts.strangers, "table"),
                "unclosed": .array(report.unclosed.map { .string($0) }),
            ],
        ]
    }

    private static func datum(_ finding: LintFinding) -> OutputValue {
        [
            "code": .string(finding.code.rawValue), "severity": .string(finding.severity.rawValue),
            "file": .string(finding.file), "line": .optional(finding.place?.line),
            "column": .optional(finding.place?.column), "subject": .string(finding.subject),
            "contexts": .array(finding.contexts.map { .string($0) }), "what": .string(finding.what),
            "cure": .string(finding.cure), "count": .integer(Int64(finding.count)),
        ]
    }
}
