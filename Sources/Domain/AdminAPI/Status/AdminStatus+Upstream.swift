extension AdminStatus {
    /// One of `upstreams`.
    package struct Upstream: WireObject, Equatable {
        package var name = ""
        package var health = ""
        /// The worst of the routes that use it.
        package var circuit = ""
        package var inFlight = 0
        /// In use by requests, in all loops.
        package var connections = 0
        /// Responses that go on for long, and tunnels: none of the connections.
        package var streams = 0
        /// Requests that wait for a connection.
        package var waiting = 0
        package var refusals: [Refusal] = []
        package var endpoints: [Endpoint] = []

        package init() {}

        package init(
            name: String, health: String, circuit: String, inFlight: Int, connections: Int, streams: Int,
            waiting: Int, refusals: [Refusal], endpoints: [Endpoint]
        ) {
            self.name = name
            self.health = health
            self.circuit = circuit
            self.inFlight = inFlight
            self.connections = connections
            self.streams = streams
            self.waiting = waiting
            self.refusals = refusals
            self.endpoints = endpoints
        }

        package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
            try wire.member("name", &name)
            try wire.word("health", &health, oneOf: AdminStatus.healths)
            try wire.word("circuit", &circuit, oneOf: AdminStatus.circuits)
            try wire.member("in_flight", &inFlight)
            try wire.member("connections", &connections)
            try wire.member("streams", &streams)
            try wire.member("waiting", &waiting)
            try wire.member("refusals", &refusals)
            try wire.member("endpoints", &endpoints)
        }
    }

    /// One of its addresses.
    package struct Endpoint: WireObject, Equatable {
        package static let healths = ["healthy", "unhealthy", "unknown"]

        package var address = ""
        package var health = ""
        /// Why it is unhealthy.
        package var reason: String?
        /// RFC 3339, UTC: of the last change.
        package var since: String?
        package var probes = 0
        package var probeFailures = 0
        package var idleConnections = 0
        package var activeConnections = 0
        package var streams = 0

        package init() {}

        package init(
            address: String, health: String, reason: String?, since: String?, probes: Int, probeFailures: Int,
            idleConnections: Int, activeConnections: Int, streams: Int
        ) {
            self.address = address
            self.health = health
            self.reason = reason
            self.since = since
            self.probes = probes
            self.probeFailures = probeFailures
            self.idleConnections = idleConnections
            self.activeConnections = activeConnections
            self.streams = streams
        }

        package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
            try wire.member("address", &address)
            try wire.word("health", &health, oneOf: Self.healths)
            try wire.member("reason", &reason)
            try wire.member("since", &since)
            try wire.member("probes", &probes)
            try wire.member("probe_failures", &probeFailures)
            try wire.member("idle_connections", &idleConnections)
            try wire.member("active_connections", &activeConnections)
            try wire.member("streams", &streams)
        }
    }

    /// Requests that were refused for want of something that has a limit.
    package struct Refusal: WireObject, Equatable {
        /// The limit's key.
        package var lack = ""
        /// What it says; 0 where that is a word.
        package var limit = 0
        /// Since the start.
        package var total = 0
        package var lastMinute = 0

        package init() {}

        package init(lack: String, limit: Int, total: Int, lastMinute: Int) {
            self.lack = lack
            self.limit = limit
            self.total = total
            self.lastMinute = lastMinute
        }

        package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
            try wire.member("limit", &lack)
            try wire.member("value", &limit)
            try wire.member("total", &total)
            try wire.member("last_minute", &lastMinute)
        }
    }
}
