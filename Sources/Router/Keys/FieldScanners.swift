import Glibc

/// Finds one cookie in the value of a Cookie field (RFC 6265 §4.2.1), without copying.
enum CookieScanner {
    /// Range of the value of the first cookie called `name` (case counts), or nil. Surrounding quotes are left out.
    static func value(
        of name: UnsafeRawBufferPointer, in field: UnsafeRawBufferPointer
    ) -> Range<Int>? {
        var start = 0
        while start < field.count {
            let end = index(of: UInt8(ascii: ";"), in: field, from: start) ?? field.count
            var first = start
            while first < end, field[first] == 0x20 || field[first] == 0x09 { first += 1 }
            if end - first > name.count, field[first + name.count] == UInt8(ascii: "="),
                matches(field, at: first, name)
            {
                var low = first + name.count + 1
                var high = end
                while high > low, field[high - 1] == 0x20 || field[high - 1] == 0x09 { high -= 1 }
                if high - low >= 2, field[low] == UInt8(ascii: "\""), field[high - 1] == UInt8(ascii: "\"") {
                    low += 1
                    high -= 1
                }
                return low..<high
            }
            start = end + 1
        }
        return nil
    }
}

/// Finds one parameter in a query string, without copying.
enum QueryScanner {
    /// Range of the raw (still percent-encoded) value of the first parameter called `name`, or nil.
    static func value(of name: UnsafeRawBufferPointer, in query: UnsafeRawBufferPointer) -> Range<Int>? {
        var start = 0
        while start < query.count {
            let end = index(of: UInt8(ascii: "&"), in: query, from: start) ?? query.count
            if end - start >= name.count, matches(query, at: start, name) {
                let next = start + name.count
                if next == end { return end..<end }
                if query[next] == UInt8(ascii: "=") { return next + 1..<end }
            }
            start = end + 1
        }
        return nil
    }

    /// Decodes `%XX` and `+` of a parameter into `scratch`; a broken escape stays as it is.
    /// - Returns: the bytes written, or nil when `scratch` is too small.
    static func decode(_ raw: UnsafeRawBufferPointer, into scratch: UnsafeMutableRawBufferPointer) -> Int? {
        guard raw.count <= scratch.count else { return nil }
        var read = 0
        var written = 0
        while read < raw.count {
            var byte = raw[read]
            read += 1
            if byte == UInt8(ascii: "+") {
                byte = 0x20
            } else if byte == UInt8(ascii: "%"), read + 1 < raw.count, let high = hexValue(raw[read]),
                let low = hexValue(raw[read + 1])
            {
                byte = high << 4 | low
                read += 2
            }
            scratch[written] = byte
            written += 1
        }
        return written
    }
}

private func index(of byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard start < bytes.count, let base = bytes.baseAddress,
        let found = memchr(base + start, Int32(byte), bytes.count - start)
    else { return nil }
    return UnsafeRawPointer(found) - base
}

private func matches(_ bytes: UnsafeRawBufferPointer, at offset: Int, _ name: UnsafeRawBufferPointer) -> Bool {
    guard let left = bytes.baseAddress, let right = name.baseAddress, offset + name.count <= bytes.count else {
        return name.isEmpty
    }
    return memcmp(left + offset, right, name.count) == 0
}

/// 0 to 15, or nil for what is no hexadecimal digit.
func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
