import HTTP
import Testing

@Suite struct HeadLimitTests {
    @Test func `an answer that is repaired has the same limit`() {
        let parser = ResponseHeadParser(limits: HeadLimits(head: 60))
        let head = latin1("HTTP/1.1 200 OK\r\nA : b\r\nX: " + String(repeating: "x", count: 60))
        #expect(head.withUnsafeBytes { parser.parse($0, answering: .get) } == .invalid(.headTooLarge))
    }

    private func parse(_ message: String, _ limits: HeadLimits = HeadLimits()) -> HeadParseResult {
        latin1(message).withUnsafeBytes { RequestHeadParser(limits: limits).parse($0) }
    }

    private func target(ofLine count: Int) -> String {
        "/" + String(repeating: "a", count: count - "GET / HTTP/1.1".utf8.count)
    }

    @Test func `a request line of the limit passes and one byte more is 414`() {
        let fits = "GET \(target(ofLine: 8192)) HTTP/1.1\r\nHost: a\r\n\r\n"
        #expect(parse(fits) == .complete(headLength: fits.utf8.count))
        #expect(parse("GET \(target(ofLine: 8193)) HTTP/1.1\r\nHost: a\r\n\r\n") == .invalid(.requestLineTooLong))
        #expect(HTTPViolation.requestLineTooLong.status == HTTPStatus(414))
    }

    @Test func `an endless request line is refused before its end`() {
        #expect(parse("GET /" + String(repeating: "a", count: 9000)) == .invalid(.requestLineTooLong))
        #expect(parse(String(repeating: "A", count: 9000)) == .invalid(.requestLineTooLong))
    }

    @Test func `a field line of the limit passes and one byte more is 431`() {
        let start = "GET / HTTP/1.1\r\nHost: a\r\n"
        let fits = start + "X:" + String(repeating: "a", count: 16382) + "\r\n\r\n"
        #expect(parse(fits) == .complete(headLength: fits.utf8.count))
        #expect(parse(start + "X:" + String(repeating: "a", count: 16383) + "\r\n\r\n") == .invalid(.fieldTooLong))
        #expect(parse(start + "X:" + String(repeating: "a", count: 20000)) == .invalid(.fieldTooLong))
        #expect(parse(start + String(repeating: "a", count: 20000)) == .invalid(.fieldTooLong))
        #expect(HTTPViolation.fieldTooLong.status == HTTPStatus(431))
    }

    @Test func `a head of the limit passes and one byte more is 431`() {
        let limits = HeadLimits(head: 100)
        let start = "GET / HTTP/1.1\r\nHost: a\r\nX:"
        let fits = start + String(repeating: "a", count: 100 - start.utf8.count - 4) + "\r\n\r\n"
        #expect(fits.utf8.count == 100)
        #expect(parse(fits, limits) == .complete(headLength: 100))
        let over = start + String(repeating: "a", count: 101 - start.utf8.count - 4) + "\r\n\r\n"
        #expect(parse(over, limits) == .invalid(.headTooLarge))
    }

    @Test func `a head that is too large for its first line is 431`() {
        #expect(parse("GET /" + String(repeating: "a", count: 200), HeadLimits(head: 100)) == .invalid(.headTooLarge))
    }

    @Test(arguments: [128, 129]) func `128 field lines pass and 129 are 431`(_ count: Int) {
        let fields = (1..<count).map { "X-\($0): \($0)\r\n" }.joined()
        let message = "GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
        #expect(parse(message) == (count == 128 ? .complete(headLength: message.utf8.count) : .invalid(.tooManyFields)))
    }

    @Test(arguments: [
        "GET /" + String(repeating: "a", count: 9000),
        "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 33000),
    ])
    func `limits do not depend on the pieces`(_ message: String) {
        let parser = RequestHeadParser()
        let bytes = latin1(message)
        let whole = bytes.withUnsafeBytes { parser.parse($0) }
        var progress = HeadProgress()
        var result = HeadParseResult.needMoreBytes
        for count in stride(from: 100, through: bytes.count, by: 100) where result == .needMoreBytes {
            result = bytes[..<count].withUnsafeBytes { parser.parse($0, resuming: &progress) }
        }
        #expect(result == whole)
    }
}
