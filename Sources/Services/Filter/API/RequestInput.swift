import HTTP
import JSON
import ServiceKit

/// What a client sent, checked; every refusal names the field and what would be accepted.
enum RequestInput {
    /// Larger JSON bodies than this have no use here.
    static let bodyLimit = 64 << 10

    static func document(of request: ServiceRequest) async throws -> JSONValue {
        if let type = request.fields["content-type"], !type.lowercased().hasPrefix("application/json") {
            throw Problem(
                .unsupportedMediaType, code: "unsupported_media_type", title: "The body must be JSON",
                detail: "send content-type: application/json")
        }
        let bytes = try await request.body.collect(limit: bodyLimit)
        do {
            let root = try JSONDocument(bytes).root
            guard root.kind == .object else { throw Problem.badRequest("the body must be a JSON object") }
            return root
        } catch let error as JSONError {
            throw Problem.badRequest("the body is not valid JSON: \(error.description)", code: "invalid_json")
        }
    }

    static func invalid(_ field: String, _ detail: String) -> Problem {
        Problem(
            .unprocessableContent, code: "invalid_field", title: "A field is not acceptable", detail: detail,
            members: [("field", field)])
    }
}
