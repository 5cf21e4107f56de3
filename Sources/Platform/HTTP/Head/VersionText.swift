/// The eight bytes of an HTTP version (RFC 9112 2.3).
enum VersionText {
    /// "HTTP/1.1" and "HTTP/1.0" as little-endian words.
    static let http11: UInt64 = 0x312E_312F_5054_5448
    static let http10: UInt64 = 0x302E_312F_5054_5448

    private static let pattern: StaticString = "HTTP/0.0"

    /// Whether the `count` (at most 8) bytes may begin a version that is spoken here.
    static func mayBegin(_ base: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        let text: StaticString = "HTTP/1."
        for index in 0..<min(count, 7) where base[index] != text.utf8Start[index] {
            return false
        }
        return count < 8 || base[7] == 0x30 || base[7] == 0x31
    }

    /// Why the `count` (at most 8) bytes do not begin a version that is spoken here.
    ///
    /// Another `HTTP/d.d` is a version that we do not speak, anything else is none. Reported at the first byte that
    /// decides it, so a foreign major version is called unsupported before the rest of it has come.
    static func violation(_ base: UnsafePointer<UInt8>, _ count: Int) -> HTTPViolation {
        for index in 0..<count {
            let byte = base[index]
            switch index {
            case 5 where byte != 0x31 && isDigit(byte): return .versionNotSupported
            case 7 where byte != 0x30 && byte != 0x31 && isDigit(byte): return .versionNotSupported
            case 5, 7: if !isDigit(byte) { return wrong(byte) }
            default: if byte != pattern.utf8Start[index] { return wrong(byte) }
            }
        }
        return .versionMalformed
    }

    private static func wrong(_ byte: UInt8) -> HTTPViolation {
        byte == Ascii.lineFeed ? .bareLineFeed : .versionMalformed
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= Ascii.zero && byte <= Ascii.nine }
}
