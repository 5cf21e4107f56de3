import HTTP

/// Reads one claim out of a JSON Web Token (RFC 7519), for stickiness only: **the signature is not checked**.
///
/// A client that forges a claim chooses the side that serves it and nothing else; the upstream decides who it is. The
/// payload is decoded into the caller's scratch memory and scanned there once: nothing is allocated.
enum TokenClaim {
    /// The range within `scratch` that holds the value of the top-level member `claim`: the text of a string (escapes
    /// resolved) or the digits of a number. nil for a missing member, another type, broken JSON, or a payload that is
    /// too long.
    static func value(
        of claim: UnsafeRawBufferPointer, in token: UnsafeRawBufferPointer,
        scratch: UnsafeMutableRawBufferPointer
    ) -> Range<Int>? {
        guard let first = token.firstIndex(of: UInt8(ascii: ".")),
            let second = token[(first + 1)...].firstIndex(of: UInt8(ascii: ".")), second > first + 1
        else { return nil }
        let payload = UnsafeRawBufferPointer(rebasing: token[(first + 1)..<second])
        guard let length = decodeBase64URL(payload, into: scratch) else { return nil }
        var scanner = MemberScanner(bytes: UnsafeMutableRawBufferPointer(rebasing: scratch[..<length]))
        return scanner.value(of: claim)
    }

    /// RFC 4648 §5 without padding. nil for a foreign byte, an impossible length, or an `output` that is too small.
    static func decodeBase64URL(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
        guard input.count % 4 != 1, input.count / 4 * 3 + 2 <= output.count else { return nil }
        var accumulated: UInt32 = 0
        var bits = 0
        var written = 0
        for byte in input {
            let value: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - UInt8(ascii: "0") + 52
            case UInt8(ascii: "-"): value = 62
            case UInt8(ascii: "_"): value = 63
            default: return nil
            }
            accumulated = accumulated << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                output[written] = UInt8(truncatingIfNeeded: accumulated >> UInt32(bits))
                written += 1
            }
        }
        return written
    }
}

/// Walks the members of one JSON object. Lenient on what it skips, exact on what it returns.
private struct MemberScanner {
    let bytes: UnsafeMutableRawBufferPointer
    var position = 0

    init(bytes: UnsafeMutableRawBufferPointer) { self.bytes = bytes }

    mutating func value(of name: UnsafeRawBufferPointer) -> Range<Int>? {
        guard take(UInt8(ascii: "{")) else { return nil }
        while true {
            skipSpace()
            guard let key = string() else { return nil }
            guard take(UInt8(ascii: ":")) else { return nil }
            skipSpace()
            if key.count == name.count, bytes[key].elementsEqual(name) { return wantedValue() }
            guard skipValue() else { return nil }
            guard take(UInt8(ascii: ",")) else { return nil }
        }
    }

    private mutating func wantedValue() -> Range<Int>? {
        guard position < bytes.count else { return nil }
        if bytes[position] == UInt8(ascii: "\"") {
            guard let text = string(), !text.isEmpty else { return nil }
            return text
        }
        let start = position
        while position < bytes.count, isNumberByte(bytes[position]) { position += 1 }
        return position > start ? start..<position : nil
    }

    private func isNumberByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    /// A string at the present place, its escapes resolved in place (they only ever shrink).
    private mutating func string() -> Range<Int>? {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return nil }
        position += 1
        let start = position
        var write = position
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return start..<write
            case UInt8(ascii: "\\"):
                guard let count = escape(at: write) else { return nil }
                write += count
            default:
                bytes[write] = byte
                write += 1
            }
        }
        return nil
    }

    private mutating func escape(at write: Int) -> Int? {
        guard position < bytes.count else { return nil }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes[write] = byte
        case UInt8(ascii: "n"): bytes[write] = 0x0A
        case UInt8(ascii: "t"): bytes[write] = 0x09
        case UInt8(ascii: "r"): bytes[write] = 0x0D
        case UInt8(ascii: "b"): bytes[write] = 0x08
        case UInt8(ascii: "f"): bytes[write] = 0x0C
        case UInt8(ascii: "u"): return unicodeEscape(at: write)
        default: return nil
        }
        return 1
    }

    private mutating func unicodeEscape(at write: Int) -> Int? {
        guard var scalar = fourDigits() else { return nil }
        if (0xD800..<0xDC00).contains(scalar) {
            guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            else { return nil }
            position += 2
            guard let low = fourDigits(), (0xDC00..<0xE000).contains(low) else { return nil }
            scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let valid = Unicode.Scalar(scalar) else { return nil }
        var count = 0
        for byte in UTF8.encode(valid) ?? UTF8.EncodedScalar() {
            bytes[write + count] = byte
            count += 1
        }
        return count
    }

    private mutating func fourDigits() -> UInt32? {
        guard position + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = HexDigit.value(bytes[position]) else { return nil }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    /// Passes over any value by counting brackets; strings are walked so that brackets within them do not count.
    private mutating func skipValue() -> Bool {
        var depth = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                guard string() != nil else { return false }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return true }
                depth -= 1
            case UInt8(ascii: ","):
                if depth == 0 { return true }
            default: break
            }
            position += 1
        }
        return false
    }
}
