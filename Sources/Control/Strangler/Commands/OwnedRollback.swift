import Arguments
import ControlKit
import Operations

/// What a rollback asks of contexts whose users go home with their rows.
struct OwnedRollback {
    /// The context of the one route that was named.
    var only: String?
    /// Contexts of which users are away, when everything is to go back.
    var away: [String] = []

    /// A router that does not answer has nobody moved either: the rollback says so itself.
    static func find(_ id: String?, _ invocation: Invocation) async throws -> OwnedRollback {
        var operation = try invocation.operation()
        // What there is to remark is said by what does the work.
        operation.remark = { _ in }
        guard let writer = try? await RouteWriter.open(operation) else { return OwnedRollback() }
        if let id {
            guard let route = try? writer.route(id), route.mode == "owned" else { return OwnedRollback() }
            return OwnedRollback(only: route.context)
        }
        let away = writer.shiftable.filter { $0.mode == "owned" && $0.percent > 0 }.compactMap(\.context)
        return OwnedRollback(away: Array(Set(away)).sorted())
    }

    /// Everybody else goes back first, at once; then the users of each owned context, with their rows.
    func bringHome(_ invocation: Invocation) async throws -> Answer {
        let operation = try invocation.operation()
        let routes = try await RouteWriter.open(operation).shiftable.filter { $0.mode != "owned" && $0.percent > 0 }
        for route in routes {
            _ = try await RollbackOperation.make(route.id, drain: invocation.inputs.has("drain"), operation)
        }
        let names = routes.map(\.id)
        let verb = invocation.isDryRun ? "Would roll" : "Rolled"
        var answer = Answer(
            names.isEmpty ? [] : [.sentence("\(verb) \(StatusJudgement.list(names)) back to 0%.", .good)],
            data: ["routes": .array(names.map { .string($0) })])
        var contexts: [OutputValue] = []
        for name in away {
            let home = try await DataMoveCommand.run(invocation, context: name, to: "0")
            answer.blocks += home.blocks
            answer.nextSteps += home.nextSteps.filter { !answer.nextSteps.contains($0) }
            contexts.append(home.data)
            if home.exit != .done { answer.exit = home.exit }
        }
        answer.data["contexts"] = .array(contexts)
        return answer
    }
}
