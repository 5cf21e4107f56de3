/// Writes the chunked coding (RFC 9112 7.1).
package enum ChunkHeader {
    /// Room that `write` may need: 16 digits and CRLF.
    package static let maximumLength = 18
    /// Behind the data of a chunk.
    package static let chunkEnd: StaticString = "\r\n"
    /// Behind the last chunk: a chunk of size 0 and an empty trailer section.
    package static let bodyEnd: StaticString = "0\r\n\r\n"

    /// Writes the line that goes before a chunk of `size` bytes and returns its length, or 0 when `buffer` is too
    /// small.
    ///
    /// `size` must not be 0: that would end the body.
    package static func write(_ size: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        precondition(size > 0, "a chunk of size 0 ends the body: write bodyEnd")
        var writer = HeadWriter(buffer)
        writer.append(hex: UInt64(size))
        writer.append("\r\n")
        return writer.hasOverflowed ? 0 : writer.count
    }
}
