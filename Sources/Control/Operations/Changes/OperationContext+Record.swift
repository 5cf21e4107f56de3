import AdminAPI
package import AdminClient

extension OperationContext {
    /// By which way a change came to serve, which is where the document after it is read.
    package enum Way: Sendable {
        case router(AdminClient)
        /// No router runs; with the file's bytes after the change, when they are at hand.
        case file(after: [UInt8]?)
    }

    /// Records a change that was asked for. Every operation records through here, and what changed nothing or was only
    /// looked at leaves no record.
    ///
    /// - Parameters:
    ///   - route: nil: that of the changes, or `*` for several.
    ///   - seen: the document that was looked at before the change, and its revision; it is kept if nothing came
    ///     between.
    package func record(
        _ verb: String, route: String? = nil, _ change: AdminChange, seen: (document: [UInt8], revision: Int)?,
        by way: Way
    ) async {
        guard change.changed, !change.dryRun else { return }
        let before = seen.flatMap { $0.revision == change.previousRevision ? $0.document : nil }
        let after: [UInt8]?
        let admin: AdminClient?
        switch way {
        case .router(let router): (after, admin) = (try? await router.routes(), router)
        case .file(let bytes): (after, admin) = (bytes, nil)
        }
        await ledger.record(
            verb, route: route, reason: author.reason, changes: change.changes,
            previousRevision: change.previousRevision, revision: change.revision, before: before, after: after,
            through: admin)
    }
}

extension RollbackResponse {
    /// The rollback as any other change of percentages.
    var change: AdminChange {
        AdminChange(
            changes: routes.filter { $0.before != $0.after }.map {
                RouteChange(route: $0.id, field: "percent", before: $0.before, after: $0.after)
            }, revision: revision, previousRevision: previousRevision, dryRun: isDryRun, changed: isChanged,
            loops: loops, tookMilliseconds: flipMilliseconds, warnings: warnings)
    }
}
