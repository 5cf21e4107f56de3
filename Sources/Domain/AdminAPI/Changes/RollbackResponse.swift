/// The response to a rollback.
package struct RollbackResponse: WireObject, Equatable {
    package static let modes = ["evacuate", "drain"]

    package var mode = ""
    package var revision = 0
    package var previousRevision = 0
    package var isDryRun = false
    /// false: legacy had all of it already.
    package var isChanged = false
    /// Loops that serve the revision.
    package var loops = 0
    /// From the command until no loop sends another new request to the service.
    package var flipMilliseconds = 0.0
    /// Whether no request of these routes runs on a service any more.
    package var isComplete = false
    /// Requests that began before and run on the service still.
    package var inFlight = 0
    /// From the command until the last request on the service ended; nil: one still runs.
    package var lastRequestMilliseconds: Double?
    package var routes: [Route] = []
    package var tookMilliseconds = 0.0
    package var warnings: [String] = []
    /// Commands.
    package var nextSteps: [String] = []

    package init() {}

    package init(
        mode: String, revision: Int, previousRevision: Int, isDryRun: Bool, isChanged: Bool, loops: Int,
        flipMilliseconds: Double, isComplete: Bool, inFlight: Int, lastRequestMilliseconds: Double?, routes: [Route],
        tookMilliseconds: Double, warnings: [String], nextSteps: [String]
    ) {
        self.mode = mode
        self.revision = revision
        self.previousRevision = previousRevision
        self.isDryRun = isDryRun
        self.isChanged = isChanged
        self.loops = loops
        self.flipMilliseconds = flipMilliseconds
        self.isComplete = isComplete
        self.inFlight = inFlight
        self.lastRequestMilliseconds = lastRequestMilliseconds
        self.routes = routes
        self.tookMilliseconds = tookMilliseconds
        self.warnings = warnings
        self.nextSteps = nextSteps
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.word("mode", &mode, oneOf: Self.modes)
        try wire.member("revision", &revision)
        try wire.member("previous_revision", &previousRevision)
        try wire.member("dry_run", &isDryRun)
        try wire.member("changed", &isChanged)
        try wire.member("loops", &loops)
        try wire.member("flip_ms", &flipMilliseconds)
        try wire.member("complete", &isComplete)
        try wire.member("in_flight", &inFlight)
        try wire.member("last_request_ended_ms", &lastRequestMilliseconds)
        try wire.member("routes", &routes)
        try wire.member("took_ms", &tookMilliseconds)
        try wire.member("warnings", &warnings)
        try wire.member("next_steps", &nextSteps)
    }

    /// One route that went back to legacy.
    package struct Route: WireObject, Equatable {
        package var id = ""
        /// Percent.
        package var before = 0.0
        package var after = 0.0
        /// Requests that run on the service still.
        package var inFlight = 0
        package var inFlightAtFlip = 0
        package var lastRequestMilliseconds: Double?
        /// What is open for long on the service.
        package var longLived = LongLivedLeft()

        package init() {}

        package init(
            id: String, before: Double, after: Double, inFlight: Int, inFlightAtFlip: Int,
            lastRequestMilliseconds: Double?, longLived: LongLivedLeft
        ) {
            self.id = id
            self.before = before
            self.after = after
            self.inFlight = inFlight
            self.inFlightAtFlip = inFlightAtFlip
            self.lastRequestMilliseconds = lastRequestMilliseconds
            self.longLived = longLived
        }

        package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
            try wire.member("id", &id)
            try wire.member("before", &before)
            try wire.member("after", &after)
            try wire.member("in_flight", &inFlight)
            try wire.member("in_flight_at_flip", &inFlightAtFlip)
            try wire.member("last_request_ended_ms", &lastRequestMilliseconds)
            try wire.member("long_lived", &longLived)
        }
    }
}
