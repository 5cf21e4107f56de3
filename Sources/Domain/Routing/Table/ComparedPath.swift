internal import HTTP

/// The one form in which paths are compared, of requests and of the configuration: two spellings that mean the same
/// characters (`/u1@x` and `/u1%40x`, `/my profile` and `/my%20profile`, `ä` and `%C3%A4`) are one path.
///
/// Escapes of printable ASCII are decoded, all but those of `/`, `\` and `%`, which would mean something else
/// undecoded; every other byte is an escape in capitals. What is forwarded is not touched by it.
package enum ComparedPath {
    /// The most that a path grows by: each byte beyond ASCII becomes an escape.
    package static let growth = 3

    /// Whether the path is in that form already, as it is when it has neither an escape nor a byte beyond ASCII.
    package static func isPlain(_ path: UnsafeRawBufferPointer) -> Bool {
        path.allSatisfy { $0 < 0x80 && $0 != UInt8(ascii: "%") }
    }

    /// Writes `path` in that form to `output`, which has room for `growth` times its length.
    /// - Returns: how many bytes that are; nil when there is no room.
    package static func write(_ path: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
        var (read, written) = (0, 0)
        while read < path.count {
            guard written + growth <= output.count else { return nil }
            var byte = path[read]
            read += 1
            if byte == UInt8(ascii: "%"), read + 1 < path.count, let high = HexDigit.value(path[read]),
                let low = HexDigit.value(path[read + 1])
            {
                byte = high << 4 | low
                read += 2
                if !isDecoded(byte) {
                    written = escape(byte, into: output, at: written)
                    continue
                }
            } else if byte < 0x20 || byte >= 0x7F || byte == UInt8(ascii: "%") {
                // A percent sign that begins no escape must not begin one with what is decoded behind it.
                written = escape(byte, into: output, at: written)
                continue
            }
            output[written] = byte
            written += 1
        }
        return written
    }

    /// The same of a text.
    package static func of(_ text: String) -> String {
        var text = text
        return text.withUTF8 { path in
            let path = UnsafeRawBufferPointer(path)
            guard !isPlain(path) else { return String(decoding: path, as: UTF8.self) }
            return withUnsafeTemporaryAllocation(byteCount: path.count * growth, alignment: 1) { output in
                let count = write(path, into: output) ?? 0
                return String(decoding: output[..<count], as: UTF8.self)
            }
        }
    }

    private static func isDecoded(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "/") && byte != UInt8(ascii: "\\")
            && byte != UInt8(ascii: "%")
    }

    private static func escape(_ byte: UInt8, into output: UnsafeMutableRawBufferPointer, at place: Int) -> Int {
        output[place] = UInt8(ascii: "%")
        output[place + 1] = HexDigit.upper(byte >> 4)
        output[place + 2] = HexDigit.upper(byte & 15)
        return place + 3
    }
}
