import Strangler
import Testing

@Suite struct EventReaderTests {
    private static let stream =
        ": comment\n\nevent: a\ndata: 1\n\ndata: two\ndata: lines\n\nevent: b\r\ndata:x\r\n\r\nevent: none\n\nevent: c\ndata: 3"

    @Test(arguments: [1, 2, 3, 7, 1000])
    func `events are the same however the stream is cut`(_ size: Int) {
        let bytes = Array(Self.stream.utf8)
        var reader = EventReader()
        var events: [EventReader.Event] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            events += reader.read(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        #expect(
            events == [
                .init(name: "a", data: "1"), .init(name: "message", data: "two\nlines"), .init(name: "b", data: "x"),
            ])
    }

    @Test func `a line without an end takes no memory without an end`() {
        var reader = EventReader()
        for _ in 0..<40 { #expect(reader.read([UInt8](repeating: 0x61, count: 100_000)).isEmpty) }
        #expect(reader.read(Array("\nevent: a\ndata: 1\n\n".utf8)) == [.init(name: "a", data: "1")])
    }
}
