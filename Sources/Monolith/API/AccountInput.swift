import HTTP
import JSON
import ServiceKit

/// What a client sent, checked; every refusal names the field and what would be accepted.
enum AccountInput {
    /// Larger JSON bodies than this have no use here.
    static let bodyLimit = 64 << 10

    /// - Parameter known: members that the body may have, since a misspelt one must not be overlooked; nil when its
    ///   reader checks each.
    static func document(of request: ServiceRequest, known: [String]? = nil) async throws -> JSONValue {
        if let type = request.fields["content-type"], !type.lowercased().hasPrefix("application/json") {
            throw Problem(
                .unsupportedMediaType, code: "unsupported_media_type", title: "The body must be JSON",
                detail: "send content-type: application/json")
        }
        let bytes = try await request.body.collect(limit: bodyLimit)
        do {
            let root = try JSONDocument(bytes).root
            guard root.kind == .object else { throw Problem.badRequest("the body must be a JSON object") }
            for member in root.members {
                guard let known, !known.contains(member.key) else { continue }
                throw invalid(member.key, "known are " + known.joined(separator: ", "))
            }
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

    /// The e-mail address in its one form, so that one mailbox has one account.
    static func email(_ root: JSONValue) throws -> String {
        guard let text = root["email"]?.string else { throw invalid("email", "\"email\" must be a text") }
        guard let email = PersonalText.email(text) else {
            throw invalid(
                "email", "\"email\" must look like name@example.org: at most 254 bytes, none of them blank or invisible"
            )
        }
        return email
    }

    static func password(_ root: JSONValue) throws -> String {
        guard let password = root["password"]?.string else {
            throw invalid("password", "\"password\" must be a text")
        }
        guard (8...256).contains(password.utf8.count) else {
            throw invalid("password", "\"password\" must have 8 to 256 bytes")
        }
        return password
    }

    static func displayName(_ value: JSONValue) throws -> String {
        guard let text = value.string else { throw invalid("display_name", "\"display_name\" must be a text") }
        guard let name = PersonalText.name(text) else {
            throw invalid(
                "display_name",
                "\"display_name\" must have 1 to 80 characters in at most 320 bytes, none of them invisible")
        }
        return name
    }

    static func bio(_ value: JSONValue) throws -> String {
        guard let bio = value.string else { throw invalid("bio", "\"bio\" must be a text") }
        guard PersonalText.Limit.bio.holds(bio), PersonalText.isPlainText(bio) else {
            throw invalid(
                "bio", "\"bio\" must have at most 1000 characters in at most 4000 bytes, none of them invisible")
        }
        return bio
    }

    static func links(_ value: JSONValue) throws -> [String] {
        let texts = value.array?.map(\.string)
        guard let texts, texts.count <= 10 else {
            throw invalid("links", "\"links\" must be a list of at most 10 texts")
        }
        return try texts.map { text in
            // Only what a browser may follow from a page: never "javascript:" or "data:".
            guard let text, text.utf8.count <= 500, text.hasPrefix("https://") || text.hasPrefix("http://"),
                PersonalText.isPlainWord(text), !text.utf8.contains(where: { $0 == 0x22 || $0 == 0x3C })
            else { throw invalid("links", "each of \"links\" must be an http or https address of at most 500 bytes") }
            return text
        }
    }
}
