import Secrets
package import ServiceKit

/// Entity tags of JSON documents: a digest of the bytes, so that equal documents have equal tags wherever they are
/// made.
package enum EntityTag {
    package static func of(_ document: [UInt8]) -> String { String(SHA256.hex(document).prefix(32)) }

    /// `If-Match` (RFC 9110 13.1.1): true when the client sent none, "*", or this very tag.
    package static func holds(_ condition: String?, for tag: String) -> Bool {
        guard let condition else { return true }
        return condition.split(separator: ",").contains {
            let item = PersonalText.trimmed(String($0))
            return item == "*" || item == "\"\(tag)\""
        }
    }

    package static func document(_ bytes: [UInt8], for request: ServiceRequest) -> ServiceResponse {
        StaticAsset(bytes, contentType: "application/json", etag: of(bytes)).response(to: request)
    }
}
