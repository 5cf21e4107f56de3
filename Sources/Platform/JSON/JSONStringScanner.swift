/// Strings of RFC 8259 §7: finding the end with every byte checked, and decoding what was checked.
enum JSONStringScanner {
    /// The offset after the closing quote of the string that opens at `start`, and whether it has escapes.
    static func end(of text: [UInt8], from start: Int) throws(JSONError) -> (end: Int, hasEscapes: Bool) {
        var offset = start + 1
        var hasEscapes = false
        while offset < text.count {
            let byte = text[offset]
            switch byte {
            case UInt8(ascii: "\""): return (offset + 1, hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                offset = try checkEscape(text, at: offset)
            case 0..<0x20:
                let name = byte == 0x0A ? "a line break" : "control byte 0x\(String(byte, radix: 16))"
                throw failure(.syntax, "\(name) must be escaped in a string", at: offset, in: text)
            case 0x20..<0x80: offset += 1
            default:
                guard let length = scalarLength(text, offset) else {
                    throw failure(.encoding, "the string is not valid UTF-8", at: offset, in: text)
                }
                offset += length
            }
        }
        throw failure(.syntax, "the string has no closing quote", at: start, in: text)
    }

    /// The UTF-8 of the content in `range` (quotes excluded), which `end` has accepted.
    static func decoded(_ text: [UInt8], _ range: Range<Int>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        var offset = range.lowerBound
        while offset < range.upperBound {
            guard text[offset] == UInt8(ascii: "\\") else {
                result.append(text[offset])
                offset += 1
                continue
            }
            let escape = text[offset + 1]
            offset += 2
            switch escape {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"):
                var code = hex4(text, offset) ?? 0xFFFD
                offset += 4
                if code >= 0xD800, code < 0xDC00, let low = hex4(text, offset + 2) {
                    code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
                    offset += 6
                }
                let scalar = Unicode.Scalar(code) ?? "\u{FFFD}"
                result.append(contentsOf: String(Character(scalar)).utf8)
            default: result.append(escape)  // quote, backslash, slash
            }
        }
        return result
    }

    /// For messages: how to name the byte that was found instead of the expected one.
    static func describe(_ byte: UInt8?) -> String {
        switch byte {
        case nil: "the end of the text"
        case .some(0x21..<0x7F): "'\(Character(Unicode.Scalar(byte ?? 0)))'"
        case .some(let byte): "byte 0x\(String(byte, radix: 16))"
        }
    }

    private static func checkEscape(_ text: [UInt8], at offset: Int) throws(JSONError) -> Int {
        guard offset + 1 < text.count else {
            throw failure(.syntax, "the string has no closing quote", at: offset, in: text)
        }
        switch text[offset + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return offset + 2
        case UInt8(ascii: "u"):
            guard let code = hex4(text, offset + 2) else {
                throw failure(.syntax, "expected four hexadecimal digits after \\u", at: offset, in: text)
            }
            guard code >= 0xD800, code < 0xE000 else { return offset + 6 }
            let hasLow =
                code < 0xDC00 && offset + 7 < text.count && text[offset + 6] == UInt8(ascii: "\\")
                && text[offset + 7] == UInt8(ascii: "u")
            guard hasLow, let low = hex4(text, offset + 8), low >= 0xDC00, low < 0xE000 else {
                throw failure(.encoding, "the escape is half of a surrogate pair", at: offset, in: text)
            }
            return offset + 12
        case let other:
            let name = describe(other)
            throw failure(.syntax, "\(name) cannot follow a backslash in a string", at: offset + 1, in: text)
        }
    }

    private static func hex4(_ text: [UInt8], _ offset: Int) -> UInt32? {
        guard offset >= 0, offset + 4 <= text.count else { return nil }
        var value: UInt32 = 0
        for index in offset..<offset + 4 {
            let digit: UInt8
            switch text[index] {
            case 0x30...0x39: digit = text[index] - 0x30
            case 0x41...0x46: digit = text[index] - 0x41 + 10
            case 0x61...0x66: digit = text[index] - 0x61 + 10
            default: return nil
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// Length of the well-formed scalar at `offset` (Unicode table 3-7: no overlong forms, surrogates or > U+10FFFF).
    private static func scalarLength(_ text: [UInt8], _ offset: Int) -> Int? {
        func follows(_ distance: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
            offset + distance < text.count && range.contains(text[offset + distance])
        }
        switch text[offset] {
        case 0xC2...0xDF: return follows(1) ? 2 : nil
        case 0xE0: return follows(1, 0xA0...0xBF) && follows(2) ? 3 : nil
        case 0xED: return follows(1, 0x80...0x9F) && follows(2) ? 3 : nil
        case 0xE1...0xEF: return follows(1) && follows(2) ? 3 : nil
        case 0xF0: return follows(1, 0x90...0xBF) && follows(2) && follows(3) ? 4 : nil
        case 0xF1...0xF3: return follows(1) && follows(2) && follows(3) ? 4 : nil
        case 0xF4: return follows(1, 0x80...0x8F) && follows(2) && follows(3) ? 4 : nil
        default: return nil
        }
    }

    private static func failure(
        _ code: JSONError.Code, _ message: String, at offset: Int, in text: [UInt8]
    ) -> JSONError {
        JSONError(code: code, message: message, offset: offset, position: JSONPosition(of: offset, in: text))
    }
}
