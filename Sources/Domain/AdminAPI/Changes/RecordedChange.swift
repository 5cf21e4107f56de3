/// A change as the router remembers it.
package struct RecordedChange: WireObject, Equatable {
    package static let verbs = ["shift", "mirror", "rollback", "apply", "undo", "put", "reload"]

    /// RFC 3339, UTC.
    package var at = ""
    /// What was asked for.
    package var verb = ""
    package var actor = ""
    /// Empty: none was given.
    package var reason = ""
    package var previousRevision = 0
    package var revision = 0
    /// At most a hundred.
    package var changes: [RouteChange] = []

    package init() {}

    package init(
        at: String, verb: String, actor: String, reason: String, previousRevision: Int, revision: Int,
        changes: [RouteChange]
    ) {
        self.at = at
        self.verb = verb
        self.actor = actor
        self.reason = reason
        self.previousRevision = previousRevision
        self.revision = revision
        self.changes = changes
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("at", &at)
        try wire.word("verb", &verb, oneOf: Self.verbs)
        try wire.member("actor", &actor)
        try wire.member("reason", &reason)
        try wire.member("previous_revision", &previousRevision)
        try wire.member("revision", &revision)
        try wire.member("changes", &changes)
    }
}

/// The newest changes after a revision, the oldest first.
package struct RecentChangesResponse: WireObject, Equatable {
    package var changes: [RecordedChange] = []

    package init() {}

    package init(changes: [RecordedChange]) {
        self.changes = changes
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("changes", &changes)
    }
}
