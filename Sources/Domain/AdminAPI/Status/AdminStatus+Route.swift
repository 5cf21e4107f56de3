extension AdminStatus {
    /// A route and its two sides.
    package struct Route: WireObject, Equatable {
        package static let modes = ["stateless", "reads", "owned", "authority"]

        package var id = ""
        /// As people read it: `prefix /api/profiles GET,HEAD`.
        package var match = ""
        package var context: String?
        /// What a percentage may do to the data of the context.
        package var mode: String?
        /// Of its match; empty: all.
        package var methods: [String] = []
        /// Why no percentage of it would be accepted; nil: one would.
        package var immovable: String?
        package var keys: [String] = []
        /// Share of the service.
        package var percent = 0.0
        /// Of both sides.
        package var requests = 0
        /// Of both sides.
        package var errors = 0
        package var legacy = Side()
        package var service: Side?
        package var longLivedPolicy = Policy()
        package var mirror: Mirror?
        package var overrideHeader: String?
        /// What its users get otherwise than from the monolith alone.
        package var changesForUsers: [String] = []
        /// Limits that were hit.
        package var refusals: [Refusal] = []

        package init() {}

        package init(
            id: String, match: String, context: String?, mode: String?, methods: [String], immovable: String?,
            keys: [String], percent: Double, requests: Int, errors: Int, legacy: Side, service: Side?,
            longLivedPolicy: Policy, mirror: Mirror?, overrideHeader: String?, changesForUsers: [String],
            refusals: [Refusal]
        ) {
            self.id = id
            self.match = match
            self.context = context
            self.mode = mode
            self.methods = methods
            self.immovable = immovable
            self.keys = keys
            self.percent = percent
            self.requests = requests
            self.errors = errors
            self.legacy = legacy
            self.service = service
            self.longLivedPolicy = longLivedPolicy
            self.mirror = mirror
            self.overrideHeader = overrideHeader
            self.changesForUsers = changesForUsers
            self.refusals = refusals
        }

        package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
            try wire.member("id", &id)
            try wire.member("match", &match)
            try wire.member("context", &context)
            try wire.word("mode", &mode, oneOf: Self.modes)
            try wire.member("methods", &methods)
            try wire.member("immovable", &immovable)
            try wire.member("keys", &keys)
            try wire.member("percent", &percent)
            try wire.member("requests", &requests)
            try wire.member("errors", &errors)
            try wire.member("legacy", &legacy)
            try wire.member("service", &service)
            try wire.member("long_lived_policy", &longLivedPolicy)
            try wire.member("mirror", &mirror)
            try wire.member("override_header", &overrideHeader)
            try wire.member("changes_for_users", &changesForUsers)
            try wire.member("refusals", &refusals)
        }
    }

    /// What the route does with exchanges that are open for long, and whose key has moved away.
    package struct Policy: WireObject, Equatable {
        package var policy = ""
        /// Nothing younger is ever ended.
        package var afterMilliseconds = 0
        package var deadlineMilliseconds = 0
        package var jitterMilliseconds = 0

        package init() {}

        package init(policy: String, afterMilliseconds: Int, deadlineMilliseconds: Int, jitterMilliseconds: Int) {
            self.policy = policy
            self.afterMilliseconds = afterMilliseconds
            self.deadlineMilliseconds = deadlineMilliseconds
            self.jitterMilliseconds = jitterMilliseconds
        }

        package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
            try wire.word("policy", &policy, oneOf: LongLivedLeft.policies)
            try wire.member("after_ms", &afterMilliseconds)
            try wire.member("deadline_ms", &deadlineMilliseconds)
            try wire.member("jitter_ms", &jitterMilliseconds)
        }
    }
}
