package import AdminAPI
package import ControlKit
package import JSON

/// One request to the admin API and its response, without saying how it travels.
package struct AdminCall: Sendable {
    package var method: String
    /// Path and query, already encoded.
    package var target: String
    package var fields: [String: String] = [:]
    package var body: [UInt8] = []
    /// Gets the body of a good response piece by piece, as long as it goes on; nil: it is collected.
    package var receive: (@Sendable ([UInt8]) -> Void)?

    package init(_ method: String, _ target: String, fields: [String: String] = [:], body: [UInt8] = []) {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
    }
}

package struct AdminResponse: Equatable, Sendable {
    package var status: Int
    package var body: [UInt8]
    /// Seconds, when the router asks to be asked again.
    package var retryAfter: Int?

    package init(status: Int, body: [UInt8], retryAfter: Int? = nil) {
        self.status = status
        self.body = body
        self.retryAfter = retryAfter
    }
}

/// The verbs of the admin API (`docs/admin.openapi.json`). Every mutating one answers after each loop serves it.
package struct AdminClient: Sendable {
    /// Carries one request; throws `CommandFailure` when no router answers (69) or not in time (4).
    package typealias Exchange = @Sendable (AdminCall) async throws -> AdminResponse

    package let address: AdminAddress
    private let exchange: Exchange

    package init(address: AdminAddress, exchange: @escaping Exchange) {
        self.address = address
        self.exchange = exchange
    }

    /// Who asks for a change and why, for the router's audit line.
    package struct Motive: Equatable, Sendable {
        package var actor: String
        package var reason: String?

        package init(actor: String, reason: String?) {
            self.actor = actor
            self.reason = reason
        }
    }

    /// What the router would refuse, and is to do all the same.
    package struct Consent: Equatable, Sendable {
        /// Rollbacks that are not on disk may be undone.
        package var overRollback = false
        /// Readers may move although the service does not have all rows.
        package var despiteData = false

        package init(overRollback: Bool = false, despiteData: Bool = false) {
            (self.overRollback, self.despiteData) = (overRollback, despiteData)
        }
    }

    /// A response, and as it was sent.
    package struct Told<Value: WireObject>: Sendable {
        package let value: Value
        package let document: JSONValue
    }

    package func status() async throws -> AdminStatus { try await toldStatus().value }

    /// The status, and as the router sent it, for `-o json`.
    package func toldStatus() async throws -> Told<AdminStatus> {
        try await told(AdminCall("GET", "/v1/status"), doing: "to tell its status")
    }

    /// The same with the latencies bucket by bucket, for the difference of two.
    package func statusWithLatencies() async throws -> AdminStatus {
        try await told(AdminCall("GET", "/v1/status?latency=1"), doing: "to tell its status").value
    }

    /// The document that is served, byte for byte.
    package func routes() async throws -> [UInt8] {
        try await send(AdminCall("GET", "/v1/routes"), doing: "to show its routes").body
    }

    /// A document the router kept; nil when it no longer has it.
    package func routes(revision: Int) async throws -> [UInt8]? {
        let response = try await exchange(AdminCall("GET", "/v1/revisions/\(revision)"))
        if response.status == 404 { return nil }
        return try checked(response, doing: "to show revision \(revision)").body
    }

    /// - Parameters:
    ///   - verb: `apply` or `undo`, for the router's record.
    ///   - consent: what may be passed over.
    package func replaceRoutes(
        _ document: [UInt8], ifRevision revision: Int, dryRun: Bool, verb: String, _ consent: Consent,
        _ motive: Motive
    ) async throws -> AdminChange {
        let request = AdminCall(
            "PUT", "/v1/routes" + Self.query(dryRun, verb, consent, motive),
            fields: ["if-match": "\"\(revision)\"", "content-type": "application/json"], body: document)
        return AdminChange(try await told(request, doing: "the new routes").value as DocumentResponse)
    }

    /// Lets the router read its file again, as SIGHUP does, but with a response.
    package func reload(
        dryRun: Bool, verb: String, _ consent: Consent, _ motive: Motive
    ) async throws -> AdminChange {
        let request = AdminCall("POST", "/v1/reload" + Self.query(dryRun, verb, consent, motive))
        return AdminChange(try await told(request, doing: "to reload its file").value as DocumentResponse)
    }

    private static func query(_ dryRun: Bool, _ verb: String, _ consent: Consent, _ motive: Motive) -> String {
        var query = "?verb=\(verb)&actor=\(encoded(motive.actor))"
        if let reason = motive.reason { query += "&reason=\(encoded(reason))" }
        if dryRun { query += "&dry_run=true" }
        if consent.overRollback { query += "&over_rollback=true" }
        if consent.despiteData { query += "&despite_data=true" }
        return query
    }

    /// The newest changes that the router made, after a revision, the oldest first; none when it does not tell.
    package func changes(after revision: Int) async -> [RecordedChange] {
        let request = AdminCall("GET", "/v1/changes?after=\(max(0, revision))")
        let response: Told<RecentChangesResponse>? = try? await told(request, doing: "to tell its changes")
        return response?.value.changes ?? []
    }

    package func shift(
        _ route: String, to percent: Double, ifRevision revision: Int? = nil, dryRun: Bool, despiteData: Bool = false,
        _ motive: Motive
    ) async throws -> AdminChange {
        var body: OutputValue = ["percent": .number(percent)]
        Self.add(motive, to: &body)
        let request = post(
            "/v1/routes/\(Self.encoded(route))/shift", body, dryRun: dryRun, despiteData: despiteData,
            ifRevision: revision)
        let what = "to shift \(route) to \(Decimal.percent(percent))"
        return AdminChange(try await told(request, doing: what).value as ChangeResponse)
    }

    package func mirror(
        _ route: String, percent: Double, methods: [String]?, dryRun: Bool, _ motive: Motive
    ) async throws -> AdminChange {
        var body: OutputValue = ["percent": .number(percent)]
        if let methods { body["methods"] = .array(methods.map { .string($0) }) }
        Self.add(motive, to: &body)
        let request = post("/v1/routes/\(Self.encoded(route))/mirror", body, dryRun: dryRun, ifRevision: nil)
        return AdminChange(try await told(request, doing: "to mirror \(route)").value as ChangeResponse)
    }

    /// - Parameters:
    ///   - route: nil for every route with a service.
    ///   - drain: lets keys with a request under way finish on the service.
    package func rollback(
        _ route: String?, drain: Bool, dryRun: Bool, _ motive: Motive
    ) async throws -> RollbackResponse {
        var body: OutputValue = [:]
        if let route { body["route"] = .string(route) } else { body["all"] = true }
        body["mode"] = drain ? "drain" : "evacuate"
        Self.add(motive, to: &body)
        return try await told(post("/v1/rollback", body, dryRun: dryRun, ifRevision: nil), doing: "the rollback").value
    }

    package func explain(
        method: String, target: String, host: String?, headers: [String]
    ) async throws -> Told<ExplainResponse> {
        var query = "/v1/explain?method=\(Self.encoded(method))&path=\(Self.encoded(target))"
        if let host { query += "&host=" + Self.encoded(host) }
        for header in headers { query += "&header=" + Self.encoded(header) }
        return try await told(AdminCall("GET", query), doing: "to explain \(target)")
    }

    /// Shows live exchanges until the router ends it, or the task is cancelled.
    /// - Parameters:
    ///   - query: of `GET /v1/tap`, as names and values.
    ///   - receive: gets the stream as it comes, on a thread of the transport.
    package func tap(_ query: [(String, String)], receive: @escaping @Sendable ([UInt8]) -> Void) async throws {
        let text = query.map { "\($0.0)=\(Self.encoded($0.1))" }.joined(separator: "&")
        var request = AdminCall("GET", "/v1/tap" + (text.isEmpty ? "" : "?" + text))
        request.receive = receive
        _ = try await send(request, doing: "the tap")
    }

    /// What the router tells of itself, until it ends or the task is cancelled. `receive` as for `tap`.
    package func events(receive: @escaping @Sendable ([UInt8]) -> Void) async throws {
        var request = AdminCall("GET", "/v1/events")
        request.receive = receive
        _ = try await send(request, doing: "its events")
    }

    /// Tells how the groups of `data.json` stand.
    /// - Returns: groups that no context of the router names.
    package func reportData(_ groups: [OutputValue], lease: String) async throws -> [String] {
        let body: OutputValue = ["groups": .array(groups), "lease": .string(lease)]
        let call = post("/v1/data", body, dryRun: false, ifRevision: nil)
        return try await (told(call, doing: "the report").value as DataReportedResponse).unknown
    }

    // MARK: Carrying

    private func post(
        _ path: String, _ body: OutputValue, dryRun: Bool, despiteData: Bool = false, ifRevision: Int?
    ) -> AdminCall {
        var fields = ["content-type": "application/json"]
        if let ifRevision { fields["if-match"] = "\"\(ifRevision)\"" }
        return AdminCall(
            "POST", path + Self.flags(dryRun: dryRun, despiteData: despiteData), fields: fields,
            body: Array(body.json(pretty: false).utf8))
    }

    private func send(_ request: AdminCall, doing what: String) async throws -> AdminResponse {
        try checked(try await exchange(request), doing: what)
    }

    private func told<Value: WireObject>(_ request: AdminCall, doing what: String) async throws -> Told<Value> {
        let response = try await send(request, doing: what)
        let what = "\(address) answered \(request.method) \(request.target)"
        let document: JSONDocument
        do throws(JSONError) {
            document = try JSONDocument(response.body)
        } catch {
            throw CommandFailure(
                .failure, "\(what) with something that is not JSON",
                fix: "check that --admin is the admin address, not one that serves traffic")
        }
        do throws(WireError) {
            return Told(value: try Value.read(document.root), document: document.root)
        } catch {
            throw CommandFailure(
                .failure, "\(what) with something that this strangler cannot read: \(error)",
                fix: "check that strangler and strangler-router are of the same version")
        }
    }

    private func checked(_ response: AdminResponse, doing what: String) throws -> AdminResponse {
        guard (200..<300).contains(response.status) else {
            throw AdminProblem(response).failure(doing: what)
        }
        return response
    }

    private static func add(_ motive: Motive, to body: inout OutputValue) {
        body["actor"] = .string(motive.actor)
        if let reason = motive.reason { body["reason"] = .string(reason) }
    }

    private static func flags(dryRun: Bool, despiteData: Bool) -> String {
        let flags = (dryRun ? ["dry_run=true"] : []) + (despiteData ? ["despite_data=true"] : [])
        return flags.isEmpty ? "" : "?" + flags.joined(separator: "&")
    }

    /// Percent-encodes everything but the unreserved characters (RFC 3986 §2.3).
    package static func encoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return encoded
    }
}
