/// A request on its way to an upstream: the parts that every version of HTTP sends, in no version's form. It refers to
/// bytes that lie elsewhere.
///
/// The same value can be sent to upstreams that speak different versions, one after the other. It is valid as long as
/// its bytes.
package struct OutgoingRequest {
    /// Method, target, authority and field lines, one behind the other.
    let bytes: UnsafeRawBufferPointer
    let methodEnd: Int
    let targetEnd: Int
    let authorityEnd: Int
    /// Further field lines, for this attempt only.
    let moreLines: StaticString
    package let method: HTTPMethod
    package let body: BodyLength
    /// It asks for a WebSocket, so 101 is a valid response.
    package let asksUpgrade: Bool
    /// An upper bound of the bytes of the head in HTTP/1.1.
    package let headBytes: Int

    /// - Parameters:
    ///   - bytes: The method's token; path and query, or `*`; host and port, never empty; then field lines, each with
    ///     CRLF: nothing that frames the body or concerns one hop only, and no `Host`.
    ///   - methodEnd: Offset behind the method, at most `targetEnd`; and so on.
    package init(
        bytes: UnsafeRawBufferPointer, methodEnd: Int, targetEnd: Int, authorityEnd: Int,
        moreLines: StaticString = "", method: HTTPMethod, body: BodyLength, asksUpgrade: Bool = false
    ) {
        precondition(
            0 <= methodEnd && methodEnd <= targetEnd && targetEnd <= authorityEnd && authorityEnd <= bytes.count)
        self.bytes = bytes
        self.methodEnd = methodEnd
        self.targetEnd = targetEnd
        self.authorityEnd = authorityEnd
        self.moreLines = moreLines
        self.method = method
        self.body = body
        self.asksUpgrade = asksUpgrade
        headBytes = bytes.count + moreLines.utf8CodeUnitCount + Self.headOverhead
    }

    /// Version, `host`, framing, upgrade, line ends.
    private static let headOverhead = 192

    package var methodName: UnsafeRawBufferPointer { part(0, methodEnd) }
    package var target: UnsafeRawBufferPointer { part(methodEnd, targetEnd) }
    package var authority: UnsafeRawBufferPointer { part(targetEnd, authorityEnd) }
    package var lines: UnsafeRawBufferPointer { part(authorityEnd, bytes.count) }

    /// Offsets that `init` has checked.
    @inline(__always)
    private func part(_ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes.baseAddress.map { $0 + start }, count: end &- start)
    }

    /// Appends the head in HTTP/1.1: request line, `Host`, lines, framing, and its final empty line.
    /// - Parameter isLast: No other request follows on the connection, and the upstream is told so.
    package func writeHead(to writer: inout HeadWriter, isLast: Bool = false) {
        writer.append(methodName)
        writer.append(byte: Ascii.space)
        writer.append(target)
        writer.append(" HTTP/1.1\r\nhost: ")
        writer.append(authority)
        writer.append("\r\n")
        writer.append(lines)
        writer.appendFraming(BodyFraming(ofRequest: body))
        if asksUpgrade {
            writer.append(HeadWriter.upgradeLines)
        } else if isLast {
            writer.append("connection: close\r\n")
        }
        writer.append(moreLines)
        writer.append("\r\n")
    }
}
