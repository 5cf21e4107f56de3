/// A rollback that is served, and that the file does not say yet.
package struct Unwritten: WireObject, Equatable {
    package static let places = ["journal", "memory"]

    /// Revision that is served.
    package var revision = 0
    /// RFC 3339, UTC: of the first attempt to write it.
    package var since = ""
    package var attempts = 0
    /// Why the last attempt failed.
    package var problem = ""
    /// `journal`: beside the file, where a start finds it. `memory`: nowhere else.
    package var kept = ""
    /// Why it is not in the journal.
    package var notKeptBecause: String?
    /// At most a hundred.
    package var rollbacks: [Rollback] = []

    package init() {}

    package init(
        revision: Int, since: String, attempts: Int, problem: String, kept: String, notKeptBecause: String?,
        rollbacks: [Rollback]
    ) {
        self.revision = revision
        self.since = since
        self.attempts = attempts
        self.problem = problem
        self.kept = kept
        self.notKeptBecause = notKeptBecause
        self.rollbacks = rollbacks
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("revision", &revision)
        try wire.member("since", &since)
        try wire.member("attempts", &attempts)
        try wire.member("problem", &problem)
        try wire.word("kept", &kept, oneOf: Self.places)
        try wire.member("not_kept_because", &notKeptBecause)
        try wire.member("rollbacks", &rollbacks)
    }

    /// One percentage that was taken away.
    package struct Rollback: WireObject, Equatable {
        package static let fields = ["percent", "mirror"]

        package var route = ""
        package var field = ""
        /// Percent.
        package var before = 0.0
        package var revision = 0
        /// RFC 3339, UTC.
        package var at = ""
        package var actor = ""
        package var reason = ""

        package init() {}

        package init(
            route: String, field: String, before: Double, revision: Int, at: String, actor: String, reason: String
        ) {
            self.route = route
            self.field = field
            self.before = before
            self.revision = revision
            self.at = at
            self.actor = actor
            self.reason = reason
        }

        package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
            try wire.member("route", &route)
            try wire.word("field", &field, oneOf: Self.fields)
            try wire.member("before", &before)
            try wire.member("revision", &revision)
            try wire.member("at", &at)
            try wire.member("actor", &actor)
            try wire.member("reason", &reason)
        }
    }
}
