import JSON
import ServiceKit
import Sessions

/// What a client sent, checked; every refusal names the field and what would be accepted.
enum ProfileInput {
    static func bio(_ value: JSONValue) throws -> String {
        guard let bio = value.string else { throw RequestInput.invalid("bio", "\"bio\" must be a text") }
        guard PersonalText.Limit.bio.holds(bio), PersonalText.isPlainText(bio) else {
            throw RequestInput.invalid(
                "bio", "\"bio\" must have at most 1000 characters in at most 4000 bytes, none of them invisible")
        }
        return bio
    }

    static func links(_ value: JSONValue) throws -> [String] {
        let texts = value.array?.map(\.string)
        guard let texts, texts.count <= 10 else {
            throw RequestInput.invalid("links", "\"links\" must be a list of at most 10 texts")
        }
        return try texts.map { text in
            // Only what a browser may follow from a page: never "javascript:" or "data:".
            guard let text, text.utf8.count <= 500, text.hasPrefix("https://") || text.hasPrefix("http://"),
                PersonalText.isPlainWord(text), !text.utf8.contains(where: { $0 == 0x22 || $0 == 0x3C })
            else {
                throw RequestInput.invalid(
                    "links", "each of \"links\" must be an http or https address of at most 500 bytes")
            }
            return text
        }
    }
}
