import AdminAPI
import AdminClient
import Arguments
import ControlKit
import Operations
import Routing

/// `strangler mirror ROUTE PERCENT`: copies requests to the other side and throws its answers away; users never wait
/// for it.
enum MirrorCommand {
    static func run(_ invocation: Invocation) async throws -> Answer {
        let id = try invocation.required("ROUTE")
        let text = try invocation.required("PERCENT")
        guard case .absolute(let percent)? = ShiftTarget(text == "on" ? "100" : text == "off" ? "0" : text) else {
            throw OperationFailure(
                .usage, "\"\(text)\" is not a percentage", fix: "0 to 100 in steps of 0.0001, or on or off")
        }
        let methods = try self.methods(invocation)
        let writer = try await RouteWriter.open(try invocation.operation())
        let route = try writer.route(id)
        guard let service = route.service else {
            throw OperationFailure(
                .failed, "route \"\(id)\" has no service to mirror to",
                fix: "name one in \(invocation.configPath): \"service\": \"NAME\", then strangler apply")
        }
        let change = try await writer.mirror(id, from: route.mirrorPercent, to: percent, methods: methods)
        let before = change.changes.first?.before ?? route.mirrorPercent
        var blocks: [Answer.Block] = []
        if !change.changed {
            blocks.append(
                .sentence(
                    "\(subject(id, methods)) is mirrored at \(Decimal.percent(percent)) already; nothing was changed.",
                    .good))
        } else {
            let verb = change.dryRun ? "Would mirror" : "Mirroring"
            blocks.append(
                .sentence(
                    percent == 0
                        ? "\(change.dryRun ? "Would stop" : "Stopped") mirroring \(id)."
                        : "\(verb) \(Decimal.percent(percent)) of \(subject(id, methods)) to the side that does not answer the user "
                            + "(\(route.percent < 50 ? service : route.legacy) mostly).",
                    change.dryRun ? .strong : .good))
            if !change.dryRun { blocks.append(.sentence(RouteWriter.observation(change), .faint)) }
        }
        blocks += change.warnings.map { .sentence("warning: " + $0, .warning) }
        var data: OutputValue = ["route": .string(id), "before": .number(before), "after": .number(percent)]
        if let methods { data["methods"] = .array(methods.map { .string($0) }) }
        RouteWriter.describe(change, in: &data)
        var next: [Answer.NextStep] = []
        if percent > 0 {
            next = [.init("strangler status \(id)", "copies sent, answered and failed")]
            if ScenarioCoverage.routes(besideConfiguration: invocation.configPath).contains(id) {
                next.append(.init("strangler parity run \(id)", "do both sides answer alike?"))
            }
        }
        if !writer.isLive, !change.dryRun { next = RouteWriter.offline(next, invocation) }
        return Answer(blocks, data: data, next: next)
    }

    /// `GET,HEAD`, each once and in capitals; nil: those that the mirror has, or GET and HEAD.
    private static func methods(_ invocation: Invocation) throws -> [String]? {
        guard let list = invocation.inputs["methods"] else { return nil }
        let names = list.split(separator: ",", omittingEmptySubsequences: false).map {
            $0.drop { $0 == " " }.uppercased()
        }
        guard Set(names).count == names.count, names.allSatisfy(RoutesDocument.isMethod) else {
            throw OperationFailure(.usage, "\"\(list)\" is no list of methods", fix: "such as --methods GET,HEAD")
        }
        return names
    }

    private static func subject(_ id: String, _ methods: [String]?) -> String {
        methods.map { "\($0.joined(separator: ", ")) of \(id)" } ?? id
    }
}
