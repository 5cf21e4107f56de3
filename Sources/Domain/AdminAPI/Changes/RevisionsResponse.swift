/// Documents that the router kept.
package struct RevisionsResponse: WireObject, Equatable {
    package var revisions: [Kept] = []

    package init() {}

    package init(revisions: [Kept]) {
        self.revisions = revisions
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("revisions", &revisions)
    }

    /// One of them.
    package struct Kept: WireObject, Equatable {
        package var revision = 0
        /// RFC 3339, UTC.
        package var at = ""
        package var bytes = 0
        package var isServing = false

        package init() {}

        package init(revision: Int, at: String, bytes: Int, isServing: Bool) {
            self.revision = revision
            self.at = at
            self.bytes = bytes
            self.isServing = isServing
        }

        package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
            try wire.member("revision", &revision)
            try wire.member("at", &at)
            try wire.member("bytes", &bytes)
            try wire.member("serving", &isServing)
        }
    }
}
