/// Writes a problem document (`application/problem+json`, RFC 9457) into memory that it does not own: `type`, `title`
/// and `status`, and then the members that the caller adds, in the caller's order.
///
/// Whatever answers with a problem writes it here: the router's own responses, the transport's refusals, and the
/// services. What does not fit is left out and sets `hasOverflowed`, as with a `HeadWriter`.
public struct ProblemWriter {
    package static let contentType = "application/problem+json"
    /// The field line, with CRLF.
    package static let contentTypeLine: StaticString = "content-type: application/problem+json\r\n"
    /// The line of a 405 that is meant for every target, and of a response to OPTIONS (RFC 9110 15.5.6, 9.3.7).
    package static let allowLine: StaticString = "allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n"

    private var out: HeadWriter

    /// - Parameter title: nil: the reason phrase of the status.
    package init(_ memory: UnsafeMutableRawBufferPointer, status: HTTPStatus, title: StaticString? = nil) {
        out = HeadWriter(memory)
        out.append(#"{"type":"about:blank","title":""#)
        out.append(title ?? status.reason)
        end(status)
    }

    /// - Parameter title: any text.
    package init(_ memory: UnsafeMutableRawBufferPointer, status: HTTPStatus, title: String) {
        out = HeadWriter(memory)
        out.append(#"{"type":"about:blank","title":""#)
        append(escaped: title)
        end(status)
    }

    private mutating func end(_ status: HTTPStatus) {
        out.append(#"","status":"#)
        out.append(decimal: UInt64(status.rawValue))
    }

    package var hasOverflowed: Bool { out.hasOverflowed }

    // MARK: Members

    /// - Parameter text: one of our own, without anything that JSON would escape.
    package mutating func member(_ name: StaticString, _ text: StaticString) {
        begin(name)
        out.append(text)
        out.append("\"")
    }

    package mutating func member(_ name: StaticString, _ number: UInt64) {
        out.append(",\"")
        out.append(name)
        out.append("\":")
        out.append(decimal: number)
    }

    /// - Parameters:
    ///   - name: any text.
    ///   - text: any text.
    package mutating func member(_ name: String, text: String) {
        out.append(",\"")
        append(escaped: name)
        out.append("\":\"")
        append(escaped: text)
        out.append("\"")
    }

    /// A text in pieces, none of which has anything that JSON would escape.
    package mutating func member(_ name: StaticString, pieces: (inout HeadWriter) -> Void) {
        begin(name)
        pieces(&out)
        out.append("\"")
    }

    private mutating func begin(_ name: StaticString) {
        out.append(",\"")
        out.append(name)
        out.append("\":\"")
    }

    /// Ends the document.
    /// - Returns: all of it, as long as the memory lives.
    package mutating func finish() -> UnsafeRawBufferPointer {
        out.append("}")
        return out.written
    }

    /// As `finish`, with a line break behind it.
    package mutating func finishLine() -> UnsafeRawBufferPointer {
        out.append("}\n")
        return out.written
    }

    /// A document of any size.
    /// - Parameter texts: bytes of all names and texts together.
    package static func bytes(
        status: HTTPStatus, title: String, texts: Int, _ members: (inout ProblemWriter) -> Void
    ) -> [UInt8] {
        // An escaped byte takes six at most; what stands around the members takes less than the rest.
        let (room, overflows) = (title.utf8.count + texts).multipliedReportingOverflow(by: 6)
        precondition(!overflows, "texts that are in memory are smaller than that")
        return withUnsafeTemporaryAllocation(byteCount: room + 1024, alignment: 1) { memory in
            var writer = ProblemWriter(memory, status: status, title: title)
            members(&writer)
            return Array(writer.finish())
        }
    }

    // MARK: Texts

    /// As JSON writes it (RFC 8259 7), in the least bytes; DEL as well, which a terminal would obey.
    private mutating func append(escaped text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): out.append(#"\""#)
            case UInt8(ascii: "\\"): out.append(#"\\"#)
            case 0x0A: out.append(#"\n"#)
            case 0x0D: out.append(#"\r"#)
            case 0x09: out.append(#"\t"#)
            case ..<0x20, 0x7F:
                out.append(byte < 0x10 ? "\\u000" : "\\u00")
                out.append(hex: UInt64(byte))
            default: out.append(byte: byte)
            }
        }
    }
}
