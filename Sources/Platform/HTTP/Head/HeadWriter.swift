/// Writes a head into memory that it does not own. The caller keeps the buffer alive and unmoved while it writes.
///
/// What does not fit is not written and sets `hasOverflowed`; everything after it is dropped as well, so checking once
/// at the end is enough.
public struct HeadWriter {
    // `@usableFromInline`, because some thirty pieces make up the two heads of a request, and a call for each took a
    // tenth of the request's time.
    @usableFromInline let buffer: UnsafeMutableRawBufferPointer
    @usableFromInline var position = 0
    @usableFromInline var overflowed = false

    /// Bytes written.
    @inlinable public var count: Int { position }
    @inlinable public var hasOverflowed: Bool { overflowed }

    package init(_ buffer: UnsafeMutableRawBufferPointer) { self.buffer = buffer }

    /// What has been written.
    package var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: buffer.baseAddress, count: position) }

    @inlinable @inline(__always) public mutating func append(_ text: StaticString) {
        append(text.utf8Start, text.utf8CodeUnitCount)
    }

    @inlinable @inline(__always) public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if let base = bytes.baseAddress { append(base, bytes.count) }
    }

    /// This has a name of its own, so that a literal is a `StaticString`. As a `String` it cost two calls of the
    /// run-time and a closure each time, a tenth of what a request took.
    package mutating func append(text: String) {
        let isWritten: Void? = text.utf8.withContiguousStorageIfAvailable { append(UnsafeRawBufferPointer($0)) }
        precondition(isWritten != nil, "a String lies in one piece wherever Swift's are the only ones")
    }

    /// Appends `range` of `head`.
    @inlinable @inline(__always) public mutating func append(_ range: ByteRange, of head: UnsafeRawBufferPointer) {
        append(range.slice(of: head))
    }

    @inlinable public mutating func append(byte: UInt8) {
        guard position < buffer.count, !overflowed else {
            overflowed = true
            return
        }
        buffer[position] = byte
        position += 1
    }

    package mutating func append(decimal value: UInt64) {
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)  // 24 bytes on the stack; 20 digits at most
        withUnsafeMutableBytes(of: &digits) { scratch in
            var rest = value
            var start = scratch.count
            repeat {
                start -= 1
                scratch[start] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
                rest /= 10
            } while rest > 0
            append(UnsafeRawBufferPointer(rebasing: scratch[start...]))
        }
    }

    package mutating func append(hex value: UInt64) {
        let digits: StaticString = "0123456789abcdef"
        var shift = (63 - (value | 1).leadingZeroBitCount) / 4 * 4
        while shift >= 0 {
            append(byte: digits.utf8Start[Int(truncatingIfNeeded: value >> UInt64(shift) & 15)])
            shift -= 4
        }
    }

    /// `HTTP/1.1 code reason` and CRLF, with the registered reason.
    package mutating func appendStatusLine(_ status: HTTPStatus) {
        appendStatusLine(status, reason: status.reasonBytes)
    }

    /// `HTTP/1.1 code reason` and CRLF.
    package mutating func appendStatusLine(_ status: HTTPStatus, reason: UnsafeRawBufferPointer) {
        append("HTTP/1.1 ")
        appendCode(UInt32(status.rawValue))
        append(reason)
        append("\r\n")
    }

    /// The last three digits of `code` and a space, in one store.
    private mutating func appendCode(_ code: UInt32) {
        // Little-endian: the first byte of the text is the lowest.
        let digits = code / 100 % 10 | (code / 10 % 10) &<< 8 | (code % 10) &<< 16
        let text = digits | 0x2030_3030
        guard position <= buffer.count - 4, !overflowed else {
            overflowed = true
            return
        }
        buffer.storeBytes(of: text.littleEndian, toByteOffset: position, as: UInt32.self)
        position += 4
    }

    /// Ends a head: framing, lines about the connection, the empty line.
    package mutating func endHead(_ framing: BodyFraming, _ connectionLines: StaticString) {
        appendFraming(framing)
        append(connectionLines)
        append("\r\n")
    }

    /// WebSocket is the only protocol that a connection can change to (RFC 6455 4.1, 4.2.2).
    package static let upgradeLines: StaticString = "connection: upgrade\r\nupgrade: websocket\r\n"

    /// `content-length: n`, `transfer-encoding: chunked` or nothing, as the framing says.
    package mutating func appendFraming(_ framing: BodyFraming) {
        switch framing {
        case .none, .untilClose: break
        case .chunked: append("transfer-encoding: chunked\r\n")
        case .length(let length):
            append("content-length: ")
            append(decimal: length)
            append("\r\n")
        }
    }

    /// Copies the field lines of a parsed head, in order, less the fields in `cut` and those that its `Connection`
    /// nominated.
    ///
    /// The lines between those that are cut are copied as one run, so most heads take a few calls of `memcpy`. Only
    /// whole lines that passed the strict grammar are ever copied, so the result cannot hold anything that the parser
    /// did not understand.
    package mutating func copyFields(of fields: FieldTable, from head: UnsafeRawBufferPointer, cutting cut: FieldSet) {
        precondition(Int(fields.lines.end) <= head.count, "not the head that was parsed")
        if fields.present.isDisjoint(with: cut), !fields.hasNominated {
            append(fields.lines, of: head)
            return
        }
        var runStart = fields.lines.start
        for index in 0..<fields.count {
            let entry = fields.entries[index]
            guard cut.contains(entry.field) || entry.isNominated else { continue }
            if runStart < entry.start { append(ByteRange(start: runStart, end: entry.start), of: head) }
            runStart = entry.end
        }
        if runStart < fields.lines.end { append(ByteRange(start: runStart, end: fields.lines.end), of: head) }
    }

    @inlinable @inline(__always) mutating func append(_ base: UnsafeRawPointer, _ length: Int) {
        guard length <= buffer.count - position, !overflowed, let target = buffer.baseAddress else {
            if length > 0 { overflowed = true }
            return
        }
        (target + position).copyMemory(from: base, byteCount: length)
        position += length
    }
}
