package import HTTP

internal import func Glibc.memchr

/// A query as browsers and servers read it: `name=value` with `&` between, `%XX` for a byte and `+` for a blank (WHATWG
/// URL, 5.1).
///
/// Names and values are compared decoded, so `my%20profile`, `my+profile` and `my profile` are one value. Nothing is
/// allocated.
package enum QueryText {
    /// The raw value of the first parameter at or behind `position` whose decoded name is `name`; `position` is left
    /// behind it. nil: there is none.
    package static func next(
        _ name: UnsafeRawBufferPointer, in query: UnsafeRawBufferPointer, from position: inout Int
    ) -> Range<Int>? {
        while position < query.count {
            let start = position
            let end = index(of: UInt8(ascii: "&"), in: query, from: start) ?? query.count
            position = end + 1
            var split = start
            while split < end, query[split] != UInt8(ascii: "=") { split += 1 }
            if decoder.isEqual(UnsafeRawBufferPointer(rebasing: query[start..<split]), decoded: name) {
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

    /// How names and values are decoded.
    package static var decoder: PercentDecoder { PercentDecoder(plusIsBlank: true) }

    /// The bytes that a text of the configuration means.
    package static func bytes(_ text: String) -> [UInt8] {
        Array(text.utf8).withUnsafeBytes { raw in
            // Safe: `decode` writes the bytes that it counts, and none beyond the room that it is given.
            [UInt8](unsafeUninitializedCapacity: raw.count) { bytes, count in
                count = decoder.decode(raw, into: UnsafeMutableRawBufferPointer(bytes)) ?? 0
            }
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

    private static func index(of byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard start < bytes.count, let base = bytes.baseAddress,
            let found = memchr(base + start, Int32(byte), bytes.count - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }
}
