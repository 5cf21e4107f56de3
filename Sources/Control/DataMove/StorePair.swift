internal import DataSync
package import Migration
internal import SQLite

/// Both stores of an owned group, opened for a move.
package struct StorePair {
    package let monolith: OwnershipStore
    package let service: OwnershipStore
    let source: DatabaseConnection
    let target: DatabaseConnection
    let plans: [TablePlan]

    /// Whether users of a group wait for a coordinator: one side takes no more writes of them, and the other may not
    /// have been granted. A store that cannot be read says nothing.
    package static func hasFence(_ group: DataDocument.Group) -> Bool {
        [group.source, group.target].contains { path in
            let connection = try? DatabaseConnection(path: path, configuration: OwnershipStore.durable)
            return (try? connection?.hasFence(of: group.name)) ?? false
        }
    }

    /// Throws `SQLiteError`, `StopReason` or `PlanProblem`.
    package init(_ group: DataDocument.Group) throws {
        source = try DatabaseConnection(path: group.source, configuration: OwnershipStore.durable)
        target = try DatabaseConnection(path: group.target, configuration: OwnershipStore.durable)
        plans = try InstalledPlans.read(group, source: source, target: target)
        // A catalogue has no owners, and nobody's move touches it.
        let owned = plans.filter { $0.owner != nil }
        monolith = OwnershipStore(
            source, side: .monolith, group: group.name,
            tables: owned.map {
                SliceTable(name: $0.source, owner: $0.owner?.source ?? "", terms: $0.sourceTerms)
            }, now: Clock.milliseconds)
        service = OwnershipStore(
            target, side: .service, group: group.name,
            tables: owned.map {
                SliceTable(
                    name: $0.target, owner: $0.owner?.target ?? "", terms: $0.targetColumns.map(CaptureSQL.identifier))
            }, now: Clock.milliseconds)
    }
}
