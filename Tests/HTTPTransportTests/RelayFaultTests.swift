import EventLoop
import HTTP
import HTTPTransport
import TestSupport
import Testing

@Suite struct RelayFaultTests {
    static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test(arguments: [
        ("GET / HTTP/1.1\r\n\r\n", "400"), ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"),
        ("GET / HTTP/3.0\r\nHost: a\r\n\r\n", "505"),
        ("GET /\(String(repeating: "x", count: 9000)) HTTP/1.1\r\n", "414"),
        ("GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 40_000))\r\n\r\n", "431"),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"),
        ("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "501"),
    ])
    func `a malformed request is answered once, and nothing behind it is read`(request: String, status: String) throws {
        let relay = try RelayFixture { client in
            _ = try client.read(until: "\r\n\r\n")
            _ = client.readToEnd()
        }
        let client = try relay.client()
        try client.send(request + Self.get + Self.get)
        let (text, last) = client.readToEnd()
        #expect(text.hasPrefix("HTTP/1.1 \(status) "))
        #expect(text.components(of: "HTTP/1.1 ") == 1)
        #expect(text.contains("application/problem+json") && text.contains("connection: close\r\n"))
        #expect(last == .end)
    }

    @Test func `an answer that is refused while the client still sends is seen by the client`() throws {
        var options = ServerOptions()
        options.bodyLimit = 100_000
        let relay = try RelayFixture(options: options) { client in _ = client.readToEnd() }
        let client = try relay.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<40 { try client.send("4000\r\n" + String(repeating: "x", count: 0x4000) + "\r\n") }
        #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 413 "))
    }

    @Test func `an upstream answer that comes before the request is over is passed on`() throws {
        let relay = try RelayFixture { client in
            _ = try client.read(until: "\r\n\r\n")
            try client.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno")
            _ = client.readToEnd()
        }
        let client = try relay.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
        let (text, last) = { (client: RawClient) in
            let message = try? client.readMessage()
            for _ in 0..<10 { try? client.send(String(repeating: "x", count: 1000)) }
            return (
                (message?.head ?? "") + String(decoding: message?.body ?? [], as: UTF8.self), client.readToEnd().last
            )
        }(client)
        #expect(text == "HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno")
        #expect(last == .end)
    }

    @Test(arguments: [
        ("", UpstreamFailure.Kind.closedEarly), ("HTTP/1.1 200 OK\r\nContent-", .closedEarly),
        ("HTTP/2 200 OK\r\n\r\n", .malformed(.versionNotSupported)),
        ("garbage\r\n\r\n", .malformed(.statusLineMalformed)),
    ])
    func `an upstream that does not answer properly is a bad gateway`(answer: String, kind: UpstreamFailure.Kind) throws
    {
        let relay = try RelayFixture { client in
            _ = try client.read(until: "\r\n\r\n")
            try client.send(answer)
        }
        let client = try relay.client()
        try client.send(Self.get)
        #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 502 "))
        let failure = try #require(relay.look { relay, _ in relay.failures.first } ?? nil)
        if case .malformed = kind {
            guard case .malformed = failure.kind else { Issue.record("\(failure.kind)"); return }
        } else {
            #expect(failure.kind == kind)
        }
        #expect(failure.requestBytesSent > 0)
        #expect(failure.anyResponseByte == !answer.isEmpty)
        // The client's connection is none the worse for it.
        try client.send(Self.get)
        #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 502 "))
    }

    @Test func `a refused connection says that nothing was sent`() throws {
        let relay = try RelayFixture { _ in }
        relay.upstream.stop()
        let client = try relay.client()
        try client.send(Self.get)
        #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 502 "))
        let failure = try #require(relay.look { relay, _ in relay.failures.first } ?? nil)
        #expect(failure.kind == .connectRefused)
        #expect(failure.nothingSent)
        #expect(relay.look { relay, _ in relay.pool.openCount } == 0)
    }

    @Test(arguments: ["Content-Length: 100\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"])
    func `an answer that is cut off looks cut off to the client`(rest: String) throws {
        let relay = try RelayFixture { client in
            _ = try client.read(until: "\r\n\r\n")
            try client.send("HTTP/1.1 200 OK\r\n" + rest)
        }
        let client = try relay.client()
        try client.send(Self.get)
        #expect(client.readToEnd().last == .reset)
    }

    @Test func `an answer until close that ends with a reset looks broken, with a FIN whole`() throws {
        let isReset = Guarded(false)
        let relay = try RelayFixture { client in
            _ = try client.read(until: "\r\n\r\n")
            try client.send("HTTP/1.1 200 OK\r\n\r\nabc")
            if isReset.withLock({ $0 }) {
                // Let the relay have read it: a reset may overtake what it did not.
                _ = try client.read(exactly: 1)
                client.resetOnClose()
            }
        }
        let client = try relay.client()
        try client.send("GET / HTTP/1.0\r\n\r\n")
        let (text, last) = client.readToEnd()
        #expect(text.hasSuffix("\r\n\r\nabc"))
        #expect(last == .end)
        isReset.withLock { $0 = true }
        let other = try relay.client()
        try other.send("POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\n")
        _ = try other.read(until: "abc")
        try other.send("x")
        #expect(other.read() == .reset)
    }

    @Test func `a client that goes away has its upstream request cancelled`() throws {
        let gone = Gate()
        let relay = try RelayFixture { client in
            _ = try client.read(until: "\r\n\r\n")
            if client.read() != .timedOut { gone.open() }
        }
        do {
            let client = try relay.client()
            try client.send(Self.get)
            #expect(relay.becomes { relay, _ in relay.pool.busyCount == 1 })
        }
        #expect(gone.wait())
        #expect(relay.becomes { relay, listener in relay.ends == [.clientGone] && listener.connectionCount == 0 })
        #expect(relay.look { relay, _ in relay.pool.openCount } == 0)
    }

    @Test func `a client that closes after one request without keep-alive is noticed too`() throws {
        let gone = Gate()
        let relay = try RelayFixture { client in
            _ = try client.read(until: "\r\n\r\n")
            if client.read() != .timedOut { gone.open() }
        }
        do {
            let client = try relay.client()
            try client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(relay.becomes { relay, _ in relay.pool.busyCount == 1 })
        }
        #expect(gone.wait())
    }

    @Test(arguments: [true, false])
    func `an idle upstream connection that closes or talks is dropped at once`(talks: Bool) throws {
        let next = Gate()
        let relay = try RelayFixture { client in
            _ = try client.readMessage()
            try client.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            next.wait()
            if talks {
                try client.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
                _ = client.readToEnd()
            }
        }
        let client = try relay.client()
        try client.send(Self.get)
        _ = try client.readMessage()
        #expect(relay.look { relay, _ in relay.pool.idleCount } == 1)
        next.open()
        #expect(relay.becomes { relay, _ in relay.pool.openCount == 0 && relay.pool.staleCount == 1 })
        try client.send(Self.get)
        #expect(try client.readMessage().body.isEmpty)
        next.open()
    }

    @Test func `bytes behind an answer end the connection and reach nobody`() throws {
        let relay = try RelayFixture { client in
            _ = try client.readMessage()
            try client.send(
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
            _ = client.readToEnd()
        }
        let client = try relay.client()
        for _ in 0..<3 {
            try client.send(Self.get)
            #expect(try client.readMessage().body == Array("ok".utf8))
        }
        #expect(relay.look { relay, _ in relay.pool.connectCount } == 3)
    }

    @Test func `a silent upstream is a gateway time-out`() throws {
        let relay = try RelayFixture(set: { $0.responseTimeout = .milliseconds(50) }) { client in _ = client.readToEnd()
        }
        let client = try relay.client()
        try client.send(Self.get)
        #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 504 "))
        #expect(relay.look { relay, _ in relay.failures.map(\.kind) } == [.responseTimedOut])
    }

    @Test func `an upstream that stops inside its answer is broken off`() throws {
        let relay = try RelayFixture(set: { $0.idleTimeout = .milliseconds(50) }) { client in
            _ = try client.read(until: "\r\n\r\n")
            try client.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
            _ = client.readToEnd()
        }
        let client = try relay.client()
        try client.send(Self.get)
        #expect(client.readToEnd().last == .reset)
    }

    @Test func `when all connections are busy there is no more`() throws {
        var options = UpstreamOptions()
        options.maxConnections = 2
        let gate = Gate()
        let relay = try RelayFixture(upstreamOptions: options) { client in
            while true {
                _ = try client.readMessage()
                gate.wait()
                try client.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        }
        let busy = [try relay.client(), try relay.client()]
        for client in busy { try client.send(Self.get) }
        #expect(relay.becomes { relay, _ in relay.pool.busyCount == 2 })
        let third = try relay.client()
        try third.send(Self.get)
        #expect(try third.readMessage().head.hasPrefix("HTTP/1.1 503 "))
        gate.open()
        gate.open()
        for client in busy { #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 200 ")) }
        try third.send(Self.get)
        gate.open()
        #expect(try third.readMessage().head.hasPrefix("HTTP/1.1 200 "))
    }
}

extension String {
    func components(of part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
