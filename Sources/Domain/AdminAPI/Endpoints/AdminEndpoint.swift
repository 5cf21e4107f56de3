/// What the admin API can be asked. The router finds a request's endpoint here and refuses what is not declared; the
/// client makes its requests from here; and a test holds docs/admin.openapi.json against it.
package enum AdminEndpoint: String, CaseIterable, Sendable {
    case status, getRoutes, putRoutes, shift, mirror, rollback
    case data, reportData
    case holds, hold, releaseHold
    case explain, events, streams, tap
    case revisions, revision, changes
    case reload, drain
    case metrics, healthz, readyz

    /// Everything that is declared of it.
    package var declaration: Declaration { Self.table[self] ?? declared }

    package var method: String { declaration.method }

    /// Those whose path a request has, whatever its method.
    ///
    /// - Parameter segments: of the path, decoded.
    package static func at(_ segments: [String]) -> [AdminEndpoint] {
        allCases.filter { $0.declaration.matches(segments) }
    }

    private static let table = Dictionary(uniqueKeysWithValues: allCases.map { ($0, $0.declared) })

    private var declared: Declaration {
        switch self {
        case .status: Declaration("GET", "/v1/status", .value(AdminStatus.self), parameters: [.latency])
        case .getRoutes:
            Declaration(
                "GET", "/v1/routes", .document, parameters: [.ifNoneMatch], isConditional: true)
        case .putRoutes:
            Declaration(
                "PUT", "/v1/routes", .value(DocumentResponse.self),
                parameters: [.ifMatch.required] + Self.change + [.overRollback, .despiteData, .verb], body: .document,
                refusals: [409, 412, 422, 428, 503])
        case .shift:
            Declaration(
                "POST", "/v1/routes/{id}/shift", .value(ChangeResponse.self),
                parameters: [.ifMatch] + Self.change + [.despiteData], body: .value(ShiftRequest.self),
                refusals: [404, 409, 412, 422, 503])
        case .mirror:
            Declaration(
                "POST", "/v1/routes/{id}/mirror", .value(ChangeResponse.self), parameters: [.ifMatch] + Self.change,
                body: .value(MirrorRequest.self), refusals: [404, 409, 412, 422, 503])
        case .rollback:
            Declaration(
                "POST", "/v1/rollback", .value(RollbackResponse.self), parameters: Self.change,
                body: .value(RollbackRequest.self), refusals: [404, 409, 422, 503])
        case .data: Declaration("GET", "/v1/data", .value(DataResponse.self), refusals: [503])
        case .reportData:
            Declaration(
                "POST", "/v1/data", .value(DataReportedResponse.self), parameters: [.dryRun],
                body: .value(DataReportRequest.self), refusals: [503])
        case .holds: Declaration("GET", "/v1/holds", .value(HoldsResponse.self), refusals: [503])
        case .hold:
            Declaration(
                "POST", "/v1/holds", .value(Hold.self), body: .value(HoldRequest.self),
                refusals: [404, 409, 422, 503])
        case .releaseHold:
            Declaration("DELETE", "/v1/holds/{id}", .value(HoldReleasedResponse.self), refusals: [404])
        case .explain:
            Declaration(
                "GET", "/v1/explain", .value(ExplainResponse.self),
                parameters: [.method, .path.required, .host, .header, .clientIP], refusals: [503])
        case .events: Declaration("GET", "/v1/events", .eventStream, refusals: [503])
        case .streams:
            Declaration(
                "GET", "/v1/streams", .value(StreamsResponse.self),
                parameters: [.route, .side, .kind, .minimumAge, .streamLimit], refusals: [404])
        case .tap:
            Declaration(
                "GET", "/v1/tap", .eventStream,
                parameters: [
                    .route, .side, .status, .tappedMethod, .pathPrefix, .minimumDuration, .sample, .limit,
                ], refusals: [404, 503])
        case .revisions: Declaration("GET", "/v1/revisions", .value(RevisionsResponse.self))
        case .revision: Declaration("GET", "/v1/revisions/{revision}", .document, refusals: [404])
        case .changes: Declaration("GET", "/v1/changes", .value(RecentChangesResponse.self), parameters: [.after])
        case .reload:
            Declaration(
                "POST", "/v1/reload", .value(DocumentResponse.self),
                parameters: Self.change + [.overRollback, .despiteData, .verb], refusals: [409, 422, 503])
        case .drain: Declaration("POST", "/v1/drain", .value(DrainResponse.self), status: 202, refusals: [503])
        case .metrics: Declaration("GET", "/metrics", .text)
        case .healthz: Declaration("GET", "/healthz", .value(HealthResponse.self))
        case .readyz:
            Declaration(
                "GET", "/readyz", .value(HealthResponse.self), parameters: [.verbose], unreadyStatus: 503)
        }
    }

    /// What every change takes.
    private static let change: [AdminParameter] = [.dryRun, .actor, .reason]
}
