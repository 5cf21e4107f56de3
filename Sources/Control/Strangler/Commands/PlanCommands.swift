import AdminAPI
import AdminClient
import Arguments
import ControlKit
import Operations
import Routing

/// `plan FILE`, `apply FILE` and `diff`: whole documents, seen before they serve.
enum PlanCommands {
    static let plan = Command(
        CommandSpec(
            "plan", "Who would move with a new routes file, before anything moves",
            positionals: [.init("FILE", "the routes file to be")],
            options: [
                .flag("detailed-exitcode", "exit 2 when there are changes, 0 when there are none"), DataCommands.file,
            ],
            examples: ["strangler plan next.json --detailed-exitcode"]),
        run: { invocation in
            let file = try invocation.required("FILE")
            let preview = try await DocumentPreview.of(try bytes(of: file), file: file, try invocation.operation())
            return answer(
                preview, from: "\(preview.present.place), revision \(preview.present.revision)", to: file, invocation)
        })

    static let diff = Command(
        CommandSpec(
            "diff", "What the file on disk says beside what the router serves",
            options: [.flag("detailed-exitcode", "exit 2 when they differ, 0 when they do not")]),
        run: { invocation in
            let preview = try await DocumentPreview.ofFile(try invocation.operation())
            return answer(
                preview, from: "the router, revision \(preview.present.revision)", to: invocation.configPath,
                invocation)
        })

    static let apply = Command(
        CommandSpec(
            "apply", "Serve a new routes file, whole or not at all",
            positionals: [.init("FILE", "the routes file to be")],
            options: [
                .value("if-revision", "N", "only if the router still serves revision N; else exit 5"), overRollback,
                CommandList.despiteData, DataCommands.file,
            ] + CommandList.changing,
            examples: ["strangler apply next.json --reason 'filter service joins'"]),
        run: { invocation in
            let file = try invocation.required("FILE")
            let wanted = try bytes(of: file)
            let warnings = try RoutesCheck.check(wanted, file: file)
            var expected: Int?
            if let text = invocation.inputs["if-revision"] {
                guard let number = Int(text) else {
                    throw OperationFailure(.usage, "--if-revision \(text) is not a number")
                }
                expected = number
            }
            return try await DocumentWriter.apply(
                wanted, named: file, verb: "apply", ifRevision: expected, warnings: warnings, invocation)
        })

    static let overRollback = OptionSpec.flag(
        "over-rollback", "undo rollbacks that are served and could not be written to the routes file")

    static func bytes(of file: String) throws(OperationFailure) -> [UInt8] {
        guard let bytes = FileSystem.read(file) else {
            throw OperationFailure(.configuration, "cannot read \(file)")
        }
        return bytes
    }

    private static func answer(
        _ preview: DocumentPreview, from: String, to file: String, _ invocation: Invocation
    ) -> Answer {
        var data: OutputValue = ["revision": .integer(Int64(preview.present.revision))]
        if let gate = preview.gate { data["data"] = gate.datum }
        let isPending = !preview.plan.isEmpty && invocation.inputs.has("detailed-exitcode")
        return answer(
            preview.plan, from: from, to: file, warnings: preview.warnings, data: data,
            exit: isPending ? .pending : .done, next: preview.advice.map(Answer.NextStep.init))
    }

    static func answer(
        _ plan: RoutesPlan, from: String, to: String, warnings: [String], data: OutputValue, exit: ExitCode,
        next: [Answer.NextStep]
    ) -> Answer {
        var blocks: [Answer.Block] = []
        if plan.isEmpty {
            blocks.append(.sentence("No changes: \(to) says what \(from) says.", .good))
        } else {
            let count = plan.steps.count
            blocks.append(.sentence("\(count) change\(count == 1 ? "" : "s") from \(from) to \(to).", .strong))
            blocks.append(.lines(plan.lines))
            let share = plan.largestShare
            blocks.append(.sentence(largestMove(plan, share)))
        }
        blocks += warnings.map { .sentence($0, .warning) }
        var data = data
        data["changes"] = .array(plan.steps.map(datum))
        data["largest_move_percent"] = .number(plan.largestShare)
        data["warnings"] = .array(warnings.map { .string($0) })
        return Answer(exit: exit, blocks, data: data, next: next)
    }

    private static func largestMove(_ plan: RoutesPlan, _ share: Double) -> String {
        if !plan.isComplete {
            return
                "One of the two is invalid, so how many users change sides cannot be told: strangler validate shows why."
        }
        if share == 0, !plan.mayMoveMore { return "No user changes sides." }
        let rest = plan.mayMoveMore ? " How many more may move with changed matches, the files do not tell." : ""
        return share == 0
            ? "How many users change sides, the files do not tell."
            : "The largest move takes \(Decimal.percent(share, places: 1)) of a route's users." + rest
    }

    private static func datum(_ step: RoutesPlan.Step) -> OutputValue {
        switch step {
        case .add(let route, let fate):
            ["kind": "add", "route": .string(route.id), "after": .number(route.percent), "moved": fate.datum]
        case .remove(let route, let fate):
            ["kind": "remove", "route": .string(route.id), "before": .number(route.percent), "moved": fate.datum]
        case .redraw(let route, let before, let crossing):
            [
                "kind": "redraw", "route": .string(route.id), "before": .number(before),
                "after": .number(route.percent), "moved": crossing.datum,
            ]
        case .move(let route, let movement):
            [
                "kind": "percent", "route": .string(route.id), "before": .number(movement.before),
                "after": .number(movement.after),
                "moved": [
                    "percent": .number(movement.share),
                    "buckets": [
                        .integer(Int64(movement.moving.lowerBound)), .integer(Int64(movement.moving.upperBound)),
                    ],
                ],
            ]
        case .mirror(let route, let before, let after):
            ["kind": "mirror", "route": .string(route.id), "before": .number(before), "after": .number(after)]
        case .rewrite(let route, let settings, let fate):
            [
                "kind": "changed", "route": .string(route.id), "settings": .array(settings.map(datum)),
                "moved": fate?.datum ?? ["percent": 0],
            ]
        case .reorder: ["kind": "order"]
        case .settings(let settings):
            [
                "kind": "settings", "members": .array(SettingChange.members(settings).map { .string($0) }),
                "settings": .array(settings.map(datum)),
            ]
        }
    }

    private static func datum(_ setting: SettingChange) -> OutputValue {
        ["name": .string(setting.name), "before": .optional(setting.before), "after": .optional(setting.after)]
    }
}
