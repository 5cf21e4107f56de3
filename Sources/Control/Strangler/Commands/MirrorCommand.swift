import Arguments

/// `strangler mirror ROUTE PERCENT`: copies requests to the other side and throws its answers away; users never wait
/// for it.
enum MirrorCommand {
    static func run(_ invocation: Invocation) async throws -> Answer {
        let id = try invocation.required("ROUTE")
        let text = try invocation.required("PERCENT")
        guard case .absolute(let percent)? = ShiftTarget(text == "on" ? "100" : text == "off" ? "0" : text) else {
            throw CommandFailure(
                .usage, "\"\(text)\" is not a percentage", fix: "0 to 100 in steps of 0.0001, or on or off")
        }
        let methods = invocation.inputs["methods"].map { list in
            list.split(separator: ",").map { $0.uppercased() }
        }
        let writer = try await RouteWriter.open(invocation)
        let route = try writer.route(id)
        guard let service = route.service else {
            throw CommandFailure(
                .failure, "route \"\(id)\" has no service to mirror to",
                fix: "name one in \(invocation.configPath): \"service\": \"NAME\", then strangler apply")
        }
        let change = try await writer.mirror(id, from: route.mirrorPercent, to: percent, methods: methods)
        let before = change.changes.first?.before ?? route.mirrorPercent
        var blocks: [Answer.Block] = []
        if !change.changed {
            blocks.append(
                .sentence("\(id) is mirrored at \(Decimal.percent(percent)) already; nothing was changed.", .good))
        } else {
            let verb = change.dryRun ? "Would mirror" : "Mirroring"
            blocks.append(
                .sentence(
                    percent == 0
                        ? "\(change.dryRun ? "Would stop" : "Stopped") mirroring \(id)."
                        : "\(verb) \(Decimal.percent(percent)) of \(id) to the side that does not answer the user "
                            + "(\(route.percent < 50 ? service : route.legacy) mostly).",
                    change.dryRun ? .strong : .good))
            if !change.dryRun { blocks.append(.sentence(RouteWriter.observation(change), .faint)) }
        }
        blocks += change.warnings.map { .sentence("warning: " + $0, .warning) }
        var data: Datum = ["route": .string(id), "before": .number(before), "after": .number(percent)]
        RouteWriter.describe(change, in: &data)
        var next: [Answer.NextStep] = []
        if percent > 0 {
            next = [.init("strangler status \(id)", "copies sent, answered and failed")]
            if ScenarioCoverage.routes(invocation).contains(id) {
                next.append(.init("strangler parity run \(id)", "do both sides answer alike?"))
            }
        }
        if !writer.isLive, !change.dryRun { next = RouteWriter.offline(next, invocation) }
        return Answer(blocks, data: data, next: next)
    }
}
