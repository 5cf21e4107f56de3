import Arguments
import ControlKit
import DataMove
import Migration
import Operations
import Routing

/// `strangler data move CONTEXT --to P --dry-run`.
enum DataMoveCommand {
    static func run(_ invocation: Invocation) async throws -> Answer {
        let name = try invocation.required("CONTEXT")
        let text = try invocation.required("to")
        guard let goal = Percent(parsing: text.hasSuffix("%") ? String(text.dropLast()) : text) else {
            throw OperationFailure(
                .usage, "\"\(text)\" is not a percentage",
                fix: "0 to 100 in steps of 0.0001: strangler data move \(name) --to 10")
        }
        let preview = try await MovePreview.of(name, to: goal, try invocation.operation())
        return answer(preview, goal)
    }

    static func answer(_ preview: MovePreview, _ goal: Percent) -> Answer {
        let survey = preview.survey
        var table = Table([.text("GATE"), .text("FOUND"), .text("")])
        for gate in survey.gates {
            table.rows.append([.init(gate.name.rawValue), .init(gate.figures), word(gate.verdict)])
        }
        let obstacle = survey.obstacle
        var blocks: [Answer.Block] = [.sentence(preview.sentence, .strong)]
        blocks += preview.debt.map { [.sentence($0, .warning)] } ?? []
        if survey.from != survey.goal { blocks += [.table(table), .sentence(MovePreview.pause)] }
        let isArmed = survey.gates.first { $0.name == .wayBack }?.verdict == .passes
        if survey.isUp {
            blocks.append(
                isArmed
                    ? .sentence("undo: strangler data move \(preview.context.name) --to \(percent(survey.from)) (way back armed)")
                    : .sentence("undo: the way back is not armed", .warning))
        }
        let data: OutputValue = [
            "context": .string(preview.context.name), "group": .string(survey.group),
            "routes": .array(preview.context.routes.map { .string($0) }),
            "from": .number(Double(survey.from) / 10_000), "to": .number(goal.number),
            "users": .integer(Int64(survey.plan.keys)), "slices": .integer(Int64(survey.plan.slices.count)),
            "epoch": .integer(Int64(survey.epoch)), "cut_off": .optional(preview.debt),
            "way_back_armed": .bool(isArmed), "dry_run": true, "revision": .integer(Int64(preview.revision)),
            "gates": .array(
                survey.gates.map { gate in
                    [
                        "gate": .string(gate.name.rawValue), "found": .string(gate.figures),
                        "verdict": .string(gate.verdict.rawValue),
                    ]
                }),
        ]
        return Answer(
            exit: obstacle == nil ? .done : .gateFailed, blocks, data: data,
            next: obstacle.map { [step($0, survey.group)] } ?? [])
    }

    private static func percent(_ ticks: Int) -> String { Percent(ticks: Int32(clamping: ticks)).description }

    private static func word(_ verdict: MoveGate.Verdict) -> Table.Cell {
        switch verdict {
        case .passes: .init("ok", .good)
        case .holds: .init("HOLD", .bad)
        case .unknown: .init("not known", .warning)
        }
    }

    /// What helps against a gate.
    private static func step(_ gate: MoveGate, _ group: String) -> Answer.NextStep {
        switch gate.name {
        case .copy, .lag, .wayBack, .stores, .mapping: .init("strangler data status \(group)", "what is missing")
        case .verify: .init("strangler data verify \(group)", "compares both stores")
        case .unkeyedWrites: .init("strangler explain METHOD PATH", "which key a request has")
        }
    }
}
