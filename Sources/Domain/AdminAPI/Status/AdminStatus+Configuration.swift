extension AdminStatus {
    /// Where the configuration comes from.
    package struct Configuration: WireObject, Equatable {
        package static let sources = ["file", "last-known-good"]

        /// Absolute path.
        package var file = ""
        /// RFC 3339, UTC.
        package var loadedAt = ""
        /// nil: there was none.
        package var lastReload: Reload?
        /// `last-known-good`: the file was bad at the start.
        package var source = ""
        /// It still serves what `source` says.
        package var sourceIsCurrent = false
        package var persistence = Persistence()

        package init() {}

        package init(
            file: String, loadedAt: String, lastReload: Reload?, source: String, sourceIsCurrent: Bool,
            persistence: Persistence
        ) {
            self.file = file
            self.loadedAt = loadedAt
            self.lastReload = lastReload
            self.source = source
            self.sourceIsCurrent = sourceIsCurrent
            self.persistence = persistence
        }

        package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
            try wire.member("file", &file)
            try wire.member("loaded_at", &loadedAt)
            try wire.member("last_reload", &lastReload)
            try wire.word("source", &source, oneOf: Self.sources)
            try wire.member("source_is_current", &sourceIsCurrent)
            try persistence.members(&wire)
        }
    }

    /// The newest attempt to read the file again.
    package struct Reload: WireObject, Equatable {
        package static let results = ["accepted", "refused"]

        package var result = ""
        /// RFC 3339, UTC.
        package var at = ""
        /// The first error, when it was refused.
        package var message: String?
        /// Nothing else was served since: what it said of the file may still be so.
        package var isCurrent = false

        package init() {}

        package init(result: String, at: String, message: String?, isCurrent: Bool) {
            self.result = result
            self.at = at
            self.message = message
            self.isCurrent = isCurrent
        }

        package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
            try wire.word("result", &result, oneOf: Self.results)
            try wire.member("at", &at)
            try wire.member("message", &message)
            try wire.member("is_current", &isCurrent)
        }
    }
}
