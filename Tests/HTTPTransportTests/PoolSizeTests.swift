import EventLoop
import HTTP
import TestSupport
import Testing

@testable import HTTPTransport

/// How many connections a pool has, and which ones.
@Suite struct PoolSizeTests {
    private final class Tally {
        private(set) var count = 0
        func add() { count += 1 }
    }

    /// One pool on this thread, and a server that answers each request with `answer`.
    private final class Bench: UpstreamStreamDelegate {
        let loop: Loop
        let pool: UpstreamPool
        let server: RawServer
        private(set) var ended = 0
        private(set) var failures: [UpstreamFailure] = []

        init(
            _ answer: String = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            set: (inout UpstreamOptions) -> Void = { _ in }
        ) throws {
            loop = try Loop()
            loop.adoptCurrentThread()
            server = try RawServer { client in
                while true {
                    _ = try client.readMessage()
                    try client.send(answer)
                }
            }
            var options = UpstreamOptions()
            set(&options)
            let address = try #require(SocketAddress(host: "127.0.0.1", port: server.port))
            pool = UpstreamPool(loop: loop, address: address, options: options)
        }

        func take(fresh: Bool = false) -> UpstreamConnection? {
            pool.stream(for: self, fresh: fresh, connectTimeout: .seconds(10)) as? UpstreamConnection
        }

        func send(_ method: String = "GET", on connection: UpstreamConnection?) {
            let isSent = HTTPRequest(method: method, host: "a").withOutgoing(limit: 1000) {
                connection?.sendHead($0, responseTimeout: .seconds(10), idleTimeout: .seconds(10))
            }
            #expect(isSent)
            connection?.finishRequest()
            connection?.flush()
        }

        func turn(until condition: () -> Bool) -> Bool {
            let patience = Moment.read() + .seconds(5)
            while !condition(), Moment.read() < patience { loop.turn(wait: false) }
            return condition()
        }

        /// Whole exchanges at once, so that as many connections are idle afterwards.
        func exchange(_ count: Int = 1, fresh: Bool = false, method: String = "GET") {
            let before = ended
            let connections = (0..<count).map { _ in take(fresh: fresh) }
            for connection in connections { send(method, on: connection) }
            #expect(turn { ended == before + count })
        }

        func upstreamConnected(_ upstream: any UpstreamStream) {}
        func upstreamHead(_ upstream: any UpstreamStream, _ response: ResponseHeadView) {}
        func upstreamBody(_ upstream: any UpstreamStream, _ bytes: UnsafeRawBufferPointer) {}
        func upstreamEnd(_ upstream: any UpstreamStream) { ended += 1 }
        func upstreamFailed(_ upstream: any UpstreamStream, _ failure: UpstreamFailure) { failures.append(failure) }
    }

    @Test func `a fresh one takes the place of the coldest, so that there are never more than were needed at once`()
        throws
    {
        let bench = try Bench()
        bench.exchange(4)
        #expect(bench.pool.openCount == 4)
        let coldest = try #require(bench.take())
        #expect(bench.pool.openCount == 4)
        coldest.cancel()
        bench.exchange(4)
        for _ in 0..<20 {
            bench.exchange(fresh: true)
            #expect(bench.pool.openCount == 4)
        }
        #expect(bench.pool.idleCount == 4)
    }

    @Test func `what the server says of its patience is kept below`() throws {
        let bench = try Bench("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 0\r\n\r\n")
        let began = Moment.read()
        bench.exchange()
        #expect(bench.pool.idleCount == 1)
        #expect(bench.turn { bench.pool.openCount == 0 })
        #expect(Moment.read().since(began) >= .milliseconds(700))
        #expect(bench.pool.staleCount == 0)
    }

    @Test func `after HEAD a connection rests, others are opened meanwhile, and it serves on afterwards`() throws {
        let bench = try Bench("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n")
        bench.exchange(method: "HEAD")
        #expect(bench.pool.idleCount == 0 && bench.pool.openCount == 1 && bench.pool.busyCount == 0)
        for _ in 0..<10 { bench.exchange(method: "HEAD") }
        // However many come, two rest and a third is the last one's.
        #expect(bench.pool.openCount <= 3)
        #expect(bench.turn { bench.pool.idleCount == bench.pool.openCount })
        let made = bench.pool.connectCount
        bench.exchange(method: "HEAD")
        #expect(bench.pool.connectCount == made)
        // In time the server has shown that it sends nothing behind these.
        for _ in 0..<16 where bench.pool.bodiless.mustRest(.head) {
            bench.exchange(3, method: "HEAD")
            #expect(bench.turn { bench.pool.idleCount == bench.pool.openCount })
        }
        bench.exchange(method: "HEAD")
        #expect(bench.pool.idleCount == bench.pool.openCount)
    }

    @Test func `a body behind the answer to HEAD is nobody's answer`() throws {
        let bench = try Bench("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nlate on")
        for _ in 0..<20 {
            bench.exchange(method: "HEAD")
            #expect(bench.turn { bench.pool.openCount == 0 })
        }
        #expect(bench.failures.isEmpty)
    }

    @Test func `one that belongs to a client is given to nobody else, and ends with that client`() throws {
        let bench = try Bench()
        let lost = Tally()
        let owner = BoundStreams { lost.add() }
        let own = try #require(bench.take())
        own.bind(to: owner)
        bench.send(on: own)
        #expect(bench.turn { bench.ended == 1 })
        #expect(bench.pool.idleCount == 0 && bench.pool.busyCount == 0 && bench.pool.openCount == 1)
        // Others get another one.
        bench.exchange()
        #expect(bench.pool.openCount == 2 && owner.count == 1)
        // Its own client gets it again, and only to that address.
        let elsewhere = try #require(SocketAddress(host: "127.0.0.1", port: 9))
        #expect(owner.take(to: elsewhere, for: bench, verify: true) == nil)
        let again = try #require(owner.take(to: own.address, for: bench, verify: true) as? UpstreamConnection)
        #expect(again === own && again.wasReused)
        #expect(owner.take(to: own.address, for: bench, verify: true) == nil)
        bench.send(on: again)
        #expect(bench.turn { bench.ended == 3 })
        owner.close()
        #expect(lost.count == 0 && owner.count == 0)
        #expect(bench.pool.openCount == 1 && bench.pool.idleCount == 1)
        #expect(bench.pool.busyCount == 0)
    }

    @Test func `when one that belongs to a client ends, that client is told`() throws {
        let bench = try Bench()
        let lost = Tally()
        let owner = BoundStreams { lost.add() }
        let own = try #require(bench.take())
        own.bind(to: owner)
        bench.send(on: own)
        #expect(bench.turn { bench.ended == 1 })
        bench.pool.close()
        #expect(lost.count == 1 && owner.count == 0 && bench.pool.openCount == 0)
    }

    @Test func `an answer that began before its request was whole costs the connection`() throws {
        let begun = Gate()
        let relay = try RelayFixture { client in
            _ = try client.read(until: "\r\n\r\n")
            try client.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no")
            _ = try client.read(exactly: 3)
            begun.wait()
            try client.send("k")
            _ = client.readToEnd()
        }
        let client = try relay.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n")
        _ = try client.read(until: "\r\n\r\no")
        try client.send("abc")
        begun.open()
        #expect(try client.read(exactly: 1) == Array("k".utf8))
        #expect(relay.becomes { relay, _ in relay.pool.openCount == 0 })
    }
}
