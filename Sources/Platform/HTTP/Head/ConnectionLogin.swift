/// Log-ins that hold for a connection instead of a request: NTLM, and Negotiate (RFC 4559), which mostly carries NTLM
/// or Kerberos in the same way. The server takes every request on such a connection for that user's, so no other user's
/// request may be sent on it.
///
/// HTTP does not provide for this (RFC 9110 11.1: credentials belong to a request), but many servers need it.
package enum ConnectionLogin {
    /// The fields of a request that may carry such a log-in.
    package static var requestFields: FieldSet { just(.authorization).union(just(.proxyAuthorization)) }
    /// The fields of a response that may mention one.
    package static var responseFields: FieldSet {
        just(.wwwAuthenticate).union(just(.proxyAuthenticate)).union(just(.persistentAuth))
    }

    /// Computed, so that the compiler knows its value: a stored constant would be read through its initialiser with
    /// each request.
    @inline(__always)
    private static func just(_ field: KnownField) -> FieldSet { FieldSet(rawValue: 1 &<< UInt64(field.rawValue)) }

    /// Whether `request`, which has one of `requestFields`, brings such credentials.
    package static func isIn(request fields: FieldTable, of bytes: UnsafeRawBufferPointer) -> Bool {
        isCredential(.authorization, fields, bytes) || isCredential(.proxyAuthorization, fields, bytes)
    }

    /// Whether a response, which has one of `responseFields`, asks for such credentials or says that the connection is
    /// logged in.
    package static func isIn(response fields: FieldTable, of bytes: UnsafeRawBufferPointer) -> Bool {
        var found = false
        fields.forEach(.wwwAuthenticate) { if isChallenge($0.value.slice(of: bytes)) { found = true } }
        fields.forEach(.proxyAuthenticate) { if isChallenge($0.value.slice(of: bytes)) { found = true } }
        fields.forEach(.persistentAuth) { if isWord("true", at: 0, of: $0.value.slice(of: bytes)) { found = true } }
        return found
    }

    private static func isCredential(
        _ field: KnownField, _ fields: FieldTable, _ bytes: UnsafeRawBufferPointer
    ) -> Bool {
        var found = false
        fields.forEach(field) { if isScheme(at: 0, of: $0.value.slice(of: bytes)) { found = true } }
        return found
    }

    /// One of the challenges in the list is such a scheme. Commas divide challenges and their parameters alike; what
    /// stands in quotes is no scheme.
    static func isChallenge(_ value: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        var isQuoted = false
        var begins = true
        while index < value.count {
            let byte = value[index]
            if isQuoted {
                if byte == UInt8(ascii: "\\") { index += 1 } else if byte == UInt8(ascii: "\"") { isQuoted = false }
            } else if byte == UInt8(ascii: "\"") {
                isQuoted = true
                begins = false
            } else if byte == UInt8(ascii: ",") {
                begins = true
            } else if byte != 0x20, byte != 0x09 {
                if begins, isScheme(at: index, of: value) { return true }
                begins = false
            }
            index += 1
        }
        return false
    }

    private static func isScheme(at index: Int, of value: UnsafeRawBufferPointer) -> Bool {
        isWord("ntlm", at: index, of: value) || isWord("negotiate", at: index, of: value)
    }

    /// `word` (in lower case) stands there in any case of letters, and nothing that would make it longer behind it.
    private static func isWord(_ word: StaticString, at index: Int, of value: UnsafeRawBufferPointer) -> Bool {
        let count = word.utf8CodeUnitCount
        guard value.hasWord(word, at: index) else { return false }
        guard value.count - index > count else { return true }
        let next = value[index + count]
        return next == 0x20 || next == 0x09 || next == UInt8(ascii: ",") || next == UInt8(ascii: ";")
    }
}
