/// Another document is served.
package struct RevisionEvent: AdminEvent, Equatable {
    package static let name = "revision"

    /// RFC 3339, UTC.
    package var at = ""
    package var revision = 0
    package var previousRevision = 0
    package var verb = ""
    package var actor = ""
    /// Empty: none was given.
    package var reason = ""
    package var changes: [RouteChange] = []

    package init() {}

    package init(
        at: String, revision: Int, previousRevision: Int, verb: String, actor: String, reason: String,
        changes: [RouteChange]
    ) {
        self.at = at
        self.revision = revision
        self.previousRevision = previousRevision
        self.verb = verb
        self.actor = actor
        self.reason = reason
        self.changes = changes
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("at", &at)
        try wire.member("revision", &revision)
        try wire.member("previous_revision", &previousRevision)
        try wire.word("verb", &verb, oneOf: RecordedChange.verbs)
        try wire.member("actor", &actor)
        try wire.member("reason", &reason)
        try wire.member("changes", &changes)
    }
}

/// The file was read again.
package struct ReloadEvent: AdminEvent, Equatable {
    package static let name = "reload"
    package static let results = ["accepted", "refused", "unchanged"]

    /// RFC 3339, UTC.
    package var at = ""
    package var result = ""
    /// The first error, when it was refused.
    package var message: String?

    package init() {}

    package init(at: String, result: String, message: String?) {
        self.at = at
        self.result = result
        self.message = message
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("at", &at)
        try wire.word("result", &result, oneOf: Self.results)
        try wire.member("message", &message)
    }
}

/// Routes went back to legacy.
package struct RollbackEvent: AdminEvent, Equatable {
    package static let name = "rollback"
    package static let causes = ["command", "data-stall"]

    /// RFC 3339, UTC.
    package var at = ""
    package var mode = ""
    package var revision = 0
    package var cause = ""
    package var routes: [String] = []

    package init() {}

    package init(at: String, mode: String, revision: Int, cause: String, routes: [String]) {
        self.at = at
        self.mode = mode
        self.revision = revision
        self.cause = cause
        self.routes = routes
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("at", &at)
        try wire.word("mode", &mode, oneOf: RollbackResponse.modes)
        try wire.member("revision", &revision)
        try wire.word("cause", &cause, oneOf: Self.causes)
        try wire.member("routes", &routes)
    }
}
