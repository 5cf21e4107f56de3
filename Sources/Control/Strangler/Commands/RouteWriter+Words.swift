import AdminClient
import ControlKit
import Operations

/// What commands say of a change.
extension RouteWriter {
    /// Next steps when no router runs: it is started first, and what only a router can answer is left out.
    static func offline(_ steps: [Answer.NextStep], _ invocation: Invocation) -> [Answer.NextStep] {
        [start(invocation)] + steps.filter { !$0.command.hasPrefix("strangler status") }
    }

    static func start(_ invocation: Invocation) -> Answer.NextStep {
        .init("strangler-router --config \(invocation.configPath)", "start the router")
    }

    /// How the change was observed.
    static func observation(_ change: AdminChange) -> String {
        guard change.loops > 0 else {
            return "Written to the file as revision \(change.revision); no router runs yet."
        }
        let loops = change.loops == 1 ? "the router's loop serves" : "all \(change.loops) loops of the router serve"
        return "Observed: \(loops) revision \(change.revision), after "
            + Decimal.milliseconds(change.tookMilliseconds) + "."
    }

    static func describe(_ change: AdminChange, in data: inout OutputValue) {
        data["revision"] = .integer(Int64(change.revision))
        data["previous_revision"] = .integer(Int64(change.previousRevision))
        data["changed"] = .bool(change.changed)
        data["dry_run"] = .bool(change.dryRun)
        data["observed"] = .bool(change.loops > 0)
        data["loops"] = .integer(Int64(change.loops))
        data["took_ms"] = .number(change.tookMilliseconds)
        data["warnings"] = .array(change.warnings.map { .string($0) })
    }
}
