import ControlKit
import Parity

/// What `parity run` and `parity compare` say, as text and as data.
enum ParityReport {
    /// A whole run.
    static func answer(
        _ outcomes: [ScenarioRunner.ScenarioOutcome], leftOut: [ScenarioRunner.LeftOut] = [],
        evidence: RunEvidence = RunEvidence([], named: [], []), mode: RunMode
    ) -> Answer {
        let comparisons = outcomes.flatMap { $0.steps.map(\.comparison) }
        let mismatched = comparisons.count { $0.verdict == .mismatch }
        let matched = comparisons.count { $0.verdict == .match }
        let unclear = outcomes.count { if case .incomparable = $0.verdict { true } else { false } }
        let masked = comparisons.reduce(0) { $0 + $1.masked }
        var use = RuleUse()
        for step in outcomes.flatMap(\.steps) { use.add(step.rules, step.comparison.bodies) }
        use.excuse(outcomes.flatMap(\.unreached) + leftOut.flatMap(\.rules))
        let problems = use.problems
        let gaps = gaps(outcomes, unclear, evidence, mode)
        let sentence: Answer.Block
        let exit: ExitCode
        if mismatched > 0 {
            exit = .failure
            sentence = .sentence(
                "Parity does not hold: \(mismatched) of \(counted(comparisons.count, "comparison")) differ\(mismatched == 1 ? "s" : "").",
                .bad)
        } else if !problems.isEmpty {
            exit = .configuration
            sentence = .sentence(
                "Nothing is said about parity: \(counted(problems.count, "rule")) cannot take effect.", .bad)
        } else if !gaps.isEmpty {
            exit = .pending
            sentence = .sentence("Not enough evidence: \(gaps.joined(separator: "; ")).", .warning)
        } else {
            exit = .done
            sentence = .sentence(
                "Parity holds: \(counted(matched, "comparison")) in \(counted(outcomes.count, "scenario")) match.",
                .good)
        }
        var table = Table([.text("CONTEXT"), .text("SCENARIO"), .number("COMPARED"), .text("VERDICT"), .text("REASON")])
        for outcome in outcomes {
            table.rows.append([
                Table.Cell(outcome.context), Table.Cell(outcome.name), Table.Cell("\(outcome.steps.count)"),
                verdictCell(outcome.verdict), Table.Cell(reason(outcome.verdict) ?? outcome.stopped ?? "", .faint),
            ])
        }
        var blocks = [sentence, .table(table)] + notes(leftOut, evidence, mode)
        if !problems.isEmpty { blocks.append(.lines(problems.map(\.rendered))) }
        for outcome in outcomes {
            for step in outcome.steps where !step.comparison.differences.isEmpty {
                blocks.append(.lines(["\(outcome.context) · \(outcome.name) · \(step.name) · \(step.request)"]))
                blocks.append(contentsOf: differenceBlocks(step.comparison))
            }
        }
        let data: OutputValue = [
            "verdict": .string(exit == .done ? "match" : exit == .failure ? "mismatch" : "incomparable"),
            "mode": .string(mode.rawValue), "comparisons": .integer(Int64(comparisons.count)),
            "matched": .integer(Int64(matched)), "mismatched": .integer(Int64(mismatched)),
            "incomparable_scenarios": .integer(Int64(unclear)), "masked_values": .integer(Int64(masked)),
            "routes": evidence.datum, "gaps": .array(gaps.map { .string($0) }),
            "left_out": .array(
                leftOut.map {
                    [
                        "context": .string($0.context), "name": .string($0.name),
                        "modes": .array($0.modes.map { .string($0.rawValue) }),
                    ]
                }),
            "diagnostics": .array(problems.map { .string($0.rendered) }),
            "scenarios": .array(outcomes.map(scenarioDatum)),
        ]
        return Answer(exit: exit, blocks, data: data)
    }

    /// What hinders saying that parity holds, though nothing differs.
    private static func gaps(
        _ outcomes: [ScenarioRunner.ScenarioOutcome], _ unclear: Int, _ evidence: RunEvidence, _ mode: RunMode
    ) -> [String] {
        var gaps: [String] = []
        if outcomes.isEmpty { gaps.append("no scenario runs in mode \(mode.rawValue)") }
        if unclear > 0 { gaps.append("\(unclear) of \(counted(outcomes.count, "scenario")) could not be compared") }
        func told(_ routes: [RunEvidence.Route], _ words: String) {
            if !routes.isEmpty { gaps.append("\(words) \(routes.map(\.id).joined(separator: ", "))") }
        }
        told(evidence.missing.filter { $0.asked == 0 }, "no scenario that runs in mode \(mode.rawValue) asks")
        told(evidence.missing.filter { $0.asked > 0 }, "no answers were compared on")
        return gaps
    }

    /// What the run did not look at.
    private static func notes(
        _ leftOut: [ScenarioRunner.LeftOut], _ evidence: RunEvidence, _ mode: RunMode
    ) -> [Answer.Block] {
        var blocks: [Answer.Block] = []
        if !leftOut.isEmpty {
            let lines = leftOut.map { one in
                let modes = one.modes.map(\.rawValue).joined(separator: " and ")
                return "  \(one.context) · \(one.name)" + (modes.isEmpty ? "" : " (only in mode \(modes))")
            }
            blocks.append(.lines(["left out, for they are not for mode \(mode.rawValue):"] + lines))
        }
        let asked = evidence.uncompared.map(\.id)
        if !asked.isEmpty {
            blocks.append(
                .lines(["asked, but not compared in mode \(mode.rawValue): " + asked.joined(separator: ", ")]))
        }
        return blocks
    }

    /// Two recorded responses.
    static func answer(_ comparison: Comparison) -> Answer {
        let warnings = comparison.differences.count { $0.severity == .warning }
        let sentence: Answer.Block
        let exit: ExitCode
        switch comparison.verdict {
        case .match:
            exit = .done
            let note = warnings > 0 ? ", with \(counted(warnings, "warning"))" : ""
            sentence = .sentence("The answers match: \(counted(comparison.compared, "value")) compared\(note).", .good)
        case .mismatch:
            exit = .failure
            sentence = .sentence("The answers do not match: \(counted(comparison.mismatches, "difference")).", .bad)
        case .incomparable(let reason):
            exit = .pending
            sentence = .sentence("The answers cannot be compared: \(reason).", .warning)
        }
        var data = comparisonDatum(comparison)
        data["compared_values"] = .integer(Int64(comparison.compared))
        data["masked_values"] = .integer(Int64(comparison.masked))
        return Answer(exit: exit, [sentence] + differenceBlocks(comparison), data: data)
    }

    // MARK: Differences

    /// Path, left, right; then what kind it is and which rule says so.
    private static func differenceBlocks(_ comparison: Comparison) -> [Answer.Block] {
        var table = Table([.text("PATH"), .text("LEFT"), .text("RIGHT"), .text("CLASS"), .text("RULE")])
        for difference in comparison.differences {
            let isWarning = difference.severity == .warning
            table.rows.append([
                Table.Cell(difference.path), Table.Cell(shown(difference.left), .good),
                Table.Cell(shown(difference.right), isWarning ? .warning : .bad),
                Table.Cell(difference.kind.rawValue + (isWarning ? " (warning)" : "")),
                Table.Cell(difference.rule, .faint),
            ])
        }
        var blocks: [Answer.Block] = table.rows.isEmpty ? [] : [.table(table)]
        if comparison.omitted > 0 { blocks.append(.lines(["… and \(comparison.omitted) more"])) }
        return blocks
    }

    /// Longest value in a table; the JSON form has more of it.
    private static let longestShown = 72

    private static func shown(_ value: String?) -> String {
        guard let value else { return "(absent)" }
        return value.count > longestShown ? String(value.prefix(longestShown)) + "…" : value
    }

    private static func scenarioDatum(_ outcome: ScenarioRunner.ScenarioOutcome) -> OutputValue {
        [
            "context": .string(outcome.context), "name": .string(outcome.name),
            "verdict": .string(word(outcome.verdict)), "reason": .optional(reason(outcome.verdict) ?? outcome.stopped),
            "steps": .array(
                outcome.steps.map { step in
                    var data = comparisonDatum(step.comparison)
                    data["name"] = .string(step.name)
                    data["request"] = .string(step.request)
                    return data
                }),
        ]
    }

    private static func comparisonDatum(_ comparison: Comparison) -> OutputValue {
        [
            "verdict": .string(word(comparison.verdict)), "reason": .optional(reason(comparison.verdict)),
            "differences": .array(
                comparison.differences.map { difference in
                    [
                        "path": .string(difference.path), "left": .optional(difference.left),
                        "right": .optional(difference.right), "class": .string(difference.kind.rawValue),
                        "severity": .string(difference.severity.rawValue), "rule": .string(difference.rule),
                    ]
                }),
            "omitted_differences": .integer(Int64(comparison.omitted)),
        ]
    }

    private static func verdictCell(_ verdict: Comparison.Verdict) -> Table.Cell {
        switch verdict {
        case .match: Table.Cell("match", .good)
        case .mismatch: Table.Cell("mismatch", .bad)
        case .incomparable: Table.Cell("incomparable", .warning)
        }
    }

    private static func word(_ verdict: Comparison.Verdict) -> String {
        verdictCell(verdict).text
    }

    private static func reason(_ verdict: Comparison.Verdict) -> String? {
        if case .incomparable(let reason) = verdict { reason } else { nil }
    }

    private static func counted(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
}
