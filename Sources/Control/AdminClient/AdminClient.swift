package import AdminAPI
import ControlKit
package import JSON

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
    /// Carries one request; throws `OperationFailure` when no router answers or not in time.
    package typealias Exchange = @Sendable (AdminCall) async throws -> AdminResponse

    package let address: AdminAddress
    private let exchange: Exchange

    package init(address: AdminAddress, exchange: @escaping Exchange) {
        self.address = address
        self.exchange = exchange
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
        try await told(AdminCall(.status), doing: "to tell its status")
    }

    /// The same with the latencies bucket by bucket, for the difference of two.
    package func statusWithLatencies() async throws -> AdminStatus {
        try await told(AdminCall(.status, query: [(.latency, "1")]), doing: "to tell its status").value
    }

    /// The document that is served, byte for byte.
    package func routes() async throws -> [UInt8] {
        try await send(AdminCall(.getRoutes), doing: "to show its routes").body
    }

    /// A document the router kept; nil when it no longer has it.
    package func routes(revision: Int) async throws -> [UInt8]? {
        let response = try await exchange(AdminCall(.revision, of: "\(revision)"))
        if response.status == 404 { return nil }
        return try checked(response, doing: "to show revision \(revision)").body
    }

    /// - Parameters:
    ///   - verb: `apply` or `undo`, for the router's record.
    ///   - consent: what may be passed over.
    package func replaceRoutes(
        _ document: [UInt8], ifRevision revision: Int, dryRun: Bool, verb: String, _ consent: Consent,
        _ author: ChangeAuthor
    ) async throws -> AdminChange {
        var call = AdminCall(.putRoutes, query: Self.query(dryRun, verb, consent, author))
        call.fields = ["if-match": "\"\(revision)\"", "content-type": "application/json"]
        call.body = document
        return AdminChange(try await told(call, doing: "the new routes").value as DocumentResponse)
    }

    /// Lets the router read its file again, as SIGHUP does, but with a response.
    package func reload(
        dryRun: Bool, verb: String, _ consent: Consent, _ author: ChangeAuthor
    ) async throws -> AdminChange {
        let call = AdminCall(.reload, query: Self.query(dryRun, verb, consent, author))
        return AdminChange(try await told(call, doing: "to reload its file").value as DocumentResponse)
    }

    private static func query(
        _ dryRun: Bool, _ verb: String, _ consent: Consent, _ author: ChangeAuthor
    ) -> [(AdminParameter, String)] {
        var query: [(AdminParameter, String)] = [(.verb, verb), (.actor, author.actor)]
        if let reason = author.reason { query.append((.reason, reason)) }
        if dryRun { query.append((.dryRun, "true")) }
        if consent.overRollback { query.append((.overRollback, "true")) }
        if consent.despiteData { query.append((.despiteData, "true")) }
        return query
    }

    /// The newest changes that the router made, after a revision, the oldest first; none when it does not tell.
    package func changes(after revision: Int) async -> [RecordedChange] {
        let call = AdminCall(.changes, query: [(.after, "\(max(0, revision))")])
        let response: Told<RecentChangesResponse>? = try? await told(call, doing: "to tell its changes")
        return response?.value.changes ?? []
    }

    package func shift(
        _ route: String, to percent: Double, ifRevision revision: Int? = nil, dryRun: Bool, despiteData: Bool = false,
        _ author: ChangeAuthor
    ) async throws -> AdminChange {
        let body = ShiftRequest(percent: WishedPercent(percent), actor: author.actor, reason: author.reason)
        var call = post(.shift, of: route, body, dryRun: dryRun, despiteData: despiteData)
        if let revision { call.fields["if-match"] = "\"\(revision)\"" }
        let what = "to shift \(route) to \(Decimal.percent(percent))"
        return AdminChange(try await told(call, doing: what).value as ChangeResponse)
    }

    package func mirror(
        _ route: String, percent: Double, methods: [String]?, dryRun: Bool, _ author: ChangeAuthor
    ) async throws -> AdminChange {
        let body = MirrorRequest(
            percent: WishedPercent(percent), methods: methods, actor: author.actor, reason: author.reason)
        let call = post(.mirror, of: route, body, dryRun: dryRun)
        return AdminChange(try await told(call, doing: "to mirror \(route)").value as ChangeResponse)
    }

    /// - Parameters:
    ///   - route: nil for every route with a service.
    ///   - drain: lets keys with a request under way finish on the service.
    package func rollback(
        _ route: String?, drain: Bool, dryRun: Bool, _ author: ChangeAuthor
    ) async throws -> RollbackResponse {
        var body = RollbackRequest()
        if let route { body.route = route } else { body.all = true }
        body.mode = drain ? "drain" : "evacuate"
        (body.actor, body.reason) = (author.actor, author.reason)
        return try await told(post(.rollback, body, dryRun: dryRun), doing: "the rollback").value
    }

    package func explain(
        method: String, target: String, host: String?, headers: [String]
    ) async throws -> Told<ExplainResponse> {
        var query: [(AdminParameter, String)] = [(.method, method), (.path, target)]
        if let host { query.append((.host, host)) }
        for header in headers { query.append((.header, header)) }
        return try await told(AdminCall(.explain, query: query), doing: "to explain \(target)")
    }

    /// Shows live exchanges until the router ends it, or the task is cancelled.
    /// - Parameter receive: gets the stream as it comes, on a thread of the transport.
    package func tap(
        _ query: [(AdminParameter, String)], receive: @escaping @Sendable ([UInt8]) -> Void
    ) async throws {
        var call = AdminCall(.tap, query: query)
        call.receive = receive
        _ = try await send(call, doing: "the tap")
    }

    /// What the router tells of itself, until it ends or the task is cancelled. `receive` as for `tap`.
    package func events(receive: @escaping @Sendable ([UInt8]) -> Void) async throws {
        var call = AdminCall(.events)
        call.receive = receive
        _ = try await send(call, doing: "its events")
    }

    /// Tells how the groups of `data.json` stand.
    package func reportData(_ report: DataReportRequest) async throws -> DataReportedResponse {
        try await told(post(.reportData, report, dryRun: false), doing: "the report").value
    }

    // MARK: Holds

    /// The holds that stand, and what is counted of owned contexts.
    package func holds() async throws -> Told<HoldsResponse> {
        try await told(AdminCall(.holds), doing: "to tell its holds")
    }

    /// Lets requests of some users wait. Returns when none that began before is under way any more.
    package func hold(_ request: HoldRequest) async throws -> Hold {
        let what = "to hold \(request.kind) of \(request.context)"
        return try await told(post(.hold, request, dryRun: false), doing: what).value
    }

    /// Returns when every loop has sent who waited.
    package func releaseHold(_ id: String) async throws -> Told<HoldReleasedResponse> {
        try await told(AdminCall(.releaseHold, of: id), doing: "to release hold \(id)")
    }

    // MARK: Carrying

    private func post(
        _ endpoint: AdminEndpoint, of name: String? = nil, _ body: some WireRequest, dryRun: Bool,
        despiteData: Bool = false
    ) -> AdminCall {
        var query: [(AdminParameter, String)] = []
        if dryRun { query.append((.dryRun, "true")) }
        if despiteData { query.append((.despiteData, "true")) }
        var call = AdminCall(endpoint, of: name, query: query)
        call.fields = ["content-type": "application/json"]
        call.body = body.json
        return call
    }

    private func send(_ call: AdminCall, doing what: String) async throws -> AdminResponse {
        try checked(try await exchange(call), doing: what)
    }

    private func told<Value: WireObject>(_ call: AdminCall, doing what: String) async throws -> Told<Value> {
        let response = try await send(call, doing: what)
        // A change has been made by now, whatever was said of it: nobody is to make it a second time for that.
        let done = call.method == "GET" ? "" : "accepted the request, and "
        let what = "\(address) \(done)answered \(call.method) \(call.target)"
        let document: JSONDocument
        do throws(JSONError) {
            document = try JSONDocument(response.body)
        } catch {
            throw OperationFailure(
                .failed, "\(what) with something that is not JSON",
                fix: "check that --admin is the admin address, not one that serves traffic")
        }
        do throws(WireError) {
            return Told(value: try Value.read(document.root), document: document.root)
        } catch {
            throw OperationFailure(
                .failed, "\(what) with something that this strangler cannot read: \(error)",
                fix: "check that strangler and strangler-router are of the same version")
        }
    }

    private func checked(_ response: AdminResponse, doing what: String) throws -> AdminResponse {
        guard (200..<300).contains(response.status) else {
            throw AdminProblem(response).failure(doing: what)
        }
        return response
    }
}
