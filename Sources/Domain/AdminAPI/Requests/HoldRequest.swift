/// Lets the requests of some users of an owned context wait, until the hold is released or its lease runs out.
package struct HoldRequest: WireRequest, Equatable {
    /// A context in the mode `owned`.
    package var context = ""
    /// The first bucket.
    package var from = WholeNumber(0)
    /// The bucket behind the last one.
    package var to = WholeNumber(0)
    /// One of `Hold.kinds`.
    package var kind = ""
    /// Milliseconds until the hold ends by itself.
    package var lease = WholeNumber(0)
    /// Milliseconds that requests under way have to end; the hold is given up when they have not.
    package var drain = WholeNumber(0)
    /// Who; nil: the router says where the request came from.
    package var actor: String?

    package init() {}

    package init(
        context: String, from: Int, to: Int, kind: String, leaseMilliseconds: Int, drainMilliseconds: Int,
        actor: String?
    ) {
        self.context = context
        self.from = WholeNumber(from)
        self.to = WholeNumber(to)
        self.kind = kind
        lease = WholeNumber(leaseMilliseconds)
        drain = WholeNumber(drainMilliseconds)
        self.actor = actor
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("context", &context)
        try wire.member("from", &from)
        try wire.member("to", &to)
        try wire.word("kind", &kind, oneOf: Hold.kinds)
        try wire.member("lease", &lease)
        try wire.member("drain", &drain)
        try wire.optional("actor", &actor)
    }
}
