import AdminAPI
import HTTP
import HTTPTransport
import JSON
import Routing

/// A request to the admin API, as values.
struct AdminRequest {
    var method: String
    var path: String
    var query: String
    var host: String
    var origin = ""
    var bearer: [UInt8] = []
    var ifMatch: String?
    var ifNoneMatch: String?
    var contentType = ""
    var body: [UInt8] = []
    var isUnix: Bool

    init(_ request: RequestHeadView, isUnix: Bool) {
        func text(_ range: ByteRange) -> String { String(decoding: request[range], as: UTF8.self) }
        let head = request.head
        method = text(head.methodRange)
        path = text(head.path)
        query = text(head.query)
        host = text(head.host)
        origin = request.fields.value(.origin).map(text) ?? ""
        ifMatch = request.fields.value(.ifMatch).map(text)
        ifNoneMatch = request.fields.value(.ifNoneMatch).map(text)
        contentType = request.fields.value(.contentType).map(text) ?? ""
        self.isUnix = isUnix
        if let value = request.fields.value(.authorization).map({ request[$0] }), value.count > 7,
            String(decoding: value[..<7], as: UTF8.self).lowercased() == "bearer "
        {
            bearer = Array(value[7...])
        }
    }

    /// Every value of a query parameter, decoded.
    private func values(_ name: String) -> [String] {
        query.split(separator: "&").compactMap { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard Self.decoded(parts[0]) == name else { return nil }
            return parts.count > 1 ? Self.decoded(parts[1]) : ""
        }
    }

    func values(_ parameter: AdminParameter) -> [String] { values(parameter.name) }
    func value(_ parameter: AdminParameter) -> String? { values(parameter).first }

    var isDryRun: Bool { flag(.dryRun) }
    /// Readers may move although the rows do not follow.
    var isDespiteData: Bool { flag(.despiteData) }
    /// Latencies bucket by bucket.
    var wantsLatencies: Bool { flag(.latency) }
    /// Rollbacks that are not on disk may be undone.
    var isOverRollback: Bool { flag(.overRollback) }

    private func flag(_ flag: AdminParameter) -> Bool { ["true", "1"].contains(value(flag) ?? "") }

    private static let flags = Set(
        AdminEndpoint.allCases.flatMap { $0.declaration.parameters.filter { $0.kind == .flag }.map(\.name) }
    ).sorted()

    /// nil: the flags say true or false, or nothing. A rehearsal that is misspelt must not become the change itself.
    var flagRefusal: AdminAnswer? {
        for name in Self.flags {
            let isClear = values(name).allSatisfy { ["true", "1", "false", "0"].contains($0) }
            guard isClear, values(name).count < 2 else {
                return .problem(400, "bad_request", "\(name) is true or false, once")
            }
        }
        return nil
    }

    /// Segments of the path, decoded: `["v1", "routes", "profile", "shift"]`.
    var segments: [String] { path.split(separator: "/").map { Self.decoded($0, plusIsSpace: false) } }

    /// What the body says; an empty one is an empty object.
    func read<Body: WireRequest>(_: Body.Type) throws(AdminAnswerError) -> Body {
        do throws(WireError) {
            return try Body.read(body.isEmpty ? Array("{}".utf8) : body)
        } catch {
            throw .problem(400, "bad_request", error.place.isEmpty ? "the body \(error.problem)" : "\(error)")
        }
    }

    static func decoded(_ text: Substring, plusIsSpace: Bool = true) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2, let high = HexDigit.value(rest[rest.startIndex]),
                let low = HexDigit.value(rest[rest.startIndex + 1])
            {
                bytes.append(high << 4 | low)
                rest.removeFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") && plusIsSpace ? 0x20 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A response of the admin API.
struct AdminAnswer {
    var status: UInt16 = 200
    var contentType = "application/json"
    /// More field lines, each with CRLF.
    var fields = ""
    var body: [UInt8] = []
    var stream: Stream?

    /// A response that goes on.
    enum Stream {
        case events
        case tap(number: UInt64, limit: Int?)
    }

    static func json(_ value: some WireObject, status: UInt16 = 200, fields: String = "") -> AdminAnswer {
        AdminAnswer(status: status, fields: fields, body: value.json + [0x0A])
    }

    /// A value and the revision that it is about, as its `ETag`.
    static func json(_ value: some WireObject, tag revision: Int) -> AdminAnswer {
        json(value, fields: "etag: \"\(revision)\"\r\n")
    }

    static func problem(
        _ status: UInt16, _ code: String, _ detail: String, revision: UInt64? = nil,
        diagnostics: [AdminProblem.Diagnostic]? = nil, fields: String = ""
    ) -> AdminAnswer {
        let problem = AdminProblem(
            type: "about:blank", title: HTTPStatus(status).reason.description, status: Int(status), detail: detail,
            origin: "router", code: code, revision: revision.map { Int(clamping: $0) }, diagnostics: diagnostics)
        return AdminAnswer(
            status: status, contentType: ProblemWriter.contentType, fields: fields, body: problem.json + [0x0A])
    }

    static let takenOver = AdminAnswer.problem(
        503, "taken_over", "another process takes over from this router; ask again, on a new connection",
        fields: "retry-after: 1\r\n")

    static func problem(_ problem: ConfigurationProblem, revision: UInt64) -> AdminAnswer {
        let diagnostics = problem.diagnostics.map { diagnostic in
            AdminProblem.Diagnostic(
                file: diagnostic.file, line: diagnostic.position.line, column: diagnostic.position.column,
                severity: diagnostic.severity.rawValue, message: diagnostic.message, text: diagnostic.render())
        }
        return .problem(
            problem.status, problem.code, problem.message, revision: revision,
            diagnostics: diagnostics.isEmpty ? nil : diagnostics,
            fields: problem.status == 503 ? "retry-after: 1\r\n" : "")
    }
}

/// A response instead of what was asked for.
struct AdminAnswerError: Error {
    let answer: AdminAnswer

    static func problem(_ status: UInt16, _ code: String, _ detail: String) -> AdminAnswerError {
        AdminAnswerError(answer: .problem(status, code, detail))
    }
}
