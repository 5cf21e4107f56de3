package import JSON

/// A refusal by the router (`application/problem+json`), and which exit code it means.
package struct AdminProblem: Error, Equatable, Sendable {
    package var status: Int
    package var title: String
    package var detail: String
    /// Stable word for programs, such as `stale_revision`.
    package var code: String
    /// The revision served now, on a conflict.
    package var revision: Int?
    package var diagnostics: [String]

    package init(status: Int, _ value: JSONValue?) {
        self.status = status
        title = value?["title"]?.string ?? "status \(status)"
        detail = value?["detail"]?.string ?? ""
        code = value?["code"]?.string ?? ""
        revision = value?["revision"]?.int
        diagnostics =
            value?["diagnostics"]?.elements.compactMap { $0["text"]?.string ?? $0["message"]?.string } ?? []
    }

    /// The failure a user sees.
    package func failure(doing what: String) -> CommandFailure {
        let message = "the router refused \(what): " + (detail.isEmpty ? title : detail)
        var failure = CommandFailure(exit, message, diagnostics: diagnostics)
        switch code {
        case "stale_revision", "file_changed":
            failure.fixes = ["look at what changed (strangler history), then try again"]
        case "unauthorized", "forbidden":
            failure.fixes = [
                "run as the user who owns the admin socket, or set STRANGLER_TOKEN_FILE to the file with the token"
            ]
        case "data_stalled":
            failure.fixes = ["strangler data status", "--despite-data moves the readers all the same"]
        case "not_found": failure.fixes = ["strangler status lists the routes"]
        case "busy", "draining": failure.fixes = ["try again; strangler status shows the router's state"]
        default: break
        }
        return failure
    }

    private var exit: ExitCode {
        switch code {
        case "stale_revision", "file_changed": .conflict
        case "not_acknowledged": .timedOut
        case "data_stalled": .gateFailed
        case "invalid_configuration": .configuration
        case "draining": .unreachable
        default: status == 412 || status == 409 ? .conflict : .failure
        }
    }
}
