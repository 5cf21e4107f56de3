import EventLoop
import HTTP
import HTTPTransport
import TestSupport
import Testing

/// Of malloc.h, which `Glibc` does not import.
@_silgen_name("malloc_usable_size") private func allocatedSize(_ object: UnsafeMutableRawPointer) -> Int

/// Slow clients against a clock that stands still until it is moved: the test's own thread is the loop's.
@Suite struct DeadlineTests {
    /// Answers every request at once, with what it has got of the body.
    final class Answerer: ClientStreamDelegate {
        var received = 0
        var last: (any ClientStream)?
        var answersAtOnce = false
        var ends: [ExchangeEnd] = []
        func requestHead(_ connection: any ClientStream, _ request: RequestHeadView) {
            last = connection
            if answersAtOnce { answer(connection) }
        }
        func requestBody(_ connection: any ClientStream, _ bytes: UnsafeRawBufferPointer) { received += bytes.count }
        func requestEnd(_ connection: any ClientStream) { if !answersAtOnce { answer(connection) } }
        func exchangeEnded(_ connection: any ClientStream, _ end: ExchangeEnd) { ends.append(end) }
        private func answer(_ connection: any ClientStream) {
            connection.sendHead(connection.beginHead(.ok), body: .none)
            connection.finish()
        }
    }

    struct Bench {
        let loop: Loop
        let delegate = Answerer()
        let listener: Listener
        let client: RawClient

        init(_ options: ServerOptions = ServerOptions()) throws {
            loop = try Loop(clock: .manual)
            loop.adoptCurrentThread()
            let address = try #require(SocketAddress("127.0.0.1:0"))
            listener = try Listener(loop: loop, address: address, options: options, delegate: delegate)
            client = try RawClient(port: try #require(listener.address.port), timeoutSeconds: 5)
        }

        /// Turns the loop until it is so; false after five seconds.
        func becomes(_ condition: (Bench) -> Bool) -> Bool {
            let end = Moment.read() + .seconds(5)
            while Moment.read() < end {
                if condition(self) { return true }
                loop.turn(wait: false)
            }
            return false
        }

        /// Sends, and lets the loop see it.
        func send(_ text: String) throws {
            try client.send(text)
            settle()
        }

        /// The kernel delivers in its own time when the machine is busy: turns for two milliseconds.
        func settle() {
            let end = Moment.read() + .milliseconds(2)
            repeat { loop.turn(wait: false) } while Moment.read() < end
        }

        func advance(_ span: Duration) {
            loop.advance(by: span)
            settle()
        }
    }

    @Test func `a head that does not come whole in ten seconds is answered 408, however it drips`() throws {
        let bench = try Bench()
        try bench.send("G")
        #expect(bench.listener.connectionCount == 1)
        for letter in "ET / HTTP" {
            bench.advance(.seconds(1))
            try bench.send(String(letter))
        }
        #expect(bench.listener.connectionCount == 1)
        bench.advance(.milliseconds(1_100))
        #expect(try bench.client.readMessage().head.hasPrefix("HTTP/1.1 408 "))
        #expect(bench.client.read() == .end)
        bench.advance(.seconds(3))
        #expect(bench.listener.connectionCount == 0)
    }

    @Test func `an idle connection is closed after 75 seconds, and each request begins them anew`() throws {
        let bench = try Bench()
        for _ in 0..<5 {
            try bench.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try bench.client.readMessage().head.hasPrefix("HTTP/1.1 200 "))
            bench.advance(.seconds(74))
            #expect(bench.listener.connectionCount == 1)
        }
        bench.advance(.seconds(2))
        #expect(bench.listener.connectionCount == 0)
        #expect(bench.client.read() == .end)
    }

    @Test func `a body that stops for 30 seconds is answered 408`() throws {
        let bench = try Bench()
        try bench.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
        for _ in 0..<20 {
            // Fast enough for the rate.
            try bench.send(String(repeating: "x", count: 4_000))
            bench.advance(.seconds(2))
        }
        #expect(bench.delegate.ends.isEmpty)
        // Its average carries it on, but 30 silent seconds end it.
        bench.advance(.seconds(29))
        #expect(try bench.client.readMessage().head.hasPrefix("HTTP/1.1 408 "))
        #expect(bench.delegate.ends == [.completed])
    }

    @Test func `a body below 1 KiB a second is given ten seconds`() throws {
        let bench = try Bench()
        try bench.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
        for _ in 0..<9 {
            try bench.send(String(repeating: "x", count: 500))
            bench.advance(.seconds(1))
        }
        #expect(bench.delegate.ends.isEmpty)
        bench.advance(.milliseconds(1_500))
        #expect(try bench.client.readMessage().head.hasPrefix("HTTP/1.1 408 "))
    }

    @Test func `a request that is answered while its body is missing ends the connection after a while`() throws {
        let bench = try Bench()
        bench.delegate.answersAtOnce = true
        try bench.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc")
        #expect(
            try bench.client.readMessage().head == "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        #expect(bench.client.read() == .end)
        try bench.send("more that nobody reads")
        #expect(bench.listener.connectionCount == 1)
        bench.advance(.seconds(3))
        #expect(bench.listener.connectionCount == 0)
        #expect(bench.delegate.received == 0)
    }

    @Test func `after so many requests the connection ends`() throws {
        var options = ServerOptions()
        options.requestsPerConnection = 3
        let bench = try Bench(options)
        for number in 1...3 {
            try bench.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try bench.client.readMessage().head.contains("connection: close") == (number == 3))
        }
        #expect(bench.client.read() == .end)
    }

    @Test func `connections beyond the limits are answered 503 and closed`() throws {
        var options = ServerOptions()
        options.connectionsPerAddress = 2
        let bench = try Bench(options)
        let port = try #require(bench.listener.address.port)
        try bench.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let second = try RawClient(port: port)
        try second.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        bench.settle()
        let third = try RawClient(port: port)
        try third.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        bench.settle()
        #expect(try second.readMessage().head.hasPrefix("HTTP/1.1 200 "))
        let (text, last) = third.readToEnd()
        #expect(text.hasPrefix("HTTP/1.1 503 "))
        #expect(last == .end)
        second.shutdownSending()
        #expect(bench.becomes { $0.listener.connectionCount == 1 })
        let fourth = try RawClient(port: port)
        try fourth.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        bench.settle()
        #expect(try fourth.readMessage().head.hasPrefix("HTTP/1.1 200 "))
        #expect(bench.listener.shedCount == 1)
    }

    @Test func `draining answers what comes within half a second, with close, then ends`() throws {
        let bench = try Bench()
        try bench.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try bench.client.readMessage()
        var isDone = false
        bench.listener.drain(within: .seconds(10)) { isDone = true }
        #expect(throws: RawClient.Failure.self) { try RawClient(port: try #require(bench.listener.address.port)) }
        bench.advance(.milliseconds(300))
        try bench.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try bench.client.readMessage().head.contains("connection: close\r\n"))
        #expect(bench.client.read() == .end)
        #expect(isDone)
    }

    @Test func `draining closes idle connections, waits for busy ones, and ends them when time is over`() throws {
        let bench = try Bench()
        try bench.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try bench.client.readMessage()
        let busy = try RawClient(port: try #require(bench.listener.address.port))
        try busy.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
        bench.settle()
        var isDone = false
        #expect(bench.becomes { $0.listener.connectionCount == 2 })
        bench.listener.drain(within: .seconds(5)) { isDone = true }
        bench.advance(.milliseconds(600))
        #expect(bench.client.read() == .end)
        #expect(bench.listener.connectionCount == 1)
        #expect(!isDone)
        bench.advance(.seconds(5))
        #expect(busy.read() == .reset)
        #expect(isDone)
    }

    @Test func `the object of a connection is small, because thousands may be idle`() throws {
        let bench = try Bench()
        try bench.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let connection = try #require(bench.delegate.last as? ServerConnection)
        let objects: [AnyObject] = [connection, connection.transport]
        let size = objects.reduce(0) { $0 + allocatedSize(Unmanaged.passUnretained($1).toOpaque()) }
        #expect(size <= 640)
    }
}
