import HTTP
import HTTPTransport

/// The response to a request that breaks a rule of HTTP: a problem document (RFC 9457) that says which line of its head
/// breaks which rule, and which setting decides it. It quotes nothing of the request.
struct ViolationProblem {
    let status: HTTPStatus
    /// `application/problem+json`.
    let body: [UInt8]

    /// - Parameter line: of the head, counted from 1; 0: no single one.
    init(_ violation: HTTPViolation, line: Int, identity: RequestIdentity) {
        status = violation.status
        let setting = violation.requestKey
        let detail = violation.sentence + (setting.map { "; the setting \($0) decides" } ?? "")
        let (label, request) = (violation.label, identity.text)
        // The rest of the texts is of a length that is known, and short.
        let texts = detail.utf8.count + label.utf8.count + request.utf8.count
        body = ProblemWriter.bytes(status: status, title: status.reason.description, texts: texts) { problem in
            problem.member("detail", text: detail)
            problem.member("reason", text: label)
            problem.member("rule", violation.clause)
            if line > 0 { problem.member("line", UInt64(clamping: line)) }
            if let setting { problem.member("setting", setting) }
            problem.member("origin", "router" as StaticString)
            problem.member("request_id", text: request)
        }
    }

    func appendFields(to head: inout HeadWriter) {
        head.append(ProblemWriter.contentTypeLine)
        // RFC 9110 15.5.6: a 405 must say what is allowed. Those that we refuse ourselves are refused for every target.
        if status == .methodNotAllowed {
            head.append(ProblemWriter.allowLine)
        }
    }
}
