import HTTP
package import JSON
package import ServiceKit

/// What a client sent, checked; every refusal names the field and what would be accepted.
package enum RequestInput {
    /// Larger JSON bodies than this have no use in the estate. In bytes.
    private static let bodyLimit = 64 << 10

    /// The JSON object that is the body of `request`.
    ///
    /// - Parameter known: members that the body may have; a misspelt one must not be overlooked. Nil: the caller looks.
    package static func document(of request: ServiceRequest, known: [String]? = nil) async throws -> JSONValue {
        if let type = request.fields["content-type"], !type.lowercased().hasPrefix("application/json") {
            throw Problem(
                .unsupportedMediaType, code: "unsupported_media_type", title: "The body must be JSON",
                detail: "send content-type: application/json")
        }
        let bytes = try await request.body.collect(limit: bodyLimit)
        do {
            let root = try JSONDocument(bytes).root
            guard root.kind == .object else { throw Problem.badRequest("the body must be a JSON object") }
            if let known {
                for member in root.members where !known.contains(member.key) {
                    throw invalid(member.key, "known are " + known.joined(separator: ", "))
                }
            }
            return root
        } catch let error as JSONError {
            throw Problem.badRequest("the body is not valid JSON: \(error.description)", code: "invalid_json")
        }
    }

    package static func invalid(_ field: String, _ detail: String) -> Problem {
        Problem(
            .unprocessableContent, code: "invalid_field", title: "A field is not acceptable", detail: detail,
            members: [("field", field)])
    }

    package static func displayName(_ value: JSONValue) throws -> String {
        guard let text = value.string else { throw invalid("display_name", "\"display_name\" must be a text") }
        guard let name = PersonalText.name(text) else {
            throw invalid(
                "display_name",
                "\"display_name\" must have 1 to 80 characters in at most 320 bytes, none of them invisible")
        }
        return name
    }
}
