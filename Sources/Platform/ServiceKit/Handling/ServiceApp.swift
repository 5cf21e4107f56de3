package import HTTP

/// The handlers of a service, by method and path template, and what is asked before and after each of them.
///
/// Built once, before serving; then only read, from every loop.
package struct ServiceApp: Sendable {
    package typealias Handler = @Sendable (ServiceRequest) async throws -> ServiceResponse

    private var templates = PathTemplates<Handler>()
    /// Called with every unexpected error (one that is no `Problem`), for the log.
    package var unexpected: @Sendable (ServiceRequest, any Error) -> Void = { _, _ in }
    /// May turn a thrown error of a library into a `Problem`, such as a full disk into a 507; nil leaves it.
    package var translate: @Sendable (any Error) -> Problem? = { _ in nil }

    package init() {}

    /// Adds a handler for `method` and `template`, such as `/api/jobs/{id}`. GET handlers answer HEAD too.
    package mutating func on(_ method: HTTPMethod, _ template: String, _ handler: @escaping Handler) {
        templates.add(method, template, handler)
    }

    /// The response. It never throws: every error becomes a problem document.
    package func respond(to request: ServiceRequest) async -> ServiceResponse {
        switch templates.match(request.method, request.path) {
        case .none: return Problem.notFound("no such path").response
        case .otherMethods(let methods):
            let allowed = Set(methods + (methods.contains(.get) ? [.head] : [])).map { "\($0.name)" }.sorted()
            return Problem(
                .methodNotAllowed, code: "method_not_allowed", title: "This method is not for this path",
                fields: [("allow", allowed.joined(separator: ", "))]
            ).response
        case .found(let handler, let parameters):
            var filled = request
            filled.parameters = parameters
            do {
                return try await handler(filled)
            } catch let problem as Problem {
                return problem.response
            } catch is ClientGone {
                // The client has gone and the connection is closed, so this response is not read.
                return ServiceResponse(.badRequest)
            } catch {
                if let problem = translate(error) { return problem.response }
                unexpected(request, error)
                return Problem(
                    .internalServerError, code: "internal", title: "Something went wrong here, not with the request"
                ).response
            }
        }
    }
}
