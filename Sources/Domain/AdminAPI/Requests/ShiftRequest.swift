/// Moves a route to a percentage.
package struct ShiftRequest: WireRequest, Equatable {
    package var percent = WishedPercent()
    /// Who; nil: the router says where the request came from.
    package var actor: String?
    /// For the audit line.
    package var reason: String?

    package init() {}

    package init(percent: WishedPercent, actor: String?, reason: String?) {
        self.percent = percent
        self.actor = actor
        self.reason = reason
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("percent", &percent)
        try wire.optional("actor", &actor)
        try wire.optional("reason", &reason)
    }
}

/// Copies a percentage of a route's requests to the other side.
package struct MirrorRequest: WireRequest, Equatable {
    package var percent = WishedPercent()
    /// That are copied from now on; nil: as before.
    package var methods: [String]?
    /// Who; nil: the router says where the request came from.
    package var actor: String?
    /// For the audit line.
    package var reason: String?

    package init() {}

    package init(percent: WishedPercent, methods: [String]?, actor: String?, reason: String?) {
        self.percent = percent
        self.methods = methods
        self.actor = actor
        self.reason = reason
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("percent", &percent)
        try wire.optional("methods", &methods)
        try wire.optional("actor", &actor)
        try wire.optional("reason", &reason)
    }
}
