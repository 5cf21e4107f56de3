/// Decodes escapes (`%XX`, RFC 3986 2.1) of text that is compared: `u1%40x` and `u1@x` are one value. Text that is
/// forwarded is never decoded.
///
/// Decodes once; a percent sign without two hexadecimal digits stands for itself, as it does for most servers.
package struct PercentDecoder: Sendable {
    /// Whether `+` is a blank, as in a form's query (WHATWG URL, application/x-www-form-urlencoded). Not in paths.
    /// Default false.
    package var plusIsBlank = false

    package init(plusIsBlank: Bool = false) { self.plusIsBlank = plusIsBlank }

    /// Writes `text` without escapes to the start of `buffer`. Returns the number of bytes, at most those of `text`, or
    /// nil when they do not fit.
    package func decode(_ text: UnsafeRawBufferPointer, into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        var position = 0
        var count = 0
        while position < text.count {
            guard count < buffer.count else { return nil }
            buffer[count] = next(text, &position)
            count += 1
        }
        return count
    }

    /// Whether `text` is `plain` once its escapes are taken off.
    package func isEqual(_ text: UnsafeRawBufferPointer, decoded plain: UnsafeRawBufferPointer) -> Bool {
        // No byte decodes to more than one.
        guard text.count >= plain.count else { return false }
        var (position, compared) = (0, 0)
        while position < text.count {
            guard compared < plain.count, next(text, &position) == plain[compared] else { return false }
            compared += 1
        }
        return compared == plain.count
    }

    /// The byte that stands at `position`, which is moved behind it.
    private func next(_ text: UnsafeRawBufferPointer, _ position: inout Int) -> UInt8 {
        let byte = text[position]
        position += 1
        if byte == UInt8(ascii: "+"), plusIsBlank { return Ascii.space }
        guard byte == Ascii.percent, text.count - position >= 2, let high = HexDigit.value(text[position]),
            let low = HexDigit.value(text[position + 1])
        else { return byte }
        position += 2
        return high << 4 | low
    }
}

/// Hexadecimal digits, of escapes and elsewhere.
package enum HexDigit {
    /// 0 to 15, or nil for what is no digit.
    package static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    package static func upper(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x41 + value - 10 }
}
