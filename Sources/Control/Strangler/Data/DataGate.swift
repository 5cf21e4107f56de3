import Arguments
import DataSync
import Migration

/// Whether the service of a context has the rows that its readers will ask for.
///
/// Looked at before users are moved to a service whose context has the mode `reads`, when `data.json` has a group of the
/// context's name. Moving back is never held.
enum DataGate {
    static func check(_ route: RouteWriter.Route, _ invocation: Invocation) throws(CommandFailure) {
        guard route.mode == "reads", let context = route.context, !invocation.inputs.has("despite-data") else { return }
        guard FileSystem.exists(DataFile.path(invocation)) else { return }
        guard let group = try DataFile.document(invocation).groups.first(where: { $0.name == context }) else { return }
        if let problem = problem(DataStatus.read(group, countsRows: false)) {
            throw CommandFailure(
                .gateFailed, "the service of \"\(route.id)\" does not have the monolith's rows: \(problem)",
                fix: "strangler data status \(context)", "--despite-data shifts all the same")
        }
    }

    /// Gates of a move of reads: proven to have arrived, carried, at most 200 rows and a second behind.
    static func problem(_ status: DataStatus) -> String? {
        switch status.state {
        case .notCreated: return "nothing is installed for \(status.group)"
        case .unreadable: return status.reason ?? "a store cannot be read"
        case .stopped: return "\(status.group) stands still: \(status.reason ?? "")"
        case .copying: return "\(status.group) is still being copied"
        case .proving: return "the copy of \(status.group) is not proven yet"
        case .running: break
        }
        if status.proof == nil { return "there is no proof that every row of \(status.group) arrived" }
        if status.keyless > 0 {
            return "rows of \(status.group) have no key and cannot be carried: \(status.keyless)"
        }
        if !status.agentLives { return "no agent carries \(status.group)" }
        if !status.lag.isSmall { return "\(status.lag.rows) rows behind, the oldest for \(status.lag.age) ms" }
        return nil
    }
}
