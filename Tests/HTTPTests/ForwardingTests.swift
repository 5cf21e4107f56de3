import HTTP
import Testing

@Suite struct ForwardingTests {
    private func forward(_ message: String, cutting cut: FieldSet = .cutFromRequest) throws -> String {
        let parser = RequestHeadParser(reservedPrefix: "x-strangler-")
        let bytes = latin1(message)
        return try bytes.withUnsafeBytes { head in
            try #require(parser.parse(head) == .complete(headLength: bytes.count))
            var buffer = [UInt8](repeating: 0, count: 4096)
            return buffer.withUnsafeMutableBytes {
                var writer = HeadWriter($0)
                writer.copyFields(of: parser.fields, from: head, cutting: cut)
                return String(decoding: writer.written, as: UTF8.self)
            }
        }
    }

    private let start = "GET / HTTP/1.1\r\nHost: a\r\n"

    @Test(arguments: [
        "Connection: close", "Keep-Alive: 5", "Proxy-Connection: x", "TE: trailers", "Trailer: x", "Upgrade: h2c",
        "HTTP2-Settings: x", "Content-Length: 0", "Transfer-Encoding: chunked", "Proxy: http://x", "PROXY: x",
        "X_Forwarded_For: 1", "x_forwarded-proto: 1", "X-Forwarded_Anything: 1", "x_real_ip: 1", "X_Request_Id: 1",
        "Content_Length: 5", "transfer_encoding: chunked", "Keep_Alive: 1", "proxy_connection: x",
        "X_Strangler_Side: 1",
        "x-strangler_mirror: 1", "Proxy_Authorization: x", "x-strangler-side: service", "X-Strangler-Mirror: 1",
        "Proxy-Authorization: x",
    ])
    func `what is meant for this hop or not to be trusted is cut`(_ line: String) throws {
        #expect(try forward(start + "A: 1\r\n" + line + "\r\nB: 2\r\n\r\n") == "A: 1\r\nB: 2\r\n")
        #expect(try forward(start + line + "\r\n\r\n") == "")
    }

    @Test func `lines that stay are copied in order and as they came`() throws {
        let lines = "Accept:  */* \r\ncookie: a=b\r\nX-Own:\r\nAccept: text/html\r\n"
        #expect(try forward(start + lines + "\r\n") == lines)
    }

    @Test(arguments: ["x_own: 1", "user_id: 1", "X_Forward: 1", "x_request: 1", "_: 1", "If_Match: x", "x_stranger: 1"])
    func `a name with an underscore passes when it is like no name of ours`(_ line: String) throws {
        #expect(try forward(start + line + "\r\n\r\n") == line + "\r\n")
    }

    @Test func `long names with an underscore are looked at by their beginning`() throws {
        let long = String(repeating: "a", count: 100)
        #expect(try forward(start + "x_strangler_\(long): 1\r\nb_\(long): 1\r\n\r\n") == "b_\(long): 1\r\n")
    }

    @Test func `Connection removes unknown fields and those of the hop`() throws {
        let lines = "A: 1\r\nConnection: x-own, X-OTHER\r\nX-Own: 1\r\nB: 2\r\nx-other: 1\r\nX-Own: 2\r\nX-Owner: 3\r\n"
        #expect(try forward(start + lines + "\r\n") == "A: 1\r\nB: 2\r\nX-Owner: 3\r\n")
    }

    @Test(arguments: [
        "Authorization", "Cookie", "X-Forwarded-For", "X-Real-IP", "Cache-Control", "Content-Type", "Via", "Forwarded",
    ])
    func `Connection cannot take away a known end-to-end field`(_ name: String) throws {
        #expect(try forward(start + "Connection: \(name)\r\n\(name): x\r\n\r\n") == "\(name): x\r\n")
    }

    @Test func `Connection cannot take away Host or the length`() throws {
        let parser = RequestHeadParser()
        let bytes = latin1(
            "POST / HTTP/1.1\r\nHost: a\r\nConnection: host, content-length\r\nContent-Length: 3\r\n\r\n")
        #expect(bytes.withUnsafeBytes { parser.parse($0) } == .complete(headLength: bytes.count))
        #expect(parser.head.framing == .length(3))
        #expect(!parser.fields.hasNominated)
    }

    @Test func `forwarding fields are cut when the peer is not trusted`() throws {
        let lines = "Forwarded: for=x\r\nX-Forwarded-For: x\r\nA: 1\r\nX-Forwarded-Proto: x\r\nX-Forwarded-Host: x\r\n"
        #expect(try forward(start + lines + "\r\n", cutting: FieldSet.cutFromRequest.union(.forwarding)) == "A: 1\r\n")
    }

    @Test(arguments: acceptedRequests)
    func `a forwarded head reads as the same message`(_ item: RequestCase) {
        let parser = RequestHeadParser()
        let bytes = latin1(item.message)
        bytes.withUnsafeBytes {
            #expect(parser.parse($0) == .complete(headLength: bytes.count))
            #expect(PlainReader.request(bytes) == Reforwarding.plain(parser, $0))
            #expect(Reforwarding.requestDifference(parser, $0) == nil)
        }
    }

    @Test func `a writer never passes its buffer and says so`() {
        for size in 0..<20 {
            var buffer = [UInt8](repeating: 0xEE, count: 64)
            buffer.withUnsafeMutableBytes { all in
                var writer = HeadWriter(UnsafeMutableRawBufferPointer(rebasing: all[..<size]))
                writer.append("HTTP/1.1 ")
                writer.append(decimal: 12345)
                writer.append(byte: 0x20)
                writer.append(hex: 0xBEEF)
                #expect(writer.hasOverflowed == (size < 19))
                #expect(writer.count <= size)
            }
            #expect(buffer[size...].allSatisfy { $0 == 0xEE })
        }
    }

    @Test(arguments: [
        (UInt64(0), "0", "0"), (9, "9", "9"), (16, "16", "10"),
        (UInt64.max, "18446744073709551615", "ffffffffffffffff"),
    ])
    func `numbers are written in full`(_ value: UInt64, _ decimal: String, _ hex: String) {
        var buffer = [UInt8](repeating: 0, count: 64)
        buffer.withUnsafeMutableBytes {
            var writer = HeadWriter($0)
            writer.append(decimal: value)
            writer.append(" ")
            writer.append(hex: value)
            #expect(String(decoding: writer.written, as: UTF8.self) == "\(decimal) \(hex)")
        }
    }
}
