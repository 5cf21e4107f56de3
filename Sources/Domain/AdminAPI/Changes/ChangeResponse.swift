/// The response to a shift or a mirror of one route.
package struct ChangeResponse: WireObject, Equatable {
    package static let fields = ["percent", "mirror"]

    /// Id of the route.
    package var route = ""
    package var field = ""
    /// Percent; nil: it had no mirror.
    package var before: Double?
    package var after: Double?
    /// Revision that is served now; of a rehearsal: the present one.
    package var revision = 0
    package var previousRevision = 0
    package var isDryRun = false
    /// false: it was so already.
    package var isChanged = false
    /// Loops that serve the revision.
    package var loops = 0
    /// From the request to the last loop's acknowledgement.
    package var tookMilliseconds = 0.0
    /// nil: not a shift, or nothing changed.
    package var longLived: LongLivedLeft?
    package var warnings: [String] = []
    /// Commands.
    package var nextSteps: [String] = []

    package init() {}

    package init(
        route: String, field: String, before: Double?, after: Double?, revision: Int, previousRevision: Int,
        isDryRun: Bool, isChanged: Bool, loops: Int, tookMilliseconds: Double, longLived: LongLivedLeft?,
        warnings: [String], nextSteps: [String]
    ) {
        self.route = route
        self.field = field
        self.before = before
        self.after = after
        self.revision = revision
        self.previousRevision = previousRevision
        self.isDryRun = isDryRun
        self.isChanged = isChanged
        self.loops = loops
        self.tookMilliseconds = tookMilliseconds
        self.longLived = longLived
        self.warnings = warnings
        self.nextSteps = nextSteps
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("route", &route)
        try wire.word("field", &field, oneOf: Self.fields)
        try wire.member("before", &before)
        try wire.member("after", &after)
        try wire.member("revision", &revision)
        try wire.member("previous_revision", &previousRevision)
        try wire.member("dry_run", &isDryRun)
        try wire.member("changed", &isChanged)
        try wire.member("loops", &loops)
        try wire.member("took_ms", &tookMilliseconds)
        try wire.member("long_lived", &longLived)
        try wire.member("warnings", &warnings)
        try wire.member("next_steps", &nextSteps)
    }

    package var change: RouteChange { RouteChange(route: route, field: field, before: before, after: after) }
}

/// The response to a new document, or to a reload of the file.
package struct DocumentResponse: WireObject, Equatable {
    /// Revision that is served now; of a rehearsal: the present one.
    package var revision = 0
    package var previousRevision = 0
    package var isDryRun = false
    /// false: the same bytes were served already.
    package var isChanged = false
    package var loops = 0
    package var tookMilliseconds = 0.0
    /// Of the document's check, rendered with the line.
    package var warnings: [String] = []
    package var changes: [RouteChange] = []

    package init() {}

    package init(
        revision: Int, previousRevision: Int, isDryRun: Bool, isChanged: Bool, loops: Int, tookMilliseconds: Double,
        warnings: [String], changes: [RouteChange]
    ) {
        self.revision = revision
        self.previousRevision = previousRevision
        self.isDryRun = isDryRun
        self.isChanged = isChanged
        self.loops = loops
        self.tookMilliseconds = tookMilliseconds
        self.warnings = warnings
        self.changes = changes
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("revision", &revision)
        try wire.member("previous_revision", &previousRevision)
        try wire.member("dry_run", &isDryRun)
        try wire.member("changed", &isChanged)
        try wire.member("loops", &loops)
        try wire.member("took_ms", &tookMilliseconds)
        try wire.member("warnings", &warnings)
        try wire.member("changes", &changes)
    }
}
