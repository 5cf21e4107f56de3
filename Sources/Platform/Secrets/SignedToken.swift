/// A JSON Web Token (RFC 7519) in one fixed form: compact serialisation, HS256, header `{"alg":"HS256","typ":"JWT"}`.
///
/// The header of a received token is compared byte for byte instead of being read, so no `alg` of an attacker's choice
/// (RFC 8725 section 3.1) is ever looked at. What the payload says is for the caller to read, after the signature held.
package struct TokenCoder: Sendable {
    private let key: [UInt8]
    private static let header = Base64URL.encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8))
    /// Longer than any token of ours, and short enough that hashing it costs little.
    private static let longest = 4_096

    /// Nil when the key has not exactly 32 bytes.
    package init?(key: [UInt8]) {
        guard key.count == HMACSHA256.keyLength else { return nil }
        self.key = key
    }

    package init(key: TokenKey) { self.key = key.bytes }

    package func sign(payload: [UInt8]) -> String {
        let message = Self.header + "." + Base64URL.encode(payload)
        return message + "." + Base64URL.encode(HMACSHA256.authenticate(Array(message.utf8), key: key))
    }

    /// The payload of a token that this key signed; nil for every other text.
    package func verify(_ token: String) -> [UInt8]? {
        guard token.utf8.count <= Self.longest else { return nil }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == Self.header, let code = Base64URL.decode(parts[2]) else { return nil }
        guard HMACSHA256.verify(code, of: Array((parts[0] + "." + parts[1]).utf8), key: key) else { return nil }
        return Base64URL.decode(parts[1])
    }
}
