import HTTP
import Testing

@Suite struct OutgoingRequestTests {
    /// The head in HTTP/1.1.
    private func head(
        _ parts: [String], moreLines: StaticString = "", body: BodyLength = .none, asksUpgrade: Bool = false,
        isLast: Bool = false
    ) -> String {
        let ends = parts.indices.map { parts[...$0].joined().utf8.count }
        return Array(parts.joined().utf8).withUnsafeBytes { bytes in
            let request = OutgoingRequest(
                bytes: bytes, methodEnd: ends[0], targetEnd: ends[1], authorityEnd: ends[2], moreLines: moreLines,
                method: .get, body: body, asksUpgrade: asksUpgrade)
            let found = [request.methodName, request.target, request.authority, request.lines]
            #expect(found.map { String(decoding: $0, as: UTF8.self) } == parts)
            return withUnsafeTemporaryAllocation(byteCount: request.headBytes, alignment: 1) { room in
                var writer = HeadWriter(room)
                request.writeHead(to: &writer, isLast: isLast)
                #expect(!writer.hasOverflowed)
                return String(decoding: writer.written, as: UTF8.self)
            }
        }
    }

    @Test(
        arguments: [
            (.none, ""), (.length(0), "content-length: 0\r\n"), (.length(12), "content-length: 12\r\n"),
            (.length(.max), "content-length: \(UInt64.max)\r\n"), (.unknown, "transfer-encoding: chunked\r\n"),
        ] as [(BodyLength, String)])
    func `a connection of HTTP/1 adds the request line, Host and the framing`(body: BodyLength, fields: String) {
        #expect(
            head(["PUT", "/a?b=1", "h:80", "a: 1\r\nb: 2\r\n"], body: body)
                == "PUT /a?b=1 HTTP/1.1\r\nhost: h:80\r\na: 1\r\nb: 2\r\n\(fields)\r\n")
    }

    @Test func `an upstream is told that nothing follows, unless the connection is to change its protocol`() {
        #expect(head(["GET", "/", "h", ""], isLast: true) == "GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
        #expect(!head(["GET", "/", "h", ""], asksUpgrade: true, isLast: true).contains("close"))
    }

    @Test func `lines of one sending stand behind all others`() {
        #expect(
            head(["GET", "/", "h", ""], moreLines: "m: 1\r\n", asksUpgrade: true)
                == "GET / HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: websocket\r\nm: 1\r\n\r\n")
    }

    @Test(
        arguments: [
            (BodyFraming.none, BodyLength.none, true), (.length(0), .length(0), true), (.length(5), .length(5), false),
            (.chunked, .unknown, false), (.untilClose, .unknown, false),
        ])
    func `what a head says of its body has a form without a version`(
        framing: BodyFraming, length: BodyLength, isEmpty: Bool
    ) {
        #expect(BodyLength(framing) == length)
        #expect(length.isEmpty == isEmpty)
    }
}

@Suite struct FieldLineParserTests {
    private let parser = FieldLineParser(limits: HeadLimits(fields: 3), reservedPrefix: "x-strangler-")

    private func parse(_ text: String) -> Bool { latin1(text).withUnsafeBytes { parser.parse($0) } }

    @Test func `lines without a start line are found like those of a head`() {
        let text = "Cookie: a=b\r\nx-own:\t1 \r\nX-Strangler-Side: service\r\n\r\n"
        #expect(parse(text))
        #expect(parser.fields.count == 3)
        #expect(parser.fields.present.contains(.cookie))
        #expect(parser.fields.present.contains(.reserved))
        let value = parser.fields[1].value
        #expect(latin1(text).withUnsafeBytes { String(decoding: value.slice(of: $0), as: UTF8.self) } == "1")
        #expect(parse("\r\n"))
        #expect(parser.fields.count == 0)
        #expect(!parser.parse(UnsafeRawBufferPointer(start: nil, count: 0)))
    }

    @Test(arguments: [
        "", "a: 1\r\n", "a: 1\r\n\r", "a: 1\r\n\r\nb", "a : 1\r\n\r\n", "a: 1\nb: 2\r\n\r\n", " a: 1\r\n\r\n",
        "a: 1\r\nb: 1\r\nc: 1\r\nd: 1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
    ])
    func `anything else is refused whole`(_ text: String) {
        #expect(!parse(text))
    }
}
