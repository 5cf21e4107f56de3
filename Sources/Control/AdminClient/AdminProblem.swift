package import ControlKit
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
        case "stale_revision", "file_changed", "overtaken":
            failure.fixes = ["look at what changed (strangler history), then try again"]
        case "undoes_rollback":
            failure.fixes = [
                "strangler status shows the rollback; strangler apply FILE --over-rollback undoes it all the same"
            ]
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

    /// Whether a refusal is one of the moment: the same request may be taken in a little while.
    package static func isPassing(_ response: AdminResponse) -> Bool {
        guard response.status == 503 else { return false }
        let code = AdminProblem(status: 503, try? JSONDocument(response.body).root).code
        return code == "busy" || code == "taken_over"
    }

    private var exit: ExitCode {
        switch code {
        case "stale_revision", "file_changed": .conflict
        case "data_stalled": .gateFailed
        // Still so when the command's time was over.
        case "not_acknowledged", "busy", "taken_over": .timedOut
        case "invalid_configuration": .configuration
        case "draining": .unreachable
        default: status == 412 || status == 409 ? .conflict : .failure
        }
    }
}
