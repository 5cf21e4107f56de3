/// What a byte may stand for in HTTP/1.1, as one table look-up.
enum ByteClass {
    /// `tchar`: methods, field names, connection options (RFC 9110 5.6.2).
    static let token: UInt8 = 1
    /// May stand in a request target as it comes over the wire (see `RequestTarget`).
    static let target: UInt8 = 2
    /// May stand in a path: `pchar`, `/` and `%` (RFC 3986 3.3).
    static let path: UInt8 = 4
    /// May stand in a registered name of a host: letters, digits, `-`, `.`, `_`, `~` (stricter than RFC 3986 3.2.2).
    static let host: UInt8 = 8
    /// Hexadecimal digit.
    static let hex: UInt8 = 16
    /// The low line: a token byte that CGI-like programs confuse with `-`.
    static let underscore: UInt8 = 64
    /// A path byte that the normaliser has to look at: `%`, `.`, `/`, `;`.
    static let pathSyntax: UInt8 = 128

    /// 256 entries, built once, never freed and never changed after: safe to read from any thread.
    nonisolated(unsafe) static let table: UnsafePointer<UInt8> = {
        let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        for index in 0..<256 {
            table[index] = classes(of: UInt8(index))
        }
        return UnsafePointer(table)
    }()

    private static func classes(of byte: UInt8) -> UInt8 {
        let isDigit = byte >= 0x30 && byte <= 0x39
        let folded = byte | 0x20
        let isLetter = folded >= 0x61 && folded <= 0x7A && byte < 0x80
        let isAlphanumeric = isDigit || isLetter
        var flags: UInt8 = 0
        if isAlphanumeric || contains("!#$%&'*+-.^_`|~", byte) { flags |= token }
        if isDigit || (isLetter && folded <= 0x66) { flags |= hex }
        if isAlphanumeric || contains("-._~", byte) { flags |= host }
        if isAlphanumeric || contains("-._~!$&'()*+,;=:@/%", byte) { flags |= path | target }
        // Browsers and frameworks send these unescaped (WHATWG URL, percent-encode sets), though RFC 3986 forbids it;
        // which of them may stand in the path is decided by `RawPath`.
        if contains("?[]{}|^`\"<>\\", byte) || byte >= 0x80 { flags |= target }
        if byte == 0x5F { flags |= underscore }
        if contains("%./;", byte) { flags |= pathSyntax }
        return flags
    }

    private static func contains(_ set: StaticString, _ byte: UInt8) -> Bool {
        for index in 0..<set.utf8CodeUnitCount where set.utf8Start[index] == byte {
            return true
        }
        return false
    }
}

/// The bytes that give HTTP/1.1 its shape.
enum Ascii {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let quote: UInt8 = 0x22
    static let percent: UInt8 = 0x25
    static let asterisk: UInt8 = 0x2A
    static let comma: UInt8 = 0x2C
    static let dot: UInt8 = 0x2E
    static let slash: UInt8 = 0x2F
    static let zero: UInt8 = 0x30
    static let nine: UInt8 = 0x39
    static let colon: UInt8 = 0x3A
    static let semicolon: UInt8 = 0x3B
    static let equals: UInt8 = 0x3D
    static let question: UInt8 = 0x3F
    static let backslash: UInt8 = 0x5C
}
