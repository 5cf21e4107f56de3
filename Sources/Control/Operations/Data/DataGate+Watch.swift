package import AdminAPI

extension DataGate {
    /// How long the first report of a living agent is waited for: it sends one each second.
    private static let patience: Duration = .seconds(3)

    /// The gate of a change that is about to be made, through a router that watches the rows afterwards if an agent
    /// reports to it.
    ///
    /// An agent that has just begun, or a router that has just started, may not have met the other yet. A change that
    /// went ahead of the first report would be watched by nobody if the agent died then, so the report is waited for a
    /// moment; when none comes, the gate says so (`unwatched`).
    ///
    /// - Parameter look: what the router says of its contexts now.
    package init(
        from before: [UInt8]?, to after: [UInt8], router: [DataContext], _ context: OperationContext,
        waitingWith look: () async throws -> [DataContext]
    ) async throws {
        self = try DataGate(from: before, to: after, router: router, context)
        let began = ContinuousClock.now
        while failure == nil, !unwatched.isEmpty, !context.isDryRun, ContinuousClock.now - began < Self.patience {
            try await Task.sleep(for: .milliseconds(100))
            self = try DataGate(from: before, to: after, router: try await look(), context)
        }
    }
}
