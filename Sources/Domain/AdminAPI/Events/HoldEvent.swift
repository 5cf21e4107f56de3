/// Requests of some users of an owned context wait, or no longer do.
package struct HoldEvent: AdminEvent, Equatable {
    package static let name = "hold"
    /// `drained`: none that began before is under way any more. `undrained`: some were when their time was over, and
    /// the hold was given up. `expired`: its lease ran out.
    package static let states = ["drained", "released", "undrained", "expired"]

    /// RFC 3339, UTC.
    package var at = ""
    package var id = ""
    package var context = ""
    /// The first bucket.
    package var from = 0
    /// The bucket behind the last one.
    package var to = 0
    package var kind = ""
    package var became = ""
    package var actor = ""

    package init() {}

    package init(
        at: String, id: String, context: String, from: Int, to: Int, kind: String, became: String, actor: String
    ) {
        self.at = at
        self.id = id
        self.context = context
        self.from = from
        self.to = to
        self.kind = kind
        self.became = became
        self.actor = actor
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("at", &at)
        try wire.member("id", &id)
        try wire.member("context", &context)
        try wire.member("from", &from)
        try wire.member("to", &to)
        try wire.word("kind", &kind, oneOf: Hold.kinds)
        try wire.word("became", &became, oneOf: Self.states)
        try wire.member("actor", &actor)
    }
}
