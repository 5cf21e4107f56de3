import EventLoop
import Glibc
import HTTP
import HTTPTransport
import TestSupport
import Testing

/// Clients behind a load balancer that names them; the test's own thread is the loop's, its clock stands still.
@Suite struct ProxiedArrivalTests {
    typealias Bench = DeadlineTests.Bench

    static let request = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)

    static func named(_ last: UInt8) -> [UInt8] {
        ProxyHeader.signature + [0x21, 0x11, 0, 12, 203, 0, 113, last, 10, 0, 0, 1, 0xDB, 0xA0, 0, 80]
    }

    static func bench(from peers: @escaping @Sendable (SocketAddress) -> Bool = { $0.isLoopback }) throws -> Bench {
        var options = ServerOptions()
        options.proxyPeers = peers
        options.connectionsPerAddress = 2
        options.connections = 5
        return try Bench(options)
    }

    @Test func `the client that the header names is the connection's, for every request`() throws {
        let bench = try Self.bench()
        try bench.client.send(Self.named(7) + Self.request)
        #expect(bench.becomes { $0.delegate.ends.count == 1 })
        #expect(try bench.client.readMessage().head.hasPrefix("HTTP/1.1 200 "))
        #expect(bench.delegate.last?.peerText == "203.0.113.7")
        #expect(bench.delegate.last?.peerPort == 56224)
        try bench.client.send(Self.request)
        #expect(bench.becomes { $0.delegate.ends.count == 2 })
        #expect(bench.delegate.last?.peerText == "203.0.113.7")
    }

    @Test func `in two pieces, cut anywhere, it means the same`() throws {
        let whole = Self.named(9) + Self.request
        for cut in 1..<whole.count {
            let bench = try Self.bench()
            try bench.client.send(Array(whole[..<cut]))
            #expect(bench.becomes { $0.listener.connectionCount == 1 })
            for _ in 0..<3 { bench.loop.turn(wait: false) }
            #expect(bench.delegate.ends.isEmpty)
            try bench.client.send(Array(whole[cut...]))
            #expect(bench.becomes { $0.delegate.ends.count == 1 }, "cut at \(cut)")
            #expect(bench.delegate.last?.peerText == "203.0.113.9")
            bench.listener.closeNow()
        }
    }

    @Test func `a health check of the load balancer is its own`() throws {
        let bench = try Self.bench()
        try bench.client.send(ProxyHeader.signature + [0x20, 0, 0, 0] + Self.request)
        #expect(bench.becomes { $0.delegate.ends.count == 1 })
        #expect(bench.delegate.last?.peerText == "127.0.0.1")
    }

    @Test(arguments: [request, named(7).dropLast(16) + [0x31, 0x11, 0, 0]].map { Array($0) })
    func `without the header that is due the connection is closed without an answer`(bytes: [UInt8]) throws {
        let bench = try Self.bench()
        try bench.client.send(bytes)
        #expect(bench.becomes { $0.listener.refusedHeaderCount == 1 })
        #expect(bench.listener.connectionCount == 0)
        let end = bench.client.read()
        #expect(end == .end || end == .reset)
        #expect(bench.delegate.last == nil)
    }

    @Test func `a header from anybody else is no request`() throws {
        let bench = try Self.bench(from: { _ in false })
        try bench.client.send(Self.named(7) + Self.request)
        #expect(bench.becomes { $0.listener.connectionCount == 1 })
        bench.settle()
        #expect(try bench.client.readMessage().head.hasPrefix("HTTP/1.1 400 "))
        #expect(bench.delegate.last == nil)
    }

    @Test func `one that does not come in time is not waited for`() throws {
        let bench = try Self.bench()
        try bench.client.send(Array(Self.named(7).prefix(20)))
        #expect(bench.becomes { $0.listener.connectionCount == 1 })
        bench.loop.advance(by: .seconds(9))
        #expect(bench.listener.connectionCount == 1)
        bench.loop.advance(by: .seconds(2))
        #expect(bench.becomes { $0.listener.connectionCount == 0 })
    }

    @Test func `limits per address are those of the clients`() throws {
        let bench = try Self.bench()
        let port = try #require(bench.listener.address.port)
        var clients: [RawClient] = []
        func connect(_ last: UInt8) throws -> RawClient {
            let client = try RawClient(port: port, timeoutSeconds: 5)
            clients.append(client)
            try client.send(Self.named(last) + Self.request)
            return client
        }
        // Two of one client, one of another, and a third of the first.
        for (count, last) in [(1, 1), (2, 1), (3, 2)] as [(Int, UInt8)] {
            _ = try connect(last)
            #expect(bench.becomes { $0.delegate.ends.count == count })
        }
        _ = try connect(1)
        #expect(bench.becomes { $0.listener.shedCount == 1 })
        // Given back when they end: the same client may come again.
        clients.removeFirst()
        #expect(bench.becomes { $0.listener.connectionCount == 2 })
        _ = try connect(1)
        #expect(bench.becomes { $0.delegate.ends.count == 4 })
    }

    @Test func `draining waits for none whose header has not come`() throws {
        let bench = try Self.bench()
        try bench.client.send(Array(Self.named(7).prefix(20)))
        #expect(bench.becomes { $0.listener.connectionCount == 1 })
        var isDrained = false
        bench.listener.drain(within: .seconds(10)) { isDrained = true }
        #expect(!isDrained)
        bench.loop.advance(by: .seconds(1))
        #expect(bench.becomes { _ in isDrained })
    }
}
