package import AdminAPI

/// What the router answered to a shift, a mirror, a whole new document, or what writing the file ourselves did.
package struct AdminChange: Equatable, Sendable {
    package var changes: [RouteChange]
    package var revision: Int
    package var previousRevision: Int
    package var dryRun: Bool
    /// false: it was so already.
    package var changed: Bool
    /// Loops that serve the new revision; 0 when no router runs.
    package var loops: Int
    package var tookMilliseconds: Double
    package var warnings: [String]
    /// What a shift leaves on the side that lost keys; nil: not a shift.
    package var longLived: LongLivedLeft?

    package init(
        changes: [RouteChange], revision: Int, previousRevision: Int, dryRun: Bool, changed: Bool, loops: Int,
        tookMilliseconds: Double, warnings: [String]
    ) {
        self.changes = changes
        self.revision = revision
        self.previousRevision = previousRevision
        self.dryRun = dryRun
        self.changed = changed
        self.loops = loops
        self.tookMilliseconds = tookMilliseconds
        self.warnings = warnings
    }

    package init(_ response: ChangeResponse) {
        self.init(
            changes: [response.change], revision: response.revision, previousRevision: response.previousRevision,
            dryRun: response.isDryRun, changed: response.isChanged, loops: response.loops,
            tookMilliseconds: response.tookMilliseconds, warnings: response.warnings)
        longLived = response.longLived
    }

    package init(_ response: DocumentResponse) {
        self.init(
            changes: response.changes, revision: response.revision, previousRevision: response.previousRevision,
            dryRun: response.isDryRun, changed: response.isChanged, loops: response.loops,
            tookMilliseconds: response.tookMilliseconds, warnings: response.warnings)
    }
}
