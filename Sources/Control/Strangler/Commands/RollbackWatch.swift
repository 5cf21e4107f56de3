import AdminAPI
import AdminClient
import Arguments

/// After a rollback was answered: looks until the last request on the service has ended.
struct RollbackWatch {
    let invocation: Invocation
    let admin: AdminClient
    let patience: Duration

    /// How long a terminal watches when nobody said. The rollback is done: this is only to see the end.
    static let onTerminal = Duration.seconds(10)
    private static let pause = Duration.milliseconds(250)

    /// What is left of `rollback` when the last request has ended, or when the time is over.
    func run(_ rollback: RollbackResponse) async throws -> RollbackResponse {
        let began = ContinuousClock.now
        var rollback = rollback
        let ids = Set(rollback.routes.map(\.id))
        while rollback.inFlight > 0, ContinuousClock.now - began < patience {
            try await Task.sleep(for: min(Self.pause, patience))
            let status = try await admin.status()
            for route in status.routes where ids.contains(route.id) {
                guard let place = rollback.routes.firstIndex(where: { $0.id == route.id }) else { continue }
                rollback.routes[place].inFlight = route.service?.inFlight ?? 0
                rollback.routes[place].longLived.open = route.service?.longLived ?? LongLived()
            }
            rollback.inFlight = rollback.routes.reduce(0) { $0 + $1.inFlight }
            invocation.console.live("\(rollback.inFlight) still on the service")
        }
        rollback.isComplete = rollback.inFlight == 0
        return rollback
    }

    /// How the watch ended, in one sentence.
    static func ending(_ rollback: RollbackResponse) -> Answer.Block {
        guard rollback.inFlight > 0 else { return .sentence("The last one there has ended.", .good) }
        let left = rollback.inFlight
        return .sentence(
            "\(left) \(left == 1 ? "is" : "are") still there; \(left == 1 ? "it ends" : "they end") as \(left == 1 ? "it" : "they") "
                + "would have: strangler status shows how many are left.", .warning)
    }
}
