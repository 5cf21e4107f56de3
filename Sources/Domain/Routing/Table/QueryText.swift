internal import func Glibc.memchr

/// A query as browsers and servers read it: `name=value` with `&` between, `%XX` for a byte and `+` for a blank (WHATWG URL, 5.1).
///
/// Names and values are compared decoded, so `my%20profile`, `my+profile` and `my profile` are one value. Nothing is allocated.
package enum QueryText {
    /// The raw value of the first parameter at or behind `position` whose decoded name is `name`; `position` is left behind it. nil: there is none.
    package static func next(
        _ name: UnsafeRawBufferPointer, in query: UnsafeRawBufferPointer, from position: inout Int
    ) -> Range<Int>? {
        while position < query.count {
            let start = position
            let end = index(of: UInt8(ascii: "&"), in: query, from: start) ?? query.count
            position = end + 1
            var split = start
            while split < end, query[split] != UInt8(ascii: "=") { split += 1 }
            if equals(UnsafeRawBufferPointer(rebasing: query[start..<split]), decoded: name) {
                return min(split + 1, end)..<end
            }
        }
        return nil
    }

    /// Raw value of the first parameter called `name`, or nil.
    package static func value(of name: UnsafeRawBufferPointer, in query: UnsafeRawBufferPointer) -> Range<Int>? {
        var position = 0
        return next(name, in: query, from: &position)
    }

    /// Whether `raw` decodes to `wanted`.
    package static func equals(_ raw: UnsafeRawBufferPointer, decoded wanted: UnsafeRawBufferPointer) -> Bool {
        // No byte decodes to more than one.
        guard raw.count >= wanted.count else { return false }
        var (read, compared) = (0, 0)
        while read < raw.count {
            guard compared < wanted.count, decodedByte(raw, &read) == wanted[compared] else { return false }
            compared += 1
        }
        return compared == wanted.count
    }

    /// Decodes `raw` into `output`; a broken escape stays as it is.
    /// - Returns: the bytes written, or nil when `output` is too small.
    package static func decode(_ raw: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
        guard raw.count <= output.count else { return nil }
        var (read, written) = (0, 0)
        while read < raw.count {
            output[written] = decodedByte(raw, &read)
            written += 1
        }
        return written
    }

    /// The bytes that a text of the configuration means.
    package static func bytes(_ text: String) -> [UInt8] {
        Array(text.utf8).withUnsafeBytes { raw in
            var bytes: [UInt8] = []
            var read = 0
            while read < raw.count { bytes.append(decodedByte(raw, &read)) }
            return bytes
        }
    }

    /// The one spelling of what a text of the configuration means, so that two spellings are seen to be one.
    package static func canonical(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x25 || $0 == 0x2B || $0 >= 0x80 }) else { return text }
        return bytes(text).reduce(into: "") { result, byte in
            if byte >= 0x20, byte < 0x7F, byte != UInt8(ascii: "%"), byte != UInt8(ascii: "+") {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += (byte < 0x10 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
    }

    private static func decodedByte(_ raw: UnsafeRawBufferPointer, _ read: inout Int) -> UInt8 {
        let byte = raw[read]
        read += 1
        if byte == UInt8(ascii: "+") { return 0x20 }
        guard byte == UInt8(ascii: "%"), read + 1 < raw.count, let high = digit(raw[read]),
            let low = digit(raw[read + 1])
        else { return byte }
        read += 2
        return high << 4 | low
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    private static func index(of byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard start < bytes.count, let base = bytes.baseAddress,
            let found = memchr(base + start, Int32(byte), bytes.count - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }
}
