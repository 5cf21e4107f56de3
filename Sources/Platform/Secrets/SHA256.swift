import CSodium

/// SHA-256 (FIPS 180-4): names of content-addressed blobs, and the stored form of tokens.
package enum SHA256 {
    /// 32 bytes.
    package static func digest(_ bytes: [UInt8]) -> [UInt8] {
        Sodium.ready()
        var out = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
        crypto_hash_sha256(&out, bytes, UInt64(bytes.count))
        return out
    }

    /// 64 lower-case hexadecimal digits.
    package static func hex(_ bytes: [UInt8]) -> String { Hex.encode(digest(bytes)) }
}

/// HMAC-SHA256 (RFC 2104) with a key of 32 bytes.
package enum HMACSHA256 {
    package static let keyLength = 32

    package static func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        Sodium.ready()
        precondition(key.count == keyLength, "an HMAC key has \(keyLength) bytes")
        var out = [UInt8](repeating: 0, count: Int(crypto_auth_hmacsha256_BYTES))
        crypto_auth_hmacsha256(&out, message, UInt64(message.count), key)
        return out
    }

    package static func verify(_ code: [UInt8], of message: [UInt8], key: [UInt8]) -> Bool {
        ConstantTime.equal(code, authenticate(message, key: key))
    }
}

/// Comparison whose time tells nothing about where two secrets differ.
package enum ConstantTime {
    /// Lengths are not secret: unequal lengths return at once.
    package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        guard !left.isEmpty else { return true }
        return sodium_memcmp(left, right, left.count) == 0
    }

    package static func equal(_ left: String, _ right: String) -> Bool {
        equal(Array(left.utf8), Array(right.utf8))
    }
}
