import EventLoop
import TestSupport
import Testing

@testable import HTTPTransport

/// Listener and transport with something on them that is no HTTP.
@Suite struct ByteTransportTests {
    /// Says back what it hears, behind a mark of its own.
    private final class Echo: ConnectionProtocol, AcceptedConnection {
        private unowned let listener: Listener
        private let mark: StaticString
        var place = 0
        let peerBytes: (high: UInt64, low: UInt64)
        let isUnix: Bool
        private(set) var isOver = false
        private(set) var heard = 0

        init(_ transport: ByteTransport, _ peer: SocketAddress, _ listener: Listener, mark: StaticString) {
            self.listener = listener
            self.mark = mark
            peerBytes = peer.hostBytes
            isUnix = peer.isUnix
            super.init(transport)
            transport.attach(self)
        }

        func start() { updateInterest() }
        func closeIfIdle() { end(reset: false) }
        func cutOff() { end(reset: true) }

        private func end(reset: Bool) {
            guard !isOver else { return }
            isOver = true
            transport.close(reset: reset)
            listener.dismissed(self)
        }

        override func inputReady(_ events: EventSet) {
            guard case .count(let count) = try? transport.receive(atMost: 64), count > 0 else { return cutOff() }
            heard += count
            write(mark)
            write(UnsafeRawBufferPointer(rebasing: loop.readBuffer[..<count]))
        }
    }

    private final class Acceptor: ConnectionAcceptor {
        var last: Echo?
        let refusal: StaticString = "full"

        func accept(
            _ transport: ByteTransport, from peer: SocketAddress, at listener: Listener
        ) -> any AcceptedConnection {
            let made = Echo(transport, peer, listener, mark: ">")
            last = made
            return made
        }
    }

    private struct Bench {
        let loop: Loop
        let acceptor = Acceptor()
        let listener: Listener

        init(connections: Int = 10) throws {
            loop = try Loop(clock: .manual)
            loop.adoptCurrentThread()
            var limits = ListenerLimits()
            limits.connections = connections
            let address = try #require(SocketAddress("127.0.0.1:0"))
            listener = try Listener(loop: loop, address: address, limits: limits, acceptor: acceptor)
        }

        /// The server waits for the first bytes before it accepts, so they are sent here.
        func client(_ text: String) throws -> RawClient {
            let client = try RawClient(port: try #require(listener.address.port))
            try client.send(text)
            return client
        }

        func turn(until condition: () -> Bool) {
            let patience = Moment.read() + .seconds(5)
            while !condition(), Moment.read() < patience { loop.turn(wait: false) }
        }

        /// What the client gets once `condition` holds.
        func read(_ client: RawClient, _ count: Int, after condition: () -> Bool) throws -> String {
            turn(until: condition)
            return String(decoding: try client.read(exactly: count), as: UTF8.self)
        }
    }

    @Test func `a listener accepts, counts, refuses and drains what it knows nothing of`() throws {
        let bench = try Bench(connections: 1)
        let client = try bench.client("abc")
        #expect(try bench.read(client, 4) { bench.acceptor.last?.heard == 3 } == ">abc")
        #expect(bench.listener.connectionCount == 1)
        let second = try bench.client("x")
        #expect(try bench.read(second, 4) { bench.listener.shedCount == 1 } == "full")
        var isDone = false
        bench.listener.drain(within: .seconds(5)) { isDone = true }
        #expect(!isDone)
        bench.loop.advance(by: .milliseconds(600))
        #expect(isDone)
        #expect(bench.listener.connectionCount == 0)
    }

    @Test func `what is spoken on a connection can be chosen anew while it lives`() throws {
        let bench = try Bench()
        let client = try bench.client("abc")
        #expect(try bench.read(client, 4) { bench.acceptor.last?.heard == 3 } == ">abc")
        let old = try #require(bench.acceptor.last)
        let peer = try #require(SocketAddress("127.0.0.1:1"))
        let new = Echo(old.transport, peer, bench.listener, mark: "!")
        try client.send("abc")
        #expect(try bench.read(client, 4) { new.heard == 3 } == "!abc")
        #expect(old.heard == 3)
        bench.listener.closeNow()
    }

    @Test func `an object that closes its own transport lives until the turn is over, and no longer`() throws {
        let bench = try Bench()
        weak var seen: Echo?
        weak var transport: ByteTransport?
        do {
            let client = try bench.client("a")
            #expect(try bench.read(client, 2) { bench.acceptor.last?.heard == 1 } == ">a")
            seen = bench.acceptor.last
            transport = seen?.transport
            bench.acceptor.last = nil
        }
        // The client has closed.
        bench.turn { seen == nil }
        #expect(seen == nil)
        #expect(transport == nil)
    }
}
