import HTTP
import Testing

struct ChunkedCase: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: String
    /// The decoded body when it ends, nil when more bytes are needed.
    var body: String?
    var violation: HTTPViolation?
    /// Bytes behind the end.
    var rest = 0

    var testDescription: String { name }
}

let chunkedCases: [ChunkedCase] = [
    .init(name: "empty body", bytes: "0\r\n\r\n", body: ""),
    .init(name: "two chunks", bytes: "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", body: "hello world"),
    .init(
        name: "size in any case", bytes: "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", body: "01234567890123456789"
    ),
    .init(name: "sixteen digits", bytes: "0000000000000001\r\nx\r\n0000\r\n\r\n", body: "x"),
    .init(name: "bytes of the next message", bytes: "1\r\nx\r\n0\r\n\r\nGET", body: "x", rest: 3),
    .init(name: "extension with a value of several letters", bytes: "1;a=bcd\r\nx\r\n0\r\n\r\n", body: "x"),
    .init(name: "extensions", bytes: "1;a;b=c;d=\"e;\\\"f\t\"\r\nx\r\n0;last\r\n\r\n", body: "x"),
    .init(name: "trailers", bytes: "1\r\nx\r\n0\r\nA: b\r\nC:\r\n\r\n", body: "x"),
    .init(name: "chunk data may look like chunks", bytes: "7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n", body: "0\r\n\r\n\r\n"),
    .init(name: "not whole", bytes: "5\r\nhel"),
    .init(name: "no empty line behind the last chunk", bytes: "0\r\n"),
    .init(name: "no digits", bytes: "\r\n", violation: .chunkSizeMalformed),
    .init(name: "seventeen digits", bytes: "00000000000000001\r\n", violation: .chunkSizeMalformed),
    .init(name: "plus", bytes: "+1\r\nx", violation: .chunkSizeMalformed),
    .init(name: "minus", bytes: "-1\r\nx", violation: .chunkSizeMalformed),
    .init(name: "prefix", bytes: "0x1\r\nx", violation: .chunkSizeMalformed),
    .init(name: "underscore", bytes: "1_0\r\nx", violation: .chunkSizeMalformed),
    .init(name: "space before", bytes: " 1\r\nx", violation: .chunkSizeMalformed),
    .init(name: "space behind", bytes: "1 \r\nx", violation: .chunkSizePadded),
    .init(name: "tab before extension", bytes: "1\t;a\r\nx", violation: .chunkSizePadded),
    .init(name: "2^63", bytes: "8000000000000000\r\n", violation: .chunkSizeTooLarge),
    .init(name: "2^64-1", bytes: "ffffffffffffffff\r\n", violation: .chunkSizeTooLarge),
    .init(name: "bare LF behind size", bytes: "1\nx", violation: .bareLineFeed),
    .init(name: "bare CR behind size", bytes: "1\rx", violation: .bareCarriageReturn),
    .init(name: "CR CR LF", bytes: "1\r\r\nx", violation: .bareCarriageReturn),
    .init(name: "data too long", bytes: "1\r\nxy\r\n", violation: .chunkNotTerminated),
    .init(name: "bare LF behind data", bytes: "1\r\nx\n0\r\n\r\n", violation: .chunkNotTerminated),
    .init(name: "bare CR behind data", bytes: "1\r\nx\r0\r\n", violation: .chunkNotTerminated),
    .init(name: "extension without name", bytes: "1;\r\nx", violation: .chunkExtensionMalformed),
    .init(name: "extension with bare LF", bytes: "1;a\nx", violation: .bareLineFeed),
    .init(name: "extension with bare LF in quotes", bytes: "1;a=\"\n\"", violation: .bareLineFeed),
    .init(name: "extension with CR in quotes", bytes: "1;a=\"\r\n", violation: .chunkExtensionMalformed),
    .init(name: "extension with NUL", bytes: "1;a=\0\r\n", violation: .chunkExtensionMalformed),
    .init(name: "extension with empty value", bytes: "1;a=\r\n", violation: .chunkExtensionMalformed),
    .init(
        name: "extension of 257 bytes", bytes: "1;" + String(repeating: "a", count: 256),
        violation: .chunkExtensionTooLong),
    .init(
        name: "extension whose 257th byte is a semicolon", bytes: "1;" + String(repeating: "a", count: 255) + ";",
        violation: .chunkExtensionTooLong),
    .init(
        name: "extension with NUL behind a backslash", bytes: "1;a=\"\\\0\"\r\n", violation: .chunkExtensionMalformed),
    .init(name: "trailer folded", bytes: "0\r\nA: b\r\n c\r\n\r\n", violation: .trailerMalformed),
    .init(name: "trailer without colon", bytes: "0\r\nA\r\n\r\n", violation: .trailerMalformed),
    .init(name: "trailer without name", bytes: "0\r\n: a\r\n\r\n", violation: .trailerMalformed),
    .init(name: "trailer with space before colon", bytes: "0\r\nA : b\r\n\r\n", violation: .trailerMalformed),
    .init(name: "trailer with NUL", bytes: "0\r\nA: \0\r\n\r\n", violation: .trailerMalformed),
    .init(name: "trailer with bare LF", bytes: "0\r\nA: b\nC: d\r\n\r\n", violation: .bareLineFeed),
    .init(name: "trailer with bare CR", bytes: "0\r\nA: b\rC: d\r\n\r\n", violation: .bareCarriageReturn),
    .init(name: "end with bare LF", bytes: "0\r\n\n", violation: .bareLineFeed),
    .init(name: "end with bare CR", bytes: "0\r\n\rX", violation: .bareCarriageReturn),
    .init(
        name: "trailers of 8 KiB and a byte", bytes: "0\r\nA:" + String(repeating: "x", count: 8191),
        violation: .trailerTooLarge),
]

@Suite struct ChunkedDecoderTests {
    private struct Outcome: Equatable {
        var body: [UInt8] = []
        var event = ChunkedDecoder.Event.needMoreBytes
        var rest = 0
    }

    private func decode(_ bytes: [UInt8], step: Int, _ tolerance: Tolerance? = nil) -> Outcome {
        var decoder = ChunkedDecoder(tolerance: tolerance)
        var outcome = Outcome()
        var start = 0
        while start < bytes.count {
            let piece = Array(bytes[start..<min(start + step, bytes.count)])
            var offset = 0
            var isData = true
            while isData {
                outcome.event = piece.withUnsafeBytes { decoder.next($0, at: &offset) }
                isData = false
                if case .data(let range) = outcome.event {
                    outcome.body += piece[range]
                    isData = true
                }
                if outcome.event == .end { outcome.rest = bytes.count - start - offset }
            }
            if outcome.event != .needMoreBytes { return outcome }
            start += piece.count
        }
        return outcome
    }

    @Test(arguments: chunkedCases)
    func `decodes by the table, in pieces of any size`(_ item: ChunkedCase) {
        let bytes = latin1(item.bytes)
        let whole = decode(bytes, step: bytes.count)
        if let violation = item.violation {
            #expect(whole.event == .invalid(violation))
        } else if let body = item.body {
            #expect(whole == Outcome(body: latin1(body), event: .end, rest: item.rest))
        } else {
            #expect(whole.event == .needMoreBytes)
        }
        for step in [1, 2, 3, 5] { #expect(decode(bytes, step: step) == whole, "in pieces of \(step)") }
    }

    @Test(arguments: [
        ("1  \r\nx\r\n0\t\r\n\r\n", "x"), ("5     \r\nhello\r\n0\r\n\r\n", "hello"), ("1 ;a\r\nx\r\n0\r\n\r\n", "x"),
    ])
    func `an old server may pad sizes with blanks`(_ bytes: String, _ body: String) {
        for step in [1, 2, 100] {
            #expect(decode(latin1(bytes), step: step, .legacy) == Outcome(body: latin1(body), event: .end, rest: 0))
            #expect(decode(latin1(bytes), step: step, .strict).event == .invalid(.chunkSizePadded))
        }
        #expect(PlainReader.chunked(latin1(bytes), isAnswer: true, isOld: true)?.body == latin1(body))
        #expect(PlainReader.chunked(latin1(bytes), isAnswer: true) == nil)
    }

    @Test(arguments: [
        ("1 1\r\n", HTTPViolation.chunkSizeMalformed), (" 1\r\n", .chunkSizeMalformed), ("1 \nx", .bareLineFeed),
        ("1" + String(repeating: " ", count: 257), .chunkExtensionTooLong), ("\r\n", .chunkSizeMalformed),
    ])
    func `nothing else may stand beside a size`(_ bytes: String, _ violation: HTTPViolation) {
        #expect(decode(latin1(bytes), step: 3, .legacy).event == .invalid(violation))
    }

    @Test func `trailers of an answer may be folded and have a blank before their colon`() {
        let bytes = latin1("0\r\nA \t: b\r\n \t c\r\n\td\r\nB: e\r\n\r\n")
        for step in [1, 3, 100] {
            #expect(decode(bytes, step: step, .strict) == Outcome(body: [], event: .end, rest: 0))
            #expect(decode(bytes, step: step).event == .invalid(.trailerMalformed))
        }
        for broken in ["0\r\n A: b\r\n\r\n", "0\r\nA: b\r\n \r\n\r\n", "0\r\nA b: c\r\n\r\n"] {
            #expect(decode(latin1(broken), step: 1, .legacy).event == .invalid(.trailerMalformed), "\(broken)")
            #expect(PlainReader.chunked(latin1(broken), isAnswer: true, isOld: true) == nil)
        }
    }

    @Test func `extensions of a whole body are limited`() {
        let chunk = "1;" + String(repeating: "a", count: 200) + "\r\nx\r\n"
        let body = String(repeating: chunk, count: 82)
        #expect(decode(latin1(body), step: 4096).event == .invalid(.chunkExtensionTooLong))
        let fine = String(repeating: chunk, count: 81) + "0\r\n\r\n"
        #expect(decode(latin1(fine), step: 4096).event == .end)
    }

    @Test func `a decoder that ended or broke stays so`() {
        var decoder = ChunkedDecoder()
        var offset = 0
        #expect(latin1("0\r\n\r\nX").withUnsafeBytes { decoder.next($0, at: &offset) } == .end)
        #expect(latin1("0\r\n\r\nX").withUnsafeBytes { decoder.next($0, at: &offset) } == .end)
        #expect(offset == 5)
        #expect(decoder.isAtEnd)
    }

    @Test(arguments: [
        (1, "1\r\n"), (15, "f\r\n"), (16, "10\r\n"), (65536, "10000\r\n"), (Int.max, "7fffffffffffffff\r\n"),
    ])
    func `a chunk's line holds its size`(_ size: Int, _ line: String) {
        var buffer = [UInt8](repeating: 0, count: ChunkHeader.maximumLength)
        let count = buffer.withUnsafeMutableBytes { ChunkHeader.write(size, into: $0) }
        #expect(String(decoding: buffer[..<count], as: UTF8.self) == line)
        #expect(buffer.withUnsafeMutableBytes { ChunkHeader.write(size, into: .init(rebasing: $0[..<2])) } == 0)
    }
}
