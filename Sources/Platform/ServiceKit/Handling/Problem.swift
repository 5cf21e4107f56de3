package import HTTP

/// An error that is a response: `application/problem+json` (RFC 9457). Handlers throw it.
///
/// Any other error that a handler throws becomes a 500 without its text, which goes to the log: a client learns nothing
/// about the inside.
package struct Problem: Error, Sendable {
    package var status: HTTPStatus
    /// A short, stable word for programs: `not_found`. Two sides that answer the same error give the same code.
    package var code: String
    /// One sentence for people; the same for every occurrence of the code.
    package var title: String
    /// What is wrong this time, and how to mend it. Nothing internal, no secret.
    package var detail: String?
    /// Further members of the document, in order.
    package var members: [(name: String, value: String)]
    /// Further response fields, such as `retry-after`.
    package var fields: [(name: String, value: String)]

    package init(
        _ status: HTTPStatus, code: String, title: String, detail: String? = nil,
        members: [(name: String, value: String)] = [], fields: [(name: String, value: String)] = []
    ) {
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.members = members
        self.fields = fields
    }

    package static func badRequest(_ detail: String, code: String = "bad_request") -> Problem {
        Problem(.badRequest, code: code, title: "The request is malformed", detail: detail)
    }

    package static func notFound(_ detail: String? = nil) -> Problem {
        Problem(.notFound, code: "not_found", title: "There is nothing here", detail: detail)
    }

    package static func unauthorized(_ detail: String? = nil) -> Problem {
        Problem(
            .unauthorized, code: "unauthorized", title: "Log in first", detail: detail,
            fields: [("www-authenticate", "Bearer")])
    }

    package static func forbidden(_ detail: String? = nil) -> Problem {
        Problem(.forbidden, code: "forbidden", title: "This is not yours to change", detail: detail)
    }

    package static func tooLarge(limit: Int) -> Problem {
        Problem(
            .contentTooLarge, code: "too_large", title: "The body is too large",
            detail: "at most \(limit) bytes are accepted here")
    }

    /// No capacity for now; `retryAfter` in seconds.
    package static func busy(_ detail: String, retryAfter: Int = 1) -> Problem {
        Problem(
            .serviceUnavailable, code: "busy", title: "Too much to do right now", detail: detail,
            fields: [("retry-after", String(retryAfter))])
    }

    /// The document that is sent.
    package var response: ServiceResponse {
        let texts = members.reduce(code.utf8.count + (detail?.utf8.count ?? 0)) { size, member in
            size + member.name.utf8.count + member.value.utf8.count + 8
        }
        let body = ProblemWriter.bytes(status: status, title: title, texts: texts) { problem in
            problem.member("code", text: code)
            if let detail { problem.member("detail", text: detail) }
            for member in members { problem.member(member.name, text: member.value) }
        }
        var response = ServiceResponse(status, body: body, contentType: ProblemWriter.contentType)
        for field in fields { response.fields.append(field.name, field.value) }
        return response
    }
}
