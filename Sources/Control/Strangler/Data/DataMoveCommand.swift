import Arguments
import ControlKit
import DataMove
import Migration
import Operations
import Routing

/// `strangler data move CONTEXT --to P`, and `strangler data reverse CONTEXT`, which is the same to 0.
enum DataMoveCommand {
    static func move(_ invocation: Invocation) async throws -> Answer {
        try await run(invocation, context: try invocation.required("CONTEXT"), to: try invocation.required("to"))
    }

    static func reverse(_ invocation: Invocation) async throws -> Answer {
        try await run(invocation, context: try invocation.required("CONTEXT"), to: invocation.inputs["to"] ?? "0")
    }

    static func run(_ invocation: Invocation, context name: String, to text: String) async throws -> Answer {
        guard let goal = Percent(parsing: text.hasSuffix("%") ? String(text.dropLast()) : text) else {
            throw OperationFailure(
                .usage, "\"\(text)\" is not a percentage",
                fix: "0 to 100 in steps of 0.0001: strangler data move \(name) --to 10")
        }
        let operation = try invocation.operation()
        let preview = try await MovePreview.of(name, to: goal, operation)
        if invocation.isDryRun { return answer(preview, goal) }
        try invocation.confirm("Move \(preview.survey.plan.keys) users of \(name) to \(goal) %?")
        let result = try await MoveOperation.make(preview, to: goal, operation) { [console = invocation.console] in
            console.say("\(name): \($0) %")
        }
        return answer(result)
    }

    static func answer(_ result: MoveOperation.Result) -> Answer {
        let (report, name) = (result.report, result.context.name)
        let isThere = report.ticks == report.goal
        let longest = report.pauses.max()
        var blocks: [Answer.Block] = []
        if isThere, report.slices == 0 {
            blocks.append(.sentence("\(name) is at \(percent(report.ticks)) % already; nobody was moved.", .good))
        } else {
            blocks.append(
                .sentence(
                    "Moved \(name) from \(percent(report.from)) % to \(percent(report.ticks)) % in \(report.slices) "
                        + (report.slices == 1 ? "slice." : "slices."), isThere ? .good : .warning))
        }
        if let longest {
            let time = Decimal.milliseconds(longest)
            blocks.append(.sentence("No request was kept back for longer than \(time).", .faint))
        }
        if let stop = report.stop {
            blocks.append(.sentence("It went no further: \(words(stop)). Everybody is where the routes say.", .bad))
        }
        let data: OutputValue = [
            "context": .string(name), "from": .number(Double(report.from) / 10_000),
            "to": .number(Double(report.goal) / 10_000), "percent": .number(Double(report.ticks) / 10_000),
            "users": .integer(Int64(result.users)), "slices": .integer(Int64(report.slices)),
            "given_up": .integer(Int64(report.givenUp)), "stopped_by": .optional(report.stop.map(words)),
            "longest_pause_s": longest.map { .number($0.seconds) } ?? .null, "dry_run": false,
        ]
        let again = "strangler data move \(name) --to \(percent(report.goal))"
        return Answer(
            exit: isThere ? .done : .gateFailed, blocks, data: data,
            next: isThere ? [.init("strangler status", "see both sides")] : [.init(again, "goes on from here")])
    }

    private static func words(_ hindrance: MoveHindrance) -> String {
        switch hindrance {
        case .journalFailed: "the journal could not be written"
        case .routersFailed: "the router would not hold requests back"
        case .requestsRemained: "requests under way did not end in time"
        case .holdLost: "the router's hold ran out"
        case .storeFailed: "a store could not be written"
        case .notDrained: "the other side did not apply the last changes in time"
        case .different: "the users' rows are not the same on both sides"
        case .interrupted: "an earlier move had been cut off"
        }
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
            let undo =
                "undo: strangler data reverse \(preview.context.name) --to \(percent(survey.from)) (way back armed)"
            blocks.append(isArmed ? .sentence(undo) : .sentence("undo: the way back is not armed", .warning))
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
        case .routes: .init("strangler validate", "what the router refuses")
        case .unkeyedWrites: .init("strangler explain METHOD PATH", "which key a request has")
        }
    }
}
