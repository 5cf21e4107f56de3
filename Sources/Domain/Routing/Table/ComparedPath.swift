/// The one form in which paths are compared, of requests and of the configuration: two spellings that mean the same characters
/// (`/u1@x` and `/u1%40x`, `/my profile` and `/my%20profile`, `ä` and `%C3%A4`) are one path.
///
/// Escapes of printable ASCII are decoded, all but those of `/`, `\` and `%`, which would mean something else undecoded; every other byte is
/// an escape in capitals. What is forwarded is not touched by it.
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
            if byte == UInt8(ascii: "%"), read + 1 < path.count, let high = hexDigit(path[read]),
                let low = hexDigit(path[read + 1])
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

    /// Decodes every escape of one segment into `output`: the bytes that a key of a path has.
    /// - Returns: how many bytes that are; nil when there is no room.
    package static func decode(_ segment: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
        guard segment.count <= output.count else { return nil }
        var (read, written) = (0, 0)
        while read < segment.count {
            var byte = segment[read]
            read += 1
            if byte == UInt8(ascii: "%"), read + 1 < segment.count, let high = hexDigit(segment[read]),
                let low = hexDigit(segment[read + 1])
            {
                byte = high << 4 | low
                read += 2
            }
            output[written] = byte
            written += 1
        }
        return written
    }

    private static func isDecoded(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "/") && byte != UInt8(ascii: "\\")
            && byte != UInt8(ascii: "%")
    }

    private static func escape(_ byte: UInt8, into output: UnsafeMutableRawBufferPointer, at place: Int) -> Int {
        output[place] = UInt8(ascii: "%")
        output[place + 1] = capital(byte >> 4)
        output[place + 2] = capital(byte & 15)
        return place + 3
    }

    private static func capital(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x41 + value - 10 }

    /// 0 to 15, or nil for what is no hexadecimal digit.
    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
