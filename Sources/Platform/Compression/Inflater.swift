import CZlib

/// zlib's decompressor over whole bodies.
enum Inflater {
    enum Format {
        /// One member or several behind each other (RFC 1952).
        case gzip
        /// RFC 1950.
        case zlib
        /// RFC 1951, without header and checksum.
        case raw

        /// `windowBits` of `inflateInit2`: 15 for the largest window, 16 more for gzip, negative for none.
        var windowBits: Int32 {
            switch self {
            case .gzip: 15 + 16
            case .zlib: 15
            case .raw: -15
            }
        }
    }

    private static let piece = 64 << 10

    /// RFC 1950 2.2: method 8, a window that exists, and a check.
    static func hasZlibHeader(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 2 else { return false }
        return bytes[0] & 0x0F == 8 && bytes[0] >> 4 <= 7 && (Int(bytes[0]) << 8 | Int(bytes[1])) % 31 == 0
    }

    static func inflate(
        _ bytes: [UInt8], _ format: Format, called name: String, limit: Int
    ) throws(ContentCoding.Failure) -> [UInt8] {
        var stream = z_stream()
        guard
            inflateInit2_(&stream, format.windowBits, zlibVersion(), Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { throw .malformed(coding: name, reason: "no memory for the decompressor") }
        defer { inflateEnd(&stream) }
        // zlib reads from its own pointers: into a copy that stays where it is.
        let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, bytes.count))
        defer { input.deallocate() }
        _ = input.update(fromContentsOf: bytes)
        let output = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: piece)
        defer { output.deallocate() }
        guard let count = UInt32(exactly: bytes.count) else { throw .tooLarge(limit: limit) }
        stream.next_in = input.baseAddress
        stream.avail_in = count
        var result: [UInt8] = []
        while true {
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(piece)
            let code = CZlib.inflate(&stream, Z_NO_FLUSH)
            result += output.prefix(piece - Int(stream.avail_out))
            if result.count > limit { throw .tooLarge(limit: limit) }
            switch code {
            case Z_STREAM_END:
                guard stream.avail_in > 0 else { return result }
                // Another member of gzip, or something that no client would read.
                guard format == .gzip, stream.next_in.pointee == 0x1F, inflateReset(&stream) == Z_OK else {
                    throw .malformed(coding: name, reason: "\(stream.avail_in) bytes follow its end")
                }
            case Z_OK where stream.avail_out == 0 || stream.avail_in > 0: continue
            case Z_OK, Z_BUF_ERROR: throw .malformed(coding: name, reason: "it ends too early")
            default:
                let reason = stream.msg.map { String(cString: $0) } ?? "error \(code)"
                throw .malformed(coding: name, reason: reason)
            }
        }
    }
}
