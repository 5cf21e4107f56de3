import JSON
import ServiceKit
import Sessions

/// What a client sent, checked; every refusal names the field and what would be accepted.
enum CredentialInput {
    /// In its one form: one mailbox, one account.
    static func email(_ root: JSONValue) throws -> String {
        guard let text = root["email"]?.string else { throw RequestInput.invalid("email", "\"email\" must be a text") }
        guard let email = PersonalText.email(text) else {
            throw RequestInput.invalid(
                "email", "\"email\" must look like name@example.org: at most 254 bytes, none of them blank or invisible"
            )
        }
        return email
    }

    static func password(_ root: JSONValue) throws -> String {
        guard let password = root["password"]?.string else {
            throw RequestInput.invalid("password", "\"password\" must be a text")
        }
        guard (8...256).contains(password.utf8.count) else {
            throw RequestInput.invalid("password", "\"password\" must have 8 to 256 bytes")
        }
        return password
    }
}
