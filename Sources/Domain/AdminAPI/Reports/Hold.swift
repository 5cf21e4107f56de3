/// A hold that stands: requests of some users of an owned context wait.
package struct Hold: WireObject, Equatable {
    /// `writes`: methods that may change state. `all`: reads too.
    package static let kinds = ["writes", "all"]
    /// `requested`: not every loop holds yet. `holding`: some requests that began before are still under way.
    package static let states = ["requested", "holding", "drained"]

    package var id = ""
    package var context = ""
    /// The first bucket.
    package var from = 0
    /// The bucket behind the last one.
    package var to = 0
    package var kind = ""
    package var state = ""
    /// Requests that wait now.
    package var held = 0
    /// Requests of the users that began before the hold and have not ended.
    package var inFlight = 0
    /// Tunnels and streams of the users, which nobody waits for.
    package var streams = 0
    /// Who asked for it.
    package var actor = ""
    /// RFC 3339, UTC.
    package var since = ""
    /// When the lease runs out. RFC 3339, UTC.
    package var expires = ""
    package var expiresInMilliseconds = 0

    package init() {}

    package init(
        id: String, context: String, from: Int, to: Int, kind: String, state: String, held: Int, inFlight: Int,
        streams: Int, actor: String, since: String, expires: String, expiresInMilliseconds: Int
    ) {
        self.id = id
        self.context = context
        self.from = from
        self.to = to
        self.kind = kind
        self.state = state
        self.held = held
        self.inFlight = inFlight
        self.streams = streams
        self.actor = actor
        self.since = since
        self.expires = expires
        self.expiresInMilliseconds = expiresInMilliseconds
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("id", &id)
        try wire.member("context", &context)
        try wire.member("from", &from)
        try wire.member("to", &to)
        try wire.word("kind", &kind, oneOf: Self.kinds)
        try wire.word("state", &state, oneOf: Self.states)
        try wire.member("held", &held)
        try wire.member("in_flight", &inFlight)
        try wire.member("streams", &streams)
        try wire.member("actor", &actor)
        try wire.member("since", &since)
        try wire.member("expires", &expires)
        try wire.member("expires_in_ms", &expiresInMilliseconds)
    }
}

/// The holds that stand, the oldest first, and what is counted of each owned context.
package struct HoldsResponse: WireObject, Equatable {
    package var holds: [Hold] = []
    package var contexts: [OwnedCounts] = []

    package init() {}

    package init(holds: [Hold], contexts: [OwnedCounts]) {
        self.holds = holds
        self.contexts = contexts
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("holds", &holds)
        try wire.member("contexts", &contexts)
    }

    /// What an owned context has met since the router started.
    package struct OwnedCounts: WireObject, Equatable {
        package var context = ""
        /// `epoch` of the document that is served; nil: it has none.
        package var epoch: Int?
        /// Requests that wait now.
        package var held = 0
        /// As many may wait at once.
        package var mostHeld = 0
        /// Writes that had no key, and went to the default side.
        package var unkeyedWrites = 0

        package init() {}

        package init(context: String, epoch: Int?, held: Int, mostHeld: Int, unkeyedWrites: Int) {
            self.context = context
            self.epoch = epoch
            self.held = held
            self.mostHeld = mostHeld
            self.unkeyedWrites = unkeyedWrites
        }

        package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
            try wire.member("context", &context)
            try wire.member("epoch", &epoch)
            try wire.member("held", &held)
            try wire.member("most_held", &mostHeld)
            try wire.member("unkeyed_writes", &unkeyedWrites)
        }
    }
}

/// A hold has been released on every loop.
package struct HoldReleasedResponse: WireObject, Equatable {
    package var id = ""
    package var context = ""
    /// The first bucket.
    package var from = 0
    /// The bucket behind the last one.
    package var to = 0
    /// Requests that had waited, and go on now.
    package var released = 0

    package init() {}

    package init(id: String, context: String, from: Int, to: Int, released: Int) {
        self.id = id
        self.context = context
        self.from = from
        self.to = to
        self.released = released
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("id", &id)
        try wire.member("context", &context)
        try wire.member("from", &from)
        try wire.member("to", &to)
        try wire.member("released", &released)
    }
}
