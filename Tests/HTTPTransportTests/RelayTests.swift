import EventLoop
import Glibc
import HTTP
import HTTPTransport
import TestSupport
import Testing

/// Answers each request of a connection by its path, until the client goes.
@Sendable private func echo(_ client: RawClient) throws {
    while true {
        let (head, body) = try client.readMessage()
        let text = "\(head.prefix { $0 != "\r\n" })|\(body.count)"
        try client.send("HTTP/1.1 200 OK\r\ncontent-length: \(text.utf8.count)\r\n\r\n\(text)")
    }
}

@Suite struct RelayTests {
    @Test func `a request is answered, and the connections of both sides are used again`() throws {
        let relay = try RelayFixture(upstream: echo)
        let client = try relay.client()
        for number in 0..<20 {
            try client.send("GET /\(number)?q=1 HTTP/1.1\r\nHost: example.org\r\n\r\n")
            let (head, body) = try client.readMessage()
            #expect(head == "HTTP/1.1 200 OK\r\ncontent-length: \(body.count)\r\n\r\n")
            #expect(String(decoding: body, as: UTF8.self) == "GET /\(number)?q=1 HTTP/1.1|0")
        }
        #expect(relay.look { relay, _ in relay.pool.connectCount } == 1)
        #expect(relay.look { _, listener in listener.connectionCount } == 1)
    }

    @Test func `both sides of what stays on this machine use Reno, whatever the system has set`() throws {
        let relay = try RelayFixture(upstream: echo)
        let client = try relay.client()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try client.readMessage()
        let names = relay.look { relay, _ in
            (relay.clients.map { $0 as AnyObject } + relay.upstreams.map { $0 as AnyObject }).map { end in
                guard let connection = end as? ConnectionProtocol else { return "no connection" }
                var name = [UInt8](repeating: 0, count: 16)
                var length = socklen_t(name.count)
                getsockopt(connection.transport.fd, Int32(IPPROTO_TCP), TCP_CONGESTION, &name, &length)
                return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
            }
        }
        #expect(names == ["reno", "reno"])
    }

    @Test(arguments: [1, 2, 3, 7, 64, 1000])
    func `a request split anywhere gives the same answer`(piece: Int) throws {
        let relay = try RelayFixture(upstream: echo)
        let client = try relay.client()
        let bytes = Array(
            "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nX-Y: z\r\n\r\n0123456789GET /y HTTP/1.1\r\nHost: a\r\n\r\n"
                .utf8)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            try client.send(Array(bytes[start..<min(start + piece, bytes.count)]))
        }
        #expect(String(decoding: try client.readMessage().body, as: UTF8.self) == "POST /x HTTP/1.1|10")
        #expect(String(decoding: try client.readMessage().body, as: UTF8.self) == "GET /y HTTP/1.1|0")
    }

    @Test func `pipelined requests are answered in order, one in service at a time`() throws {
        let counter = Counter()
        let relay = try RelayFixture { client in
            while true {
                let (head, _) = try client.readMessage()
                counter.enter()
                let text = head.split(separator: " ")[1]
                counter.leave()
                try client.send("HTTP/1.1 200 OK\r\ncontent-length: \(text.utf8.count)\r\n\r\n\(text)")
            }
        }
        let client = try relay.client()
        try client.send((0..<200).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
        for number in 0..<200 {
            #expect(String(decoding: try client.readMessage().body, as: UTF8.self) == "/\(number)")
        }
        #expect(counter.most == 1)
        #expect(relay.look { relay, _ in relay.pool.connectCount } == 1)
    }

    final class Counter: Sendable {
        private let state = Guarded((now: 0, most: 0))
        var most: Int { state.withLock { $0.most } }
        func enter() {
            state.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
        }
        func leave() { state.withLock { $0.now -= 1 } }
    }

    @Test func `a chunked request goes on chunked, and a chunked answer comes back chunked`() throws {
        let relay = try RelayFixture { client in
            let head = try client.read(until: "\r\n\r\n")
            let body = try client.read(until: "0\r\n\r\n")
            #expect(head.contains("transfer-encoding: chunked\r\n"))
            #expect(body.contains("hello") && body.contains("world"))
            try client.send(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nT: v\r\n\r\n")
            _ = client.read()
        }
        let client = try relay.client()
        try client.send(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n")
        #expect(try client.read(until: "\r\n\r\n") == "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        #expect(try client.read(until: "0\r\n\r\n") == "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n")
    }

    @Test func `a client of HTTP 1.0 gets no chunks but a close`() throws {
        let relay = try RelayFixture { client in
            _ = try client.read(until: "\r\n\r\n")
            try client.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
            _ = client.read()
        }
        let client = try relay.client()
        try client.send("GET / HTTP/1.0\r\n\r\n")
        let (text, last) = client.readToEnd()
        #expect(text == "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabc")
        #expect(last == .end)
    }

    @Test func `a client of HTTP 1.0 may keep its connection`() throws {
        let relay = try RelayFixture(upstream: echo)
        let client = try relay.client()
        for _ in 0..<3 {
            try client.send("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")
            #expect(try client.readMessage().head.contains("connection: keep-alive\r\n"))
        }
    }

    @Test func `connection close is honoured`() throws {
        let relay = try RelayFixture(upstream: echo)
        let client = try relay.client()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let (text, last) = client.readToEnd()
        #expect(text.contains("connection: close\r\n"))
        #expect(last == .end)
    }

    @Test(arguments: [
        (
            "HEAD / HTTP/1.1", "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 1234\r\n\r\n"
        ),
        (
            "GET / HTTP/1.1", "HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n",
            "HTTP/1.1 304 Not Modified\r\ncontent-length: 77\r\n\r\n"
        ),
        ("GET / HTTP/1.1", "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n"),
        ("HEAD / HTTP/1.1", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"),
    ])
    func `answers without a body end with their head`(request: String, answer: String, expected: String) throws {
        let relay = try RelayFixture { client in
            while true {
                _ = try client.read(until: "\r\n\r\n")
                try client.send(answer)
            }
        }
        let client = try relay.client()
        for _ in 0..<3 {
            try client.send("\(request)\r\nHost: a\r\n\r\n")
            #expect(try client.read(until: "\r\n\r\n") == expected)
        }
        // After HEAD a connection rests for a moment; others are opened meanwhile.
        let connections = request.hasPrefix("HEAD") ? 1...3 : 1...1
        #expect(connections.contains(relay.look { relay, _ in Int(relay.pool.connectCount) } ?? 0))
    }

    @Test func `informational answers are passed on, and not to 1_0`() throws {
        let relay = try RelayFixture { client in
            while true {
                _ = try client.read(until: "\r\n\r\n")
                try client.send(
                    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        }
        let client = try relay.client()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.read(until: "\r\n\r\n") == "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        #expect(try client.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200 OK\r\n"))
        let old = try relay.client()
        try old.send("GET / HTTP/1.0\r\n\r\n")
        #expect(try old.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200 OK\r\n"))
    }

    @Test func `a client that expects 100 Continue is asked for its body`() throws {
        let relay = try RelayFixture(upstream: echo)
        let client = try relay.client()
        try client.send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.read(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
        try client.send("abc")
        #expect(String(decoding: try client.readMessage().body, as: UTF8.self) == "POST /p HTTP/1.1|3")
    }

    @Test func `after 101 raw bytes go both ways until one side ends`() throws {
        let relay = try RelayFixture { client in
            let head = try client.read(until: "\r\n\r\n")
            #expect(head.contains("upgrade: websocket\r\n"))
            try client.send(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\nfirst"
            )
            #expect(try client.read(exactly: 4) == Array("ping".utf8))
            try client.send("pong")
        }
        let client = try relay.client()
        try client.send(
            "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        #expect(try client.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
        #expect(try client.read(exactly: 5) == Array("first".utf8))
        try client.send("ping")
        let (text, last) = client.readToEnd()
        #expect(text == "pong")
        #expect(last == .end)
    }

    @Test func `a 101 that nobody asked for is a bad gateway`() throws {
        let relay = try RelayFixture { client in
            _ = try client.read(until: "\r\n\r\n")
            try client.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            _ = client.read()
        }
        let client = try relay.client()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 502 "))
    }
}
