/// Which route, key, bucket and side a request would have, and why.
package struct ExplainResponse: WireObject, Equatable {
    package static let decisions = [
        "bucket", "percent-0", "percent-100", "accumulator", "default-side", "override", "no-service", "no-route",
        "recent-write",
    ]

    package var request = Request()
    package var revision = 0
    /// nil: no route takes it.
    package var route: String?
    package var match: String?
    /// In order of precedence, up to the match.
    package var considered: [Considered] = []
    /// Tried in order; their values are never shown.
    package var keys: [Key] = []
    package var keySource: String?
    /// 0 to 999,999.
    package var bucket: Int?
    /// Percent times 10,000: the service gets the buckets below it.
    package var threshold = 0
    package var percent = 0.0
    package var decision = ""
    package var side: String?
    package var upstream: String?
    package var upstreamHealth: String?
    /// Side that would serve it while this one is unhealthy.
    package var fallback: String?
    package var mirror = Mirror()
    package var sentence = ""

    package init() {}

    package init(
        request: Request, revision: Int, route: String?, match: String?, considered: [Considered], keys: [Key],
        keySource: String?, bucket: Int?, threshold: Int, percent: Double, decision: String, side: String?,
        upstream: String?, upstreamHealth: String?, fallback: String?, mirror: Mirror, sentence: String
    ) {
        self.request = request
        self.revision = revision
        self.route = route
        self.match = match
        self.considered = considered
        self.keys = keys
        self.keySource = keySource
        self.bucket = bucket
        self.threshold = threshold
        self.percent = percent
        self.decision = decision
        self.side = side
        self.upstream = upstream
        self.upstreamHealth = upstreamHealth
        self.fallback = fallback
        self.mirror = mirror
        self.sentence = sentence
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("request", &request)
        try wire.member("revision", &revision)
        try wire.member("route", &route)
        try wire.member("match", &match)
        try wire.member("considered", &considered)
        try wire.member("keys", &keys)
        try wire.member("key_source", &keySource)
        try wire.member("bucket", &bucket)
        try wire.member("threshold", &threshold)
        try wire.member("percent", &percent)
        try wire.word("decision", &decision, oneOf: Self.decisions)
        try wire.word("side", &side, oneOf: SideName.all)
        try wire.member("upstream", &upstream)
        try wire.member("upstream_health", &upstreamHealth)
        try wire.member("fallback", &fallback)
        try wire.member("mirror", &mirror)
        try wire.member("sentence", &sentence)
    }

    /// The request as it was read.
    package struct Request: WireObject, Equatable {
        package var method = ""
        /// As given.
        package var path = ""
        /// As matched; empty: it is refused.
        package var normalisedPath = ""
        package var forwardedPath: String?
        package var host: String?

        package init() {}

        package init(method: String, path: String, normalisedPath: String, forwardedPath: String?, host: String?) {
            self.method = method
            self.path = path
            self.normalisedPath = normalisedPath
            self.forwardedPath = forwardedPath
            self.host = host
        }

        package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
            try wire.member("method", &method)
            try wire.member("path", &path)
            try wire.member("normalised_path", &normalisedPath)
            try wire.member("forwarded_path", &forwardedPath)
            try wire.member("host", &host)
        }
    }

    /// A route that was looked at.
    package struct Considered: WireObject, Equatable {
        package var route = ""
        package var isMatch = false
        package var reason = ""

        package init() {}

        package init(route: String, isMatch: Bool, reason: String) {
            self.route = route
            self.isMatch = isMatch
            self.reason = reason
        }

        package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
            try wire.member("route", &route)
            try wire.member("matched", &isMatch)
            try wire.member("reason", &reason)
        }
    }

    /// A key that was tried.
    package struct Key: WireObject, Equatable {
        package var source = ""
        package var isFound = false
        package var reason: String?

        package init() {}

        package init(source: String, isFound: Bool, reason: String?) {
            self.source = source
            self.isFound = isFound
            self.reason = reason
        }

        package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
            try wire.member("source", &source)
            try wire.member("found", &isFound)
            try wire.member("reason", &reason)
        }
    }

    /// Whether a copy would be sent.
    package struct Mirror: WireObject, Equatable {
        package var would = false
        /// Upstream.
        package var to: String?
        package var reason = ""

        package init() {}

        package init(would: Bool, to: String?, reason: String) {
            self.would = would
            self.to = to
            self.reason = reason
        }

        package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
            try wire.member("would", &would)
            try wire.member("to", &to)
            try wire.member("reason", &reason)
        }
    }
}
