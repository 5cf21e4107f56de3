/// What a router serves, to whom and how well: one coherent read of all loops (`GET /v1/status`).
package struct AdminStatus: WireObject, Equatable {
    package static let healths = ["healthy", "degraded", "unhealthy", "unknown"]
    package static let circuits = ["closed", "open", "half-open"]

    package var router = Process()
    /// Revision of the document that new requests see.
    package var revision = 0
    /// Revision that each loop serves, in order of the loops.
    package var revisions: [Int] = []
    package var config = Configuration()
    /// In the order of the file.
    package var routes: [Route] = []
    /// Contexts in the mode `reads`.
    package var data: [DataContext] = []
    package var upstreams: [Upstream] = []
    /// Of the router as a whole.
    package var refusals: [Refusal] = []

    package init() {}

    package init(
        router: Process, revision: Int, revisions: [Int], config: Configuration, routes: [Route], data: [DataContext],
        upstreams: [Upstream], refusals: [Refusal]
    ) {
        self.router = router
        self.revision = revision
        self.revisions = revisions
        self.config = config
        self.routes = routes
        self.data = data
        self.upstreams = upstreams
        self.refusals = refusals
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("router", &router)
        try wire.member("revision", &revision)
        try wire.member("revisions", &revisions)
        try wire.member("config", &config)
        try wire.member("routes", &routes)
        try wire.member("data", &data)
        try wire.member("upstreams", &upstreams)
        try wire.member("refusals", &refusals)
    }

    /// The route with this id.
    package func route(_ id: String) -> Route? { routes.first { $0.id == id } }
}

extension AdminStatus {
    /// The process itself.
    package struct Process: WireObject, Equatable {
        package static let states = ["serving", "draining"]

        package var version = ""
        package var pid = 0
        /// RFC 3339, UTC.
        package var startedAt = ""
        package var uptimeSeconds = 0.0
        package var threads = 0
        package var state = ""
        package var listening: [String] = []
        /// Of clients, open now.
        package var connections = 0
        package var inFlight = 0

        package init() {}

        package init(
            version: String, pid: Int, startedAt: String, uptimeSeconds: Double, threads: Int, state: String,
            listening: [String], connections: Int, inFlight: Int
        ) {
            self.version = version
            self.pid = pid
            self.startedAt = startedAt
            self.uptimeSeconds = uptimeSeconds
            self.threads = threads
            self.state = state
            self.listening = listening
            self.connections = connections
            self.inFlight = inFlight
        }

        package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
            try wire.member("version", &version)
            try wire.member("pid", &pid)
            try wire.member("started_at", &startedAt)
            try wire.member("uptime_seconds", &uptimeSeconds)
            try wire.member("threads", &threads)
            try wire.word("state", &state, oneOf: Self.states)
            try wire.member("listening", &listening)
            try wire.member("connections", &connections)
            try wire.member("in_flight", &inFlight)
        }
    }
}
