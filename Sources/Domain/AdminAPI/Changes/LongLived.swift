/// What one side of a route has open for long.
package struct LongLived: WireObject, Equatable {
    /// Exchanges that are open longer than `longLived.after` of their route.
    package var count = 0
    /// Of these: raw bytes both ways, after a response with 101.
    package var tunnel = 0
    /// The response has begun and nobody knows its length.
    package var stream = 0
    /// The response has begun and its length is known.
    package var download = 0
    /// The request's body is still coming.
    package var upload = 0
    /// No response yet.
    package var waiting = 0
    /// nil: there is none.
    package var oldestMilliseconds: Int?
    /// Of any age: the route's policy will end them, because their key moved to the other side.
    package var closing = 0

    package init() {}

    package init(
        count: Int, tunnel: Int, stream: Int, download: Int, upload: Int, waiting: Int, oldestMilliseconds: Int?,
        closing: Int
    ) {
        self.count = count
        self.tunnel = tunnel
        self.stream = stream
        self.download = download
        self.upload = upload
        self.waiting = waiting
        self.oldestMilliseconds = oldestMilliseconds
        self.closing = closing
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("count", &count)
        try wire.member("tunnel", &tunnel)
        try wire.member("stream", &stream)
        try wire.member("download", &download)
        try wire.member("upload", &upload)
        try wire.member("waiting", &waiting)
        try wire.member("oldest_ms", &oldestMilliseconds)
        try wire.member("closing", &closing)
    }
}

/// What a change of the percentage leaves open on the side that lost keys.
package struct LongLivedLeft: WireObject, Equatable {
    package static let policies = ["pin", "drain", "close"]

    /// The side that lost keys.
    package var side = ""
    /// What the route does about it.
    package var policy = ""
    package var open = LongLived()

    package init() {}

    package init(side: String, policy: String, open: LongLived) {
        self.side = side
        self.policy = policy
        self.open = open
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.word("side", &side, oneOf: SideName.all)
        try wire.word("policy", &policy, oneOf: Self.policies)
        try open.members(&wire)
    }
}
