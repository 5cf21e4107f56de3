import EventLoop
import HTTP
import HTTPTransport
import TestSupport
import Testing

@Suite struct BackPressureTests {
    /// Bytes that tell their own place, so that a lost or repeated piece shows.
    static func pattern(_ start: Int, _ count: Int) -> [UInt8] {
        let phase = start % period
        return Array(table[phase..<(phase + count)])
    }

    /// A prime, so that no two pieces are alike.
    private static let period = 65_521
    private static let table = (0..<(period + (1 << 20))).map { UInt8(($0 % period &* 31 >> 3) & 0xFF) }

    final class Progress: Sendable {
        private let state = Guarded(0)
        var bytes: Int { state.withLock { $0 } }
        func add(_ count: Int) { state.withLock { $0 += count } }
    }

    static let total = 24 << 20
    static let piece = 1 << 16

    @Test(arguments: [true, false])
    func `an answer that the client does not read stays with the upstream, and arrives whole in the end`(chunked: Bool)
        throws
    {
        let sent = Progress()
        let relay = try RelayFixture { upstream in
            _ = try upstream.readMessage()
            try upstream.send(
                "HTTP/1.1 200 OK\r\n"
                    + (chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: \(Self.total)\r\n\r\n"))
            for start in stride(from: 0, to: Self.total, by: Self.piece) {
                if chunked { try upstream.send("10000\r\n") }
                try upstream.send(Self.pattern(start, Self.piece))
                if chunked { try upstream.send("\r\n") }
                sent.add(Self.piece)
            }
            if chunked { try upstream.send("0\r\n\r\n") }
        }
        let client = try relay.client(receiveBuffer: 64 << 10)
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let head = try client.read(until: "\r\n\r\n")
        #expect(head.hasPrefix("HTTP/1.1 200 "))
        #expect(relay.becomes { relay, _ in relay.clients.contains { $0.isWriteBlocked } })
        // Until nothing moves for a while: each look is a turn of the loop.
        var last = -1
        var still = 0
        while still < 500 {
            relay.look { _, _ in () }
            still = sent.bytes == last ? still + 1 : 0
            last = sent.bytes
        }
        #expect(sent.bytes < Self.total)
        let waiting = try #require(relay.look { relay, _ in relay.clients.map(\.unsentCount).max() ?? 0 })
        #expect(waiting > 0)
        #expect(waiting <= Loop.readBufferSize + 64)
        var offset = 0
        if chunked {
            while true {
                let line = try client.read(until: "\r\n")
                // CRLF is one Character.
                let size = Int(line.dropLast(), radix: 16) ?? -1
                if size == 0 { break }
                try #require(size > 0)
                let bytes = try client.read(exactly: size)
                #expect(bytes == Self.pattern(offset, size))
                offset += size
                #expect(try client.read(exactly: 2) == [13, 10])
            }
        } else {
            while offset < Self.total {
                let bytes = try client.read(exactly: Self.piece)
                #expect(bytes == Self.pattern(offset, Self.piece))
                offset += Self.piece
            }
        }
        #expect(offset == Self.total)
    }

    @Test func `a body that the upstream does not read stays with the client, and arrives whole in the end`() throws {
        let go = Gate()
        let whole = Gate()
        let relay = try RelayFixture(options: Self.large) { upstream in
            _ = try upstream.read(until: "\r\n\r\n")
            go.wait()
            for start in stride(from: 0, to: Self.total, by: Self.piece) {
                guard try upstream.read(exactly: Self.piece) == Self.pattern(start, Self.piece) else { return }
            }
            whole.open()
            try upstream.send("HTTP/1.1 204 No Content\r\n\r\n")
        }
        let client = try relay.client()
        let sent = Progress()
        RawServer.thread {
            try? client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(Self.total)\r\n\r\n")
            for start in stride(from: 0, to: Self.total, by: Self.piece) {
                guard (try? client.send(Self.pattern(start, Self.piece))) != nil else { return }
                sent.add(Self.piece)
            }
        }
        #expect(relay.becomes { relay, _ in relay.upstreams.contains { $0.isWriteBlocked } })
        var last = -1
        var still = 0
        while still < 500 || last == 0 {
            relay.look { _, _ in () }
            still = sent.bytes == last ? still + 1 : 0
            last = sent.bytes
        }
        #expect(sent.bytes < Self.total)
        let waiting = try #require(relay.look { relay, _ in relay.upstreams.map(\.unsentCount).max() ?? 0 })
        #expect(waiting > 0)
        #expect(waiting <= Loop.readBufferSize)
        go.open()
        #expect(whole.wait())
        #expect(try client.read(until: "\r\n\r\n") == "HTTP/1.1 204 No Content\r\n\r\n")
    }

    static var large: ServerOptions {
        var options = ServerOptions()
        options.bodyLimit = 1 << 30
        return options
    }

    @Test func `a client that pipelines but does not read is not read either`() throws {
        let relay = try RelayFixture { upstream in
            let answer = "HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n" + String(repeating: "x", count: 65536)
            while true {
                _ = try upstream.readMessage()
                try upstream.send(answer)
            }
        }
        let client = try relay.client(receiveBuffer: 16 << 10)
        let count = 400
        let sent = Progress()
        RawServer.thread {
            for _ in 0..<count { try? client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
            sent.add(1)
        }
        // All requests fit in the kernel's buffers; what is answered is bounded by what the client takes.
        var last = -1
        var still = 0
        while still < 500 {
            let ended = relay.look { relay, _ in relay.ends.count } ?? 0
            still = ended == last && sent.bytes == 1 ? still + 1 : 0
            last = ended
        }
        #expect(last < count)
        let waiting = try #require(relay.look { relay, _ in relay.clients.map(\.unsentCount).max() ?? 0 })
        #expect(waiting <= 2 * Loop.readBufferSize)
        for _ in 0..<count { #expect(try client.readMessage().body.count == 65536) }
    }
}
