import EventLoop
import Glibc
import HTTP
import TestSupport
import Testing

@testable import HTTPTransport

/// Connections that are not there at once. What leads to 0.0.0.0 comes to this machine like what leads to 127.0.0.1,
/// but the transport does not take it for loopback, and so waits for the connection as it waits for one across a
/// network.
@Suite struct UpstreamDialTests {
    /// One pool on this thread, whose clock stands still until it is moved, and one exchange.
    private final class Bench: UpstreamStreamDelegate {
        let loop: Loop
        let pool: UpstreamPool
        private(set) var connected: [any UpstreamStream] = []
        private(set) var failed: [(stream: any UpstreamStream, failure: UpstreamFailure)] = []
        private(set) var body: [UInt8] = []
        private(set) var ended = 0

        init(_ host: String = "0.0.0.0", port: UInt16, limit: Int = 4) throws {
            let address = try #require(SocketAddress(host: host, port: port))
            loop = try Loop(clock: .manual)
            loop.adoptCurrentThread()
            var options = UpstreamOptions()
            options.maxConnections = limit
            pool = UpstreamPool(loop: loop, address: address, options: options)
        }

        func take() throws -> any UpstreamStream {
            try #require(pool.stream(for: self, connectTimeout: .seconds(2)))
        }

        func send(on stream: any UpstreamStream) {
            let isSent = HTTPRequest(host: "a").withOutgoing(limit: 1000) {
                stream.sendHead($0, responseTimeout: .seconds(10), idleTimeout: .seconds(10))
            }
            #expect(isSent)
            stream.finishRequest()
            (stream as? UpstreamConnection)?.flush()
        }

        func becomes(_ condition: () -> Bool) -> Bool {
            let patience = Moment.read() + .seconds(5)
            while !condition(), Moment.read() < patience { loop.turn(wait: false) }
            return condition()
        }

        func upstreamConnected(_ upstream: any UpstreamStream) { connected.append(upstream) }
        func upstreamHead(_ upstream: any UpstreamStream, _ response: ResponseHeadView) {}
        func upstreamBody(_ upstream: any UpstreamStream, _ bytes: UnsafeRawBufferPointer) { body += bytes }
        func upstreamEnd(_ upstream: any UpstreamStream) { ended += 1 }
        func upstreamFailed(_ upstream: any UpstreamStream, _ failure: UpstreamFailure) {
            failed.append((upstream, failure))
        }
    }

    private func server() throws -> RawServer {
        try RawServer { client in
            while true {
                _ = try client.readMessage()
                try client.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
            }
        }
    }

    /// Accepts nobody, and has no place left for those who wait to be accepted: what connects waits for an answer.
    private final class FullServer {
        private let listening: ListeningPort
        private var waiting: [Int32] = []
        var port: UInt16 { listening.number }

        init() throws {
            listening = try ListeningPort(backlog: 0)
            let to = try #require(SocketAddress(host: "127.0.0.1", port: port))
            // One has a place in a line of none.
            for _ in 0..<4 {
                let client = try SystemCall.streamSocket(AF_INET)
                waiting.append(client)
                _ = try SystemCall.connect(client, to: to)
            }
        }

        deinit { for fd in waiting + [listening.descriptor] { close(fd) } }
    }

    @Test func `the stream that serves is another one, chosen once the connection is there`() throws {
        let server = try server()
        let bench = try Bench(port: server.port)
        let dial = try bench.take()
        #expect(!dial.isConnected && dial is UpstreamDial)
        #expect(bench.pool.openCount == 1 && bench.pool.busyCount == 1)
        #expect(bench.becomes { bench.connected.count == 1 })
        let stream = bench.connected[0]
        #expect(stream.isConnected && stream is UpstreamConnection && bench.pool.openCount == 1)
        bench.send(on: stream)
        #expect(bench.becomes { bench.ended == 1 })
        #expect(bench.body == Array("hi".utf8) && bench.pool.idleCount == 1 && bench.pool.openCount == 1)
        // It serves on like any other.
        let again = try bench.take()
        #expect(again === stream && again.isConnected)
    }

    @Test func `nothing can be done with it but to give it up`() throws {
        let server = try server()
        let bench = try Bench(port: server.port)
        let dial = try bench.take()
        dial.finishRequest()
        dial.sendBody(UnsafeRawBufferPointer(start: nil, count: 0))
        dial.useOnce()
        dial.bind(to: BoundStreams {})
        #expect(!dial.isBound && !dial.countAsLong() && bench.pool.longCount == 0)
        #expect(bench.becomes { bench.connected.count == 1 })
        // It is over, whatever is still done with it.
        dial.cancel()
        dial.endTunnel()
        bench.send(on: bench.connected[0])
        #expect(bench.becomes { bench.ended == 1 } && bench.failed.isEmpty)
    }

    @Test func `one that is given up makes room, and nobody is told`() throws {
        let server = try server()
        let bench = try Bench(port: server.port, limit: 1)
        let dial = try bench.take()
        #expect(bench.pool.stream(for: bench, connectTimeout: .seconds(2)) == nil)
        dial.cancel()
        #expect(bench.pool.openCount == 0 && bench.pool.hasRoom)
        let next = try bench.take()
        #expect(bench.becomes { bench.connected.count == 1 } && next !== dial)
        #expect(bench.failed.isEmpty)
    }

    @Test func `reading that is held and let go meanwhile does not hold up the connection`() throws {
        let server = try server()
        let bench = try Bench(port: server.port)
        let dial = try bench.take()
        dial.pauseReading()
        dial.resumeReading()
        #expect(bench.becomes { bench.connected.count == 1 })
    }

    @Test(arguments: ["0.0.0.0", "127.0.0.1"]) func `where nobody listens it fails, but not before the caller has it`(
        host: String
    ) throws {
        let gone = try server()
        gone.stop()
        let bench = try Bench(host, port: gone.port)
        // The port is closed by a thread of its own.
        #expect(bench.becomes { (try? RawClient(port: gone.port)) == nil })
        let dial = try bench.take()
        #expect(!dial.isConnected && bench.failed.isEmpty)
        #expect(bench.becomes { bench.failed.count == 1 })
        #expect(bench.failed[0].stream === dial)
        let failure = bench.failed[0].failure
        #expect(failure.kind == .connectRefused && failure.nothingSent && !failure.wasReused)
        #expect(bench.pool.openCount == 0)
    }

    @Test func `one that has failed already is given up like any other`() throws {
        // No connection leads to everybody.
        let bench = try Bench("255.255.255.255", port: 1)
        let (dial, other) = (try bench.take(), try bench.take())
        dial.cancel()
        #expect(bench.becomes { bench.failed.count == 1 })
        #expect(bench.failed[0].stream === other && bench.pool.openCount == 0)
        guard case .connectFailed = bench.failed[0].failure.kind else {
            Issue.record("\(bench.failed[0].failure)")
            return
        }
    }

    @Test func `who does not answer in time has failed`() throws {
        let server = try FullServer()
        let bench = try Bench("127.0.0.1", port: server.port)
        let dial = try bench.take()
        #expect(!dial.isConnected)
        bench.loop.advance(by: .milliseconds(1_990))
        bench.loop.turn(wait: false)
        #expect(bench.failed.isEmpty)
        bench.loop.advance(by: .milliseconds(20))
        #expect(bench.becomes { bench.failed.count == 1 })
        #expect(bench.failed[0].failure.kind == .connectTimedOut && bench.failed[0].failure.nothingSent)
        #expect(bench.pool.openCount == 0 && bench.connected.isEmpty)
    }

    @Test func `an exchange that waits for its connection sends its body all the same`() throws {
        let relay = try RelayFixture(host: "0.0.0.0") { client in
            let message = try client.readMessage()
            try client.send("HTTP/1.1 200 OK\r\nContent-Length: \(message.body.count)\r\n\r\n")
            try client.send(String(decoding: message.body, as: UTF8.self))
        }
        let client = try relay.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
        #expect(try client.read(until: "abc").hasPrefix("HTTP/1.1 200"))
    }
}
