/// An endpoint became healthy or unhealthy.
package struct HealthEvent: AdminEvent, Equatable {
    package static let name = "health"
    package static let states = ["healthy", "unhealthy"]

    /// RFC 3339, UTC.
    package var at = ""
    package var upstream = ""
    /// Its address.
    package var endpoint = ""
    package var to = ""
    package var reason = ""

    package init() {}

    package init(at: String, upstream: String, endpoint: String, to: String, reason: String) {
        self.at = at
        self.upstream = upstream
        self.endpoint = endpoint
        self.to = to
        self.reason = reason
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("at", &at)
        try wire.member("upstream", &upstream)
        try wire.member("endpoint", &endpoint)
        try wire.word("to", &to, oneOf: Self.states)
        try wire.member("reason", &reason)
    }
}

/// The circuit of a side opened or closed.
package struct CircuitEvent: AdminEvent, Equatable {
    package static let name = "circuit"
    package static let states = ["open", "closed"]

    /// RFC 3339, UTC.
    package var at = ""
    package var route = ""
    package var side = ""
    package var to = ""

    package init() {}

    package init(at: String, route: String, side: String, to: String) {
        self.at = at
        self.route = route
        self.side = side
        self.to = to
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("at", &at)
        try wire.member("route", &route)
        try wire.word("side", &side, oneOf: SideName.all)
        try wire.word("to", &to, oneOf: Self.states)
    }
}

/// A side's responses became of no use, or are well again.
package struct FaultsEvent: AdminEvent, Equatable {
    package static let name = "faults"
    package static let states = ["failing", "well"]

    /// RFC 3339, UTC.
    package var at = ""
    package var route = ""
    package var side = ""
    package var to = ""
    /// Responses of the window.
    package var answers = 0
    /// Of these: 5xx.
    package var errors = 0
    /// Of these: broken off after their head.
    package var cut = 0

    package init() {}

    package init(at: String, route: String, side: String, to: String, answers: Int, errors: Int, cut: Int) {
        self.at = at
        self.route = route
        self.side = side
        self.to = to
        self.answers = answers
        self.errors = errors
        self.cut = cut
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("at", &at)
        try wire.member("route", &route)
        try wire.word("side", &side, oneOf: SideName.all)
        try wire.word("to", &to, oneOf: Self.states)
        try wire.member("answers", &answers)
        try wire.member("errors", &errors)
        try wire.member("cut", &cut)
    }
}

/// The rows of a context follow the monolith, or do not.
package struct DataEvent: AdminEvent, Equatable {
    package static let name = "data"
    package static let states = ["following", "stalled"]

    /// RFC 3339, UTC.
    package var at = ""
    package var context = ""
    package var to = ""
    /// Why they do not.
    package var reason: String?

    package init() {}

    package init(at: String, context: String, to: String, reason: String?) {
        self.at = at
        self.context = context
        self.to = to
        self.reason = reason
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("at", &at)
        try wire.member("context", &context)
        try wire.word("to", &to, oneOf: Self.states)
        try wire.member("reason", &reason)
    }
}

/// The router ends when its exchanges have.
package struct DrainEvent: AdminEvent, Equatable {
    package static let name = "drain"

    /// RFC 3339, UTC.
    package var at = ""
    package var state = ""

    package init() {}

    package init(at: String, state: String) {
        self.at = at
        self.state = state
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("at", &at)
        try wire.word("state", &state, oneOf: DrainResponse.states)
    }
}
