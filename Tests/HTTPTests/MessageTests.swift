import HTTP
import TestSupport
import Testing

@Suite struct MessageTests {
    @Test(arguments: [
        (Int64(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (-5, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (Int64.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ])
    func `a date is written as RFC 9110 wants it`(_ seconds: Int64, _ text: String) {
        #expect(HTTPDate.string(seconds) == text)
    }

    @Test func `the date line follows the second`() {
        var line = HTTPDateLine()
        var buffer = [UInt8](repeating: 0, count: 256)
        buffer.withUnsafeMutableBytes {
            var writer = HeadWriter($0)
            for second: Int64 in [784_111_777, 784_111_777, 784_111_778] { line.append(second, to: &writer) }
            let first = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            #expect(
                String(decoding: writer.written, as: UTF8.self) == first + first
                    + "date: Sun, 06 Nov 1994 08:49:38 GMT\r\n")
        }
    }

    @Test func `a status line has every code's three digits, and does not pass its buffer's end`() {
        for code in UInt16(100)...999 {
            let status = HTTPStatus(code)
            #expect(write { $0.appendStatusLine(status) } == "HTTP/1.1 \(code) \(status.reason)\r\n")
        }
        for size in 0..<17 {
            withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { memory in
                var writer = HeadWriter(memory)
                writer.appendStatusLine(.ok)
                #expect(writer.hasOverflowed)
                #expect(writer.count <= size)
            }
        }
    }

    @Test func `fields compare without regard to case and keep their order`() {
        var fields: HTTPFields = ["A": "1", "b": "2", "a": "3"]
        #expect(fields["a"] == "1")
        #expect(fields.all("A") == ["1", "3"])
        fields["a"] = "4"
        #expect(fields.map(\.name) == ["b", "a"])
        fields["B"] = nil
        #expect(fields.map(\.value) == ["4"])
    }

    @Test(arguments: [("a", "b\r\nc: d"), ("a b", "c"), ("", "c"), ("a", "\0"), ("a:", "b"), ("a", "b\u{7f}")])
    func `a field that would forge lines is not written`(_ name: String, _ value: String) {
        #expect(!HTTPFields.isValid(name: name, value: value))
        let response = HTTPResponse(fields: [name: value, "x": "y"], body: Array("hi".utf8))
        #expect(write { response.writeHead(to: &$0) } == "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx: y\r\n\r\n")
    }

    @Test func `messages frame themselves`() {
        let noContent = HTTPResponse(status: .noContent, fields: ["Content-Length": "5"])
        #expect(write { noContent.writeHead(to: &$0) } == "HTTP/1.1 204 No Content\r\n\r\n")
        let post = HTTPRequest(method: "POST", target: "/a", host: "h", fields: ["Host": "evil", "X": "1"])
        var isWritten = false
        let text = write { writer in isWritten = post.withOutgoing(limit: 100) { $0.writeHead(to: &writer) } }
        #expect(isWritten)
        #expect(text == "POST /a HTTP/1.1\r\nhost: h\r\nX: 1\r\ncontent-length: 0\r\n\r\n")
        for bad in [
            HTTPRequest(target: "/a b"), HTTPRequest(method: "G T"), HTTPRequest(target: ""),
            HTTPRequest(host: "a\r\nb"), HTTPRequest(target: "/" + String(repeating: "a", count: 100)),
        ] {
            let nothing = write { writer in isWritten = bad.withOutgoing(limit: 100) { $0.writeHead(to: &writer) } }
            #expect(!isWritten)
            #expect(nothing.isEmpty)
        }
    }

    @Test(arguments: HTTPViolation.allCases)
    func `every violation says what, why and which answer`(_ violation: HTTPViolation) {
        #expect([400, 405, 408, 413, 414, 417, 431, 501, 505].contains(violation.status.rawValue))
        #expect(!violation.reason.description.isEmpty)
        #expect(violation.clause.description.hasPrefix("RFC "))
    }

    @Test func `whole messages are read one behind the other`() {
        let bytes = latin1(
            "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhiGET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nrest"
        )
        let read = WholeMessages(requests: bytes)
        #expect(read.messages.map(\.start) == [["POST", "/a", "HTTP/1.1"], ["GET", "/b", "HTTP/1.1"]])
        #expect(read.messages.first?.body == latin1("hi"))
        #expect(read.end == .closing)
        #expect(read.used == bytes.count - 4)
    }

    private func write(_ body: (inout HeadWriter) -> Void) -> String {
        var buffer = [UInt8](repeating: 0, count: 1024)
        return buffer.withUnsafeMutableBytes {
            var writer = HeadWriter($0)
            body(&writer)
            return String(decoding: writer.written, as: UTF8.self)
        }
    }
}
