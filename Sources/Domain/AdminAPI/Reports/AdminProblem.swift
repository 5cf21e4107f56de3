/// A refusal (`application/problem+json`, RFC 9457).
package struct AdminProblem: WireObject, Equatable {
    package static let origins = ["router"]
    package static let codes = [
        "unauthorized", "forbidden", "not_found", "method_not_allowed", "bad_request", "invalid_configuration",
        "mode_refuses", "mirror_refused", "no_service", "stale_revision", "file_changed", "data_stalled",
        "storage_failed", "not_acknowledged", "draining", "busy", "undoes_rollback", "overtaken", "taken_over",
        "unsupported_media_type", "hold_overlaps", "hold_not_drained", "hold_ended",
    ]

    package var type = ""
    /// The reason phrase of the status.
    package var title = ""
    package var status = 0
    /// What was wrong, where, and how to mend it.
    package var detail = ""
    package var origin = ""
    /// Stable word for programs.
    package var code = ""
    /// The revision that is served now, on a conflict.
    package var revision: Int?
    /// Errors of a configuration that was refused.
    package var diagnostics: [Diagnostic]?

    package init() {}

    package init(
        type: String, title: String, status: Int, detail: String, origin: String, code: String, revision: Int?,
        diagnostics: [Diagnostic]?
    ) {
        self.type = type
        self.title = title
        self.status = status
        self.detail = detail
        self.origin = origin
        self.code = code
        self.revision = revision
        self.diagnostics = diagnostics
    }

    package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
        try wire.member("type", &type)
        try wire.member("title", &title)
        try wire.member("status", &status)
        try wire.member("detail", &detail)
        try wire.word("origin", &origin, oneOf: Self.origins)
        try wire.word("code", &code, oneOf: Self.codes)
        try wire.optional("revision", &revision)
        try wire.optional("diagnostics", &diagnostics)
    }

    /// One finding of the check of a configuration.
    package struct Diagnostic: WireObject, Equatable {
        package static let severities = ["error", "warning"]

        package var file = ""
        /// From 1.
        package var line = 0
        /// From 1.
        package var column = 0
        package var severity = ""
        package var message = ""
        /// The whole of it, with the line and a caret.
        package var text = ""

        package init() {}

        package init(file: String, line: Int, column: Int, severity: String, message: String, text: String) {
            self.file = file
            self.line = line
            self.column = column
            self.severity = severity
            self.message = message
            self.text = text
        }

        package mutating func members<Coder: WireCoder>(_ wire: inout Coder) throws(Coder.Failure) {
            try wire.member("file", &file)
            try wire.member("line", &line)
            try wire.member("column", &column)
            try wire.word("severity", &severity, oneOf: Self.severities)
            try wire.member("message", &message)
            try wire.member("text", &text)
        }
    }
}
