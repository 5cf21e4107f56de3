import HTTP
import Testing

struct ResponseCase: Sendable, CustomTestStringConvertible {
    let name: String
    let message: String
    let outcome: Outcome
    let clause: String
    var method = HTTPMethod.get

    enum Outcome: Equatable, Sendable {
        case framed(BodyFraming, keepAlive: Bool)
        case refused(HTTPViolation)
    }

    var testDescription: String { "\(name) (\(clause))" }

    static func ok(
        _ name: String, _ clause: String, _ message: String, _ framing: BodyFraming, keepAlive: Bool = true,
        answering method: HTTPMethod = .get
    ) -> ResponseCase {
        ResponseCase(
            name: name, message: message, outcome: .framed(framing, keepAlive: keepAlive), clause: clause,
            method: method)
    }

    static func no(_ name: String, _ violation: HTTPViolation, _ message: String) -> ResponseCase {
        ResponseCase(name: name, message: message, outcome: .refused(violation), clause: violation.clause.description)
    }
}

private let ok = "HTTP/1.1 200 OK\r\n"

let responseCases: [ResponseCase] = [
    .ok("length", "RFC 9112 6.2", ok + "Content-Length: 5\r\n\r\n", .length(5)),
    .ok("chunked", "RFC 9112 7.1", ok + "Transfer-Encoding: chunked\r\n\r\n", .chunked),
    .ok("until close", "RFC 9112 6.3", ok + "\r\n", .untilClose, keepAlive: false),
    .ok("close", "RFC 9112 9.3", ok + "Connection: close\r\nContent-Length: 0\r\n\r\n", .length(0), keepAlive: false),
    .ok("1.0 closes", "RFC 9112 9.3", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", .length(1), keepAlive: false),
    .ok(
        "1.0 kept alive", "RFC 9112 9.3", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: Keep-Alive\r\n\r\n",
        .length(1)),
    .ok("204", "RFC 9112 6.3", "HTTP/1.1 204 No Content\r\n\r\n", .none),
    .ok("204 with length 0", "RFC 9110 8.6", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", .none),
    .ok("304 with length", "RFC 9112 6.3", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", .none),
    .ok("HEAD with length", "RFC 9112 6.3", ok + "Content-Length: 9\r\n\r\n", .none, answering: .head),
    .ok("HEAD with chunked", "RFC 9112 6.3", ok + "Transfer-Encoding: chunked\r\n\r\n", .none, answering: .head),
    .ok("HEAD with neither", "RFC 9112 6.3", ok + "\r\n", .none, answering: .head),
    .ok("100", "RFC 9110 15.2", "HTTP/1.1 100 Continue\r\n\r\n", .none),
    .ok("no reason", "RFC 9112 4", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", .length(0)),
    .ok("no reason, no space", "RFC 9112 4", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", .length(0)),
    .ok("reason with obs-text", "RFC 9112 4", "HTTP/1.1 599 \u{e4}\t!\r\nContent-Length: 0\r\n\r\n", .length(0)),
    .no("status 600", .statusAbove599, "HTTP/1.1 600 X\r\n\r\n"),
    .no("status 099", .statusOutOfRange, "HTTP/1.1 099 X\r\n\r\n"),
    .no("status of two digits", .statusLineMalformed, "HTTP/1.1 20 OK\r\n\r\n"),
    .no("status of four digits", .statusLineMalformed, "HTTP/1.1 2000 OK\r\n\r\n"),
    .no("status with sign", .statusLineMalformed, "HTTP/1.1 +20 OK\r\n\r\n"),
    .no("two spaces", .statusLineMalformed, "HTTP/1.1  200 OK\r\n\r\n"),
    .no("tab behind the status", .statusLineMalformed, "HTTP/1.1 200\tOK\r\n\r\n"),
    .no("control byte in the reason", .statusLineMalformed, "HTTP/1.1 200 O\u{1}K\r\n\r\n"),
    .no("NUL in the reason", .statusLineMalformed, "HTTP/1.1 200 O\0K\r\n\r\n"),
    .no("bare LF", .bareLineFeed, "HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
    .no("bare CR", .bareCarriageReturn, "HTTP/1.1 200 OK\rContent-Length: 0\r\n\r\n"),
    .no("bare LF behind the status", .bareLineFeed, "HTTP/1.1 200\nContent-Length: 0\n\n"),
    .no("bare LF in the version", .bareLineFeed, "HTTP/1\n.1 200 OK\r\n\r\n"),
    .no("no space behind the version", .statusLineMalformed, "HTTP/1.1200 OK\r\n\r\n"),
    .no("letter as minor version", .versionMalformed, "HTTP/1.x 200 OK\r\n\r\n"),
    .no("Connection with quotes", .connectionMalformed, ok + "Connection: \"close\"\r\n\r\n"),
    .no("empty line before it", .versionMalformed, "\r\nHTTP/1.1 200 OK\r\n\r\n"),
    .no("HTTP/2.0", .versionNotSupported, "HTTP/2.0 200 OK\r\n\r\n"),
    .no("HTTP/1.2", .versionNotSupported, "HTTP/1.2 200 OK\r\n\r\n"),
    .no("no HTTP", .versionMalformed, "<html>hello</html>"),
    .no("bare LF among lines with CRLF", .lineEndsMixed, ok + "X: a\nContent-Length: 0\r\n\r\n"),
    .no("bare LF behind a folded line", .lineEndsMixed, ok + "X: a\r\n b\nContent-Length: 0\r\n\r\n"),
    .ok("folded line", "RFC 9112 5.2", ok + "X: a\r\n b\r\nContent-Length: 0\r\n\r\n", .length(0)),
    .ok("folded length", "RFC 9112 5.2", ok + "Content-Length:\r\n\t 12\r\n\r\n", .length(12)),
    .ok("space before the colon", "RFC 9112 5.1", ok + "Content-Length : 0\r\n\r\n", .length(0)),
    .ok("blanks before the colon", "RFC 9112 5.1", ok + "Transfer-Encoding\t : chunked\r\n\r\n", .chunked),
    .no("colon on a folded line", .fieldNameMalformed, ok + "X\r\n : a\r\n\r\n"),
    .no("colon on a folded line behind a repair", .spaceBeforeColon, ok + "A : b\r\nX\r\n : a\r\n\r\n"),
    .no("status line continued", .lineFolded, ok + " b\r\n\r\n"),
    .no("fold of blanks alone", .lineFolded, ok + "X: a\r\n \r\nContent-Length: 0\r\n\r\n"),
    .no("length of two folded numbers", .lengthMalformed, ok + "Content-Length: 1\r\n 2\r\n\r\n"),
    .no("space in a name", .spaceBeforeColon, ok + "X Y : a\r\n\r\n"),
    .no("nothing but a blank before the colon", .lineFolded, ok + " : a\r\n\r\n"),
    .no(
        "length and a coding with a blank", .lengthWithTransferEncoding,
        ok + "Content-Length: 5\r\nTransfer-Encoding : chunked\r\n\r\n"),
    .no(
        "length and a folded coding", .lengthWithTransferEncoding,
        ok + "Content-Length: 5\r\nTransfer-Encoding:\r\n chunked\r\n\r\n"),
    .no("NUL behind a fold", .fieldValueMalformed, ok + "X: a\r\n \0\r\n\r\n"),
    .no("bare CR behind a fold", .bareCarriageReturn, ok + "X: a\r\n b\rc\r\n\r\n"),
    .no("NUL in a value", .fieldValueMalformed, ok + "X: a\0\r\n\r\n"),
    .no(
        "length and chunked", .lengthWithTransferEncoding,
        ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
    .no("chunked in 1.0", .transferEncodingInHTTP10, "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    .no("identity", .transferEncodingIdentity, ok + "Transfer-Encoding: identity\r\n\r\n"),
    .no("gzip coding", .transferEncodingNotSupported, ok + "Transfer-Encoding: gzip\r\n\r\n"),
    .no("chunked not last", .transferEncodingMalformed, ok + "Transfer-Encoding: chunked, gzip\r\n\r\n"),
    .no("different lengths", .lengthsDiffer, ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"),
    .no("negative length", .lengthMalformed, ok + "Content-Length: -1\r\n\r\n"),
    .ok(
        "204 with length", "RFC 9112 6.3", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", .none,
        keepAlive: false),
    .ok(
        "204 chunked", "RFC 9112 6.3", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", .none,
        keepAlive: false),
    .no(
        "204 with two framings", .lengthWithTransferEncoding,
        "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
    .no("100 with length", .lengthForbidden, "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n"),
    .no("100 chunked", .transferEncodingForbidden, "HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n"),
]

/// What `Tolerance.legacy` changes, and what it does not.
let legacyResponseCases: [ResponseCase] = [
    .ok("lines in LF only", "RFC 9112 2.2", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", .length(0)),
    .ok("status line alone in LF", "RFC 9112 2.2", "HTTP/1.0 200\n\n", .untilClose, keepAlive: false),
    .ok("folds and blanks in LF", "RFC 9112 5", "HTTP/1.1 200 OK\nX : a\n\tb\nContent-Length : 1\n\n", .length(1)),
    .ok("status 600", "RFC 9110 15", "HTTP/1.1 600 X\r\nContent-Length: 0\r\n\r\n", .length(0)),
    .ok("status 999 in LF", "RFC 9110 15", "HTTP/1.1 999 X\nContent-Length: 2\n\n", .length(2)),
    .ok(
        "chunked in 1.0", "RFC 9112 6.1",
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n", .chunked, keepAlive: false),
    .ok("identity", "RFC 9112 7", ok + "Transfer-Encoding: Identity\r\n\r\n", .untilClose, keepAlive: false),
    .ok("identity with 204", "RFC 9112 6.3", "HTTP/1.1 204 X\r\nTransfer-Encoding: identity\r\n\r\n", .none),
    .no(
        "identity and length", .lengthWithTransferEncoding,
        ok + "Content-Length: 5\r\nTransfer-Encoding: identity\r\n\r\n"),
    .no(
        "identity and chunked", .transferEncodingMalformed,
        ok + "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n"),
    .no("identity in a list", .transferEncodingNotSupported, ok + "Transfer-Encoding: identity, chunked\r\n\r\n"),
    .no("LF, then CRLF", .lineEndsMixed, "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"),
    .no("CRLF, then LF", .lineEndsMixed, "HTTP/1.1 200 OK\r\nContent-Length: 0\n\n"),
    .no("LF with a CR inside", .lineEndsMixed, "HTTP/1.1 200 OK\nX: a\rb\n\n"),
    .no("CRLF CRLF behind LF", .lineEndsMixed, "HTTP/1.1 200 OK\nX: a\n\r\n"),
    .no(
        "two framings in LF", .lengthWithTransferEncoding,
        "HTTP/1.1 200 OK\nContent-Length: 5\nTransfer-Encoding: chunked\n\n"),
    .no(
        "chunked in 1.0 and a length", .lengthWithTransferEncoding,
        "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
    .no("different lengths", .lengthsDiffer, "HTTP/1.1 200 OK\nContent-Length: 5\nContent-Length: 6\n\n"),
    .no("status 099", .statusOutOfRange, "HTTP/1.1 099 X\r\n\r\n"),
    .no("100 with length", .lengthForbidden, "HTTP/1.1 100 Continue\nContent-Length: 5\n\n"),
    .no("NUL in a value", .fieldValueMalformed, "HTTP/1.1 200 OK\nX: a\0\n\n"),
]

@Suite struct ResponseHeadParserTests {
    @Test(arguments: responseCases)
    func `accepts and refuses by the table, in pieces of any size`(_ item: ResponseCase) {
        check(item, .strict)
    }

    @Test(arguments: legacyResponseCases)
    func `a tolerant reading accepts what has one meaning`(_ item: ResponseCase) { check(item, .legacy) }

    @Test(arguments: responseCases.filter { if case .framed = $0.outcome { true } else { false } })
    func `a tolerant reading reads well-formed heads alike`(_ item: ResponseCase) { check(item, .legacy) }

    @Test(arguments: responseCases + legacyResponseCases, [Tolerance.strict, .legacy])
    func `a second reader agrees`(_ item: ResponseCase, _ tolerance: Tolerance) {
        let parser = ResponseHeadParser(tolerance: tolerance)
        let bytes = latin1(item.message)
        let plain = PlainReader.response(bytes, isOld: tolerance == .legacy)
        bytes.withUnsafeBytes {
            guard case .complete = parser.parse($0, answering: .get) else {
                #expect(plain == nil)
                return
            }
            let fields = Reforwarding.fields(parser.fields, parser.source($0))
            #expect(fields.map(\.name) == plain?.fields.map(\.name))
            #expect(fields.map(\.value) == plain?.fields.map(\.value))
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nName : value\r\nB: 1\r\n\r\n", "Name: value\r\nB: 1\r\n"),
        ("HTTP/1.1 200 OK\r\nA: 1 \r\n \t2\r\n  3\r\nB: 1\r\n\r\n", "A: 1 2 3\r\nB: 1\r\n"),
        ("HTTP/1.1 200 OK\nA: 1\nB : 2\n 3\n\n", "A: 1\r\nB: 2 3\r\n"),
    ])
    func `what is repaired is passed on in its strict form`(_ message: String, _ lines: String) {
        let parser = ResponseHeadParser(tolerance: .legacy)
        let bytes = latin1(message)
        bytes.withUnsafeBytes {
            #expect(parser.parse($0, answering: .get) == .complete(headLength: bytes.count))
            let source = parser.source($0)
            #expect(String(decoding: parser.fields.lines.slice(of: source), as: UTF8.self) == lines)
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\nA: b\n\n", 1), ("HTTP/1.1 600 OK\r\n\r\n", 1), (ok + "A: b\r\nB: \0\r\n\r\n", 3),
        (ok + "A: b\r\n c\r\n \r\n\r\n", 3), (ok + "A: b\r\nB: c\nC: d\r\n\r\n", 3),
        (ok + "A: b\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 4),
        (ok + "Transfer-Encoding: chunked\r\nA: b\r\nContent-Length: 2\r\n\r\n", 2),
        (ok + "A : b\r\nConnection: \"\r\n\r\n", 3),
    ])
    func `the line that breaks a rule is named`(_ message: String, _ line: Int) {
        let parser = ResponseHeadParser()
        let bytes = latin1(message)
        let result = bytes.withUnsafeBytes { parser.parse($0, answering: .get) }
        if case .invalid = result {} else { Issue.record("\(result)") }
        #expect(parser.brokenLine == line)
        var progress = HeadProgress()
        for count in 1...bytes.count {
            let piece = bytes[..<count].withUnsafeBytes { parser.parse($0, answering: .get, resuming: &progress) }
            if case .invalid = piece { break }
        }
        #expect(parser.brokenLine == line, "in pieces")
    }

    private func check(_ item: ResponseCase, _ tolerance: Tolerance) {
        let parser = ResponseHeadParser(tolerance: tolerance)
        let bytes = latin1(item.message)
        let whole = bytes.withUnsafeBytes { parser.parse($0, answering: item.method) }
        switch item.outcome {
        case .refused(let violation): #expect(whole == .invalid(violation))
        case .framed(let framing, let keepAlive):
            #expect(whole == .complete(headLength: bytes.count))
            #expect(parser.head.framing == framing)
            #expect(parser.head.keepAlive == keepAlive)
        }
        for step in 1...5 {
            var progress = HeadProgress()
            var result = HeadParseResult.needMoreBytes
            var count = 0
            while result == .needMoreBytes, count < bytes.count {
                count = min(count + step, bytes.count)
                result = bytes[..<count].withUnsafeBytes {
                    parser.parse($0, answering: item.method, resuming: &progress)
                }
            }
            #expect(result == whole, "in pieces of \(step)")
        }
    }

    @Test func `an endless status line is refused before its end`() {
        let bytes = latin1("HTTP/1.1 200 " + String(repeating: "a", count: 9000))
        #expect(bytes.withUnsafeBytes { ResponseHeadParser().parse($0, answering: .get) } == .invalid(.headTooLarge))
    }

    @Test func `no bytes are no head yet`() {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        #expect(ResponseHeadParser().parse(nothing, answering: .get) == .needMoreBytes)
    }

    @Test func `the length that a HEAD answer declares is kept`() {
        let parser = ResponseHeadParser()
        _ = latin1("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n").withUnsafeBytes {
            parser.parse($0, answering: .head)
        }
        #expect(parser.head.declaredLength == 9)
        _ = latin1("HTTP/1.1 204 X\r\nContent-Length: 0\r\n\r\n").withUnsafeBytes { parser.parse($0, answering: .get) }
        #expect(parser.head.declaredLength == nil)
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK fine\r\n\r\n", "OK fine"), ("HTTP/1.1 200 \r\n\r\n", ""), ("HTTP/1.1 200\r\n\r\n", ""),
    ])
    func `the reason is what stands behind the code`(_ message: String, _ reason: String) {
        let parser = ResponseHeadParser()
        let bytes = latin1(message)
        bytes.withUnsafeBytes {
            _ = parser.parse($0, answering: .get)
            #expect(String(decoding: parser.head.reason.slice(of: $0), as: UTF8.self) == reason)
        }
    }

    @Test func `interim and switching answers are told apart`() {
        let parser = ResponseHeadParser()
        _ = latin1("HTTP/1.1 103 Early Hints\r\n\r\n").withUnsafeBytes { parser.parse($0, answering: .get) }
        #expect(parser.head.isInterim)
        let switching = "HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n\r\n"
        _ = latin1(switching).withUnsafeBytes { parser.parse($0, answering: .get) }
        #expect(!parser.head.isInterim)
        #expect(parser.head.isWebSocketUpgrade)
    }
}
