import HTTP
import HTTPTransport
import JSON

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
        var writer = JSONWriter()
        writer.object { members in
            members.member("type", "about:blank")
            members.member("title", violation.status.reason.description)
            members.member("status", violation.status.rawValue)
            members.member("detail", violation.sentence + (setting.map { "; the setting \($0) decides" } ?? ""))
            members.member("reason", violation.label)
            members.member("rule", "\(violation.clause)")
            if line > 0 { members.member("line", line) }
            if let setting { members.member("setting", "\(setting)") }
            members.member("origin", "router")
            members.member("request_id", identity.text)
        }
        body = writer.bytes
    }

    func appendFields(to head: inout HeadWriter) {
        head.append("content-type: application/problem+json\r\n")
        // RFC 9110 15.5.6: a 405 must say what is allowed. Those that we refuse ourselves are refused for every target.
        if status == .methodNotAllowed {
            head.append("allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n")
        }
    }
}
