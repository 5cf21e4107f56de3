package import AdminAPI

extension StatusFacts {
    /// What the router says, and what only this machine's files say: scenarios and stores. Every judgement of the state
    /// begins here.
    package static func read(_ status: AdminStatus, _ context: OperationContext) -> StatusFacts {
        var facts = StatusFacts(status)
        let covered = ScenarioCoverage.routes(besideConfiguration: context.configPath)
        for index in facts.routes.indices {
            facts.routes[index].hasScenarios = covered.contains(facts.routes[index].id)
        }
        facts.dataStalls = dataStalls(status, context)
        facts.hold(status, context)
        return facts
    }
}
