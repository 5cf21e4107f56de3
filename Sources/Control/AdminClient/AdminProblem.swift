package import AdminAPI
package import ControlKit

/// A refusal by the router, and which kind of failure it means.
extension AdminProblem {
    /// What stands between may refuse too, and with anything: of that only the status is told.
    init(_ response: AdminResponse) {
        do throws(WireError) {
            self = try AdminProblem.read(response.body)
        } catch {
            self.init()
            (status, title) = (response.status, "status \(response.status)")
        }
    }

    /// The failure a user sees.
    package func failure(doing what: String) -> OperationFailure {
        let message = "the router refused \(what): " + (detail.isEmpty ? title : detail)
        var failure = OperationFailure(kind, message, diagnostics: diagnostics?.map(\.text) ?? [])
        failure.code = code
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
        case "hold_overlaps": failure.fixes = ["strangler holds shows what is held, and releases it"]
        case "hold_not_drained": failure.fixes = ["try again; strangler tap shows what takes so long"]
        case "not_found": failure.fixes = ["strangler status lists the routes"]
        case "busy", "draining": failure.fixes = ["try again; strangler status shows the router's state"]
        default: break
        }
        return failure
    }

    /// Whether a refusal is one of the moment: the same request may be taken in a little while.
    package static func isPassing(_ response: AdminResponse) -> Bool {
        guard response.status == 503 else { return false }
        let code = AdminProblem(response).code
        return code == "busy" || code == "taken_over"
    }

    private var kind: OperationFailure.Kind {
        switch code {
        case "stale_revision", "file_changed": .conflict
        case "data_stalled": .gateFailed
        // Still so when the command's time was over.
        case "not_acknowledged", "busy", "taken_over": .timedOut
        case "invalid_configuration": .configuration
        case "draining": .unreachable
        default: status == 412 || status == 409 ? .conflict : .failed
        }
    }
}
