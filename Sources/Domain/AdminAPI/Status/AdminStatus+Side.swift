extension AdminStatus {
    /// One side of a route, since the start.
    package struct Side: WireObject, Equatable {
        package var upstream = ""
        /// Share of keys that it serves.
        package var percent = 0.0
        /// Exchanges that have ended.
        package var requests = 0
        /// Of these: 5xx of the upstream or of the router, or cut.
        package var errors = 0
        package var inFlight = 0
        /// Milliseconds.
        package var p50: Double?
        package var p99: Double?
        package var codes = StatusClasses()
        /// Requests meant for this side that the other one served.
        package var fallbacks = 0
        /// Of these: in the last minute.
        package var recentFallbacks = 0
        package var retries = 0
        /// Responses that broke off after their head.
        package var cut = 0
        package var faults = Faults()
        /// Of the endpoints taken together.
        package var health = ""
        package var circuit = ""
        /// Milliseconds since its last exchange ended.
        package var lastRequestAge: Double?
        package var longLived = LongLived()
        /// Told when it is asked for.
        package var latency: [LatencyBucket]?

        package init() {}

        package init(
            upstream: String, percent: Double, requests: Int, errors: Int, inFlight: Int, p50: Double?, p99: Double?,
            codes: StatusClasses, fallbacks: Int, recentFallbacks: Int, retries: Int, cut: Int, faults: Faults,
            health: String, circuit: String, lastRequestAge: Double?, longLived: LongLived, latency: [LatencyBucket]?
        ) {
            self.upstream = upstream
            self.percent = percent
            self.requests = requests
            self.errors = errors
            self.inFlight = inFlight
            self.p50 = p50
            self.p99 = p99
            self.codes = codes
            self.fallbacks = fallbacks
            self.recentFallbacks = recentFallbacks
            self.retries = retries
            self.cut = cut
            self.faults = faults
            self.health = health
            self.circuit = circuit
            self.lastRequestAge = lastRequestAge
            self.longLived = longLived
            self.latency = latency
        }

        package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
            try wire.member("upstream", &upstream)
            try wire.member("percent", &percent)
            try wire.member("requests", &requests)
            try wire.member("errors", &errors)
            try wire.member("in_flight", &inFlight)
            try wire.member("p50_ms", &p50)
            try wire.member("p99_ms", &p99)
            try wire.member("codes", &codes)
            try wire.member("fallbacks", &fallbacks)
            try wire.member("fallbacks_last_minute", &recentFallbacks)
            try wire.member("retries", &retries)
            try wire.member("cut", &cut)
            try wire.member("faults", &faults)
            try wire.word("health", &health, oneOf: AdminStatus.healths)
            try wire.word("circuit", &circuit, oneOf: AdminStatus.circuits)
            try wire.member("last_request_age_ms", &lastRequestAge)
            try wire.member("long_lived", &longLived)
            try wire.optional("latency", &latency)
        }
    }

    /// Responses of the last seconds that were of no use.
    package struct Faults: WireObject, Equatable {
        /// Whether their share is high enough to be an alarm.
        package var isAlarm = false
        /// Responses of the window.
        package var answers = 0
        /// Of these: 5xx, the router's own 502 and 504 included.
        package var errors = 0
        /// Of these: broken off after their head.
        package var cut = 0

        package init() {}

        package init(isAlarm: Bool = true, answers: Int, errors: Int, cut: Int) {
            self.isAlarm = isAlarm
            self.answers = answers
            self.errors = errors
            self.cut = cut
        }

        package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
            try wire.member("alarm", &isAlarm)
            try wire.member("answers", &answers)
            try wire.member("errors", &errors)
            try wire.member("cut", &cut)
        }
    }

    /// Copies of requests for the side that does not serve them.
    package struct Mirror: WireObject, Equatable {
        package var percent = 0.0
        package var methods: [String] = []
        /// Upstream that gets the copies.
        package var to = ""
        package var sent = 0
        /// Copies whose response was read to its end.
        package var answered = 0
        /// Of these, by their status.
        package var classes = StatusClasses()
        /// Copies refused, reset or timed out.
        package var failed = 0
        package var inFlight = 0
        /// Requests that were to be copied and were not, by reason.
        package var skipped = WireCounts()

        package init() {}

        package init(
            percent: Double, methods: [String], to: String, sent: Int, answered: Int, classes: StatusClasses,
            failed: Int, inFlight: Int, skipped: WireCounts
        ) {
            self.percent = percent
            self.methods = methods
            self.to = to
            self.sent = sent
            self.answered = answered
            self.classes = classes
            self.failed = failed
            self.inFlight = inFlight
            self.skipped = skipped
        }

        package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
            try wire.member("percent", &percent)
            try wire.member("methods", &methods)
            try wire.member("to", &to)
            try wire.member("sent", &sent)
            try wire.member("answered", &answered)
            try wire.member("classes", &classes)
            try wire.member("failed", &failed)
            try wire.member("in_flight", &inFlight)
            try wire.member("skipped", &skipped)
        }
    }
}
