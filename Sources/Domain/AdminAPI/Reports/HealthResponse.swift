/// Whether the router lives, or is ready.
package struct HealthResponse: WireObject, Equatable {
    package static let states = ["ok", "draining"]

    package var status = ""
    /// 0: nothing is served yet.
    package var revision = 0
    /// Told with `verbose` alone: it is for people, not for a load balancer.
    package var persistence: Persistence?

    package init() {}

    package init(status: String, revision: Int, persistence: Persistence? = nil) {
        self.status = status
        self.revision = revision
        self.persistence = persistence
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.word("status", &status, oneOf: Self.states)
        try wire.member("revision", &revision)
        // Both or neither: "unwritten" is null where the file says what is served.
        var unwritten = persistence.map(\.unwritten)
        var notWritable = persistence.map(\.notWritable)
        try wire.optional("unwritten", &unwritten)
        try wire.optional("not_writable", &notWritable)
        persistence = unwritten.map { Persistence(unwritten: $0, notWritable: notWritable ?? nil) }
    }
}

/// Whether the file says what is served, and whether a change could be written.
package struct Persistence: WireObject, Equatable {
    /// nil: the file says what is served.
    package var unwritten: Unwritten?
    /// Why the file cannot be written; nil: it can.
    package var notWritable: String?

    package init() {}

    package init(unwritten: Unwritten?, notWritable: String?) {
        self.unwritten = unwritten
        self.notWritable = notWritable
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("unwritten", &unwritten)
        try wire.member("not_writable", &notWritable)
    }
}
