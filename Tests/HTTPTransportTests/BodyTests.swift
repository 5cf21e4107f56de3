import HTTP
import Testing

@testable import HTTPTransport

@Suite struct BodyTests {
    /// What a reader makes of `text` in pieces of `piece` bytes: the body, how it stopped, and what is left.
    private static func read(_ framing: BodyFraming, _ text: String, piece: Int) -> (
        body: String, event: ChunkedDecoder.Event, rest: String
    ) {
        var reader = BodyReader(framing)
        var body = ""
        let bytes = Array(text.utf8)
        var start = 0
        while true {
            let part = Array(bytes[start..<min(start + piece, bytes.count)])
            var offset = 0
            let event = part.withUnsafeBytes { buffer -> ChunkedDecoder.Event in
                while true {
                    let event = reader.next(buffer, at: &offset)
                    guard case .data(let range) = event else { return event }
                    body += String(decoding: buffer[range], as: UTF8.self)
                }
            }
            start += offset
            if event != .needMoreBytes || start >= bytes.count {
                return (body, event, String(decoding: bytes[start...], as: UTF8.self))
            }
        }
    }

    @Test(arguments: [1, 2, 3, 100])
    func `every framing gives the body and leaves what follows`(piece: Int) {
        #expect(Self.read(.length(5), "helloGET", piece: piece) == ("hello", .end, "GET"))
        #expect(Self.read(.chunked, "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\nGET", piece: piece) == ("hello", .end, "GET"))
        #expect(Self.read(.untilClose, "hello", piece: piece) == ("hello", .needMoreBytes, ""))
        #expect(Self.read(.none, "GET", piece: piece) == ("", .end, "GET"))
        #expect(Self.read(.length(0), "GET", piece: piece) == ("", .end, "GET"))
        #expect(Self.read(.length(9), "hello", piece: piece) == ("hello", .needMoreBytes, ""))
    }

    @Test func `an announced length is neither exceeded nor fallen short of`() {
        var frame = BodyFrame(.length(5))
        #expect(frame.finished() == .breakOff)
        #expect(frame.bodyBytes(3) == .write)
        #expect(frame.bodyBytes(3) == .breakOff)
        #expect(frame.bodyBytes(2) == .write)
        #expect(frame.finished() == .done)
        #expect(frame.bodyBytes(1) == .breakOff)
    }

    @Test func `chunks are closed by a last one, and a body that may not be is dropped`() {
        var chunked = BodyFrame(.chunked)
        #expect(chunked.bodyBytes(3) == .writeChunk)
        #expect(chunked.finished() == .writeLastChunk)
        var none = BodyFrame(.none)
        #expect(none.bodyBytes(3) == .drop)
        #expect(none.finished() == .done)
        var raw = BodyFrame(.untilClose)
        #expect(raw.bodyBytes(3) == .write)
        #expect(raw.finished() == .done)
    }

    @Test func `a queue gives back what it was given, in order, and holds nothing when empty`() {
        var queue = ByteQueue()
        var expected: [UInt8] = []
        var next: UInt8 = 0
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let piece = (0..<Int.random(in: 0...700, using: &random)).map { _ -> UInt8 in
                next &+= 1
                return next
            }
            piece.withUnsafeBytes { queue.append($0) }
            expected += piece
            let taken = Int.random(in: 0...expected.count, using: &random)
            #expect(queue.count == expected.count)
            #expect(queue.bytes.elementsEqual(expected))
            queue.removeFirst(taken)
            expected.removeFirst(taken)
        }
        queue.removeAll()
        #expect(queue.isEmpty && queue.bytes.isEmpty)
    }
}
