/// Brings a route, or all of them, back to legacy.
package struct RollbackRequest: WireRequest, Equatable {
    package static let mirrors = ["keep", "stop"]

    /// Exactly one of this and `all`.
    package var route: String?
    /// Every route with a service.
    package var all: Bool?
    /// One of `RollbackResponse.modes`; nil: `evacuate`.
    package var mode: String?
    /// How long the response may wait for requests under way, such as `10s`.
    package var wait: String?
    /// `keep` (nil) or `stop`.
    package var mirror: String?
    /// Who; nil: the router says where the request came from.
    package var actor: String?
    /// For the audit line.
    package var reason: String?

    package init() {}

    package init(
        route: String?, all: Bool?, mode: String?, wait: String?, mirror: String?, actor: String?, reason: String?
    ) {
        self.route = route
        self.all = all
        self.mode = mode
        self.wait = wait
        self.mirror = mirror
        self.actor = actor
        self.reason = reason
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.optional("route", &route)
        try wire.optional("all", &all)
        try wire.optionalWord("mode", &mode, oneOf: RollbackResponse.modes)
        try wire.optional("wait", &wait)
        try wire.optionalWord("mirror", &mirror, oneOf: Self.mirrors)
        try wire.optional("actor", &actor)
        try wire.optional("reason", &reason)
    }
}
