import DurableFiles
import EventLoop
import JSON
import TestSupport
import Testing

@testable import Router

/// `/events` is a stream of events, `/lines` one without a length, `/ws` becomes a tunnel, `/held` waits; all until
/// released. The rest is answered at once.
private final class StreamingUpstream: Sendable {
    private let gate = Gate()
    private let arrivals = Gate()
    private let heads = Guarded<[String]>([])
    private let open = Guarded<(now: Int, peak: Int)>((0, 0))
    private let server: Guarded<RawServer?> = Guarded(nil)

    init() throws {
        let (gate, arrivals, heads, open) = (gate, arrivals, heads, open)
        let made = try RawServer { client in
            open.withLock { $0 = ($0.now + 1, max($0.peak, $0.now + 1)) }
            defer { open.withLock { $0.now -= 1 } }
            while true {
                let head = try client.readMessage().head
                heads.withLock { $0.append(head) }
                let path = head.split(separator: " ")[1]
                switch path {
                case "/events":
                    try client.send(
                        "HTTP/1.1 200 OK\r\ncontent-type: Text/Event-Stream;charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
                            + "8\r\ndata: 1\n\r\n")
                case "/lines":
                    try client.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n1\n\r\n")
                case "/ws":
                    try client.send(
                        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")
                case "/held": break
                default:
                    try client.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfast")
                    continue
                }
                arrivals.open()
                gate.wait()
                gate.open()
                switch path {
                case "/events", "/lines": try client.send("0\r\n\r\n")
                case "/ws": return
                default: try client.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nheld")
                }
            }
        }
        server.withLock { $0 = made }
    }

    var port: UInt16 { server.withLock { $0?.port ?? 0 } }
    var requests: [String] { heads.withLock { $0 } }
    /// Most connections that were open at once.
    var peak: Int { open.withLock { $0.peak } }
    func waitForArrival() { #expect(arrivals.wait()) }
    func release() { gate.open() }
}

struct StreamLimitTests {
    private static func router(
        _ upstream: StreamingUpstream, _ limits: String, threads: Int, connect: String = "30s", route: String = "",
        top: String = ""
    ) throws -> RouterFixture {
        try RouterFixture(
            """
            { "version": 1, "listen": ["127.0.0.1:0"], "admin": { "unix": "admin.sock", "listen": "127.0.0.1:0" },
              \(top) "timeouts": { "drain": "100ms" }, "defaults": { "timeouts": { "connect": "\(connect)" } },
              "upstreams": { "old": { "endpoints": ["127.0.0.1:\(upstream.port)"], \(limits) } },
              "routes": [ { "id": "all", "match": { "prefix": "/" }, "legacy": "old", "websocket": true\(route) } ] }
            """, threads: threads)
    }

    private static let handshake =
        "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

    private static func refusals(_ router: RouterFixture, _ key: String) throws -> (total: Int, lastMinute: Int) {
        let upstream = try router.admin("GET", "/v1/status").json.root["upstreams"]?[0]
        let found = upstream?["refusals"]?.elements.first { $0["limit"]?.string == key }
        return (found?["total"]?.int ?? -1, found?["last_minute"]?.int ?? -1)
    }

    @Test(arguments: [1, 2])
    func `streams of events take none of the connections of requests`(threads: Int) throws {
        let upstream = try StreamingUpstream()
        defer { upstream.release() }
        let router = try Self.router(upstream, #""connections": 2, "streams": 6"#, threads: threads)
        var streams: [RawClient] = []
        for _ in 0..<6 {
            let client = try router.client()
            try client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.read(until: "data: 1\n\r\n").hasPrefix("HTTP/1.1 200"))
            streams.append(client)
        }
        for _ in 0..<20 { #expect(try router.get("/").body == "fast") }
        let upstreams = try router.admin("GET", "/v1/status").json.root["upstreams"]?[0]
        #expect(upstreams?["streams"]?.int == 6)
        #expect(upstreams?["connections"]?.int == 0)

        // One more than there may be is refused by name, and what is not a stream goes on.
        let (head, body) = try router.get("/events")
        #expect(head.hasPrefix("HTTP/1.1 503") && head.contains("\r\nretry-after: 1\r\n"))
        #expect(body.contains("All streams to the upstream are in use."))
        #expect(try router.get("/").body == "fast")
        #expect(try Self.refusals(router, "streams") == (1, 1))
        #expect(
            try router.metrics().contains(
                #"strangler_shed_requests_total{reason="upstream_streams",upstream="old"} 1"#))
        withExtendedLifetime(streams) {}
    }

    @Test func `streams are none of the requests that the router may have under way`() throws {
        let upstream = try StreamingUpstream()
        defer { upstream.release() }
        let router = try Self.router(upstream, #""streams": 64"#, threads: 1, top: #""limits": { "inFlight": 8 },"#)
        var streams: [RawClient] = []
        for number in 0..<32 {
            let client = try router.client()
            try client.send(number % 2 == 0 ? Self.handshake : "GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.read(until: "\r\n\r\n").hasPrefix(number % 2 == 0 ? "HTTP/1.1 101" : "HTTP/1.1 200"))
            upstream.waitForArrival()
            streams.append(client)
        }
        for _ in 0..<10 { #expect(try router.get("/").body == "fast") }
        func underWay() throws -> Int? { try router.admin("GET", "/v1/status").json.root["router"]?["in_flight"]?.int }
        #expect(try underWay() == 32)
        for client in streams { client.resetOnClose() }
        streams = []
        let patience = ContinuousClock.now + .seconds(10)
        while try underWay() != 0 { try #require(ContinuousClock.now < patience) }
        // As many requests as before, and no fewer: what ended was counted where it had begun.
        var held: [RawClient] = []
        for count in 1...7 {
            let client = try router.client()
            try client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
            upstream.waitForArrival()
            held.append(client)
            #expect(try router.get("/").head.hasPrefix(count < 7 ? "HTTP/1.1 200" : "HTTP/1.1 503"))
        }
        withExtendedLifetime(held) {}
    }

    @Test(arguments: [1, 2])
    func `a tunnel beyond the limit is refused before the upstream sees it, and one that ended makes room`(
        threads: Int
    ) throws {
        let upstream = try StreamingUpstream()
        defer { upstream.release() }
        let router = try Self.router(upstream, #""connections": 1, "streams": 2"#, threads: threads)
        func open() throws -> (client: RawClient, head: String) {
            let client = try router.client()
            try client.send(Self.handshake)
            return (client, try client.read(until: "\r\n\r\n"))
        }
        var first: (client: RawClient, head: String)? = try open()
        let second = try open()
        #expect(first?.head.hasPrefix("HTTP/1.1 101") == true && second.head.hasPrefix("HTTP/1.1 101"))
        #expect(try open().head.hasPrefix("HTTP/1.1 503"))
        #expect(upstream.requests.count == 2)
        for _ in 0..<20 { #expect(try router.get("/").body == "fast") }
        #expect(try Self.refusals(router, "streams").total == 1)

        first?.client.resetOnClose()
        // Closes it.
        first = nil
        let patience = ContinuousClock.now + .seconds(10)
        while try router.admin("GET", "/v1/status").json.root["upstreams"]?[0]?["streams"]?.int != 1 {
            try #require(ContinuousClock.now < patience)
        }
        #expect(try open().head.hasPrefix("HTTP/1.1 101"))
        withExtendedLifetime(second) {}
    }

    @Test(arguments: [1, 2])
    func `an answer without a length that runs for long gives its connection up to requests`(threads: Int) throws {
        let upstream = try StreamingUpstream()
        defer { upstream.release() }
        let router = try Self.router(
            upstream, #""connections": 1, "streams": 4"#, threads: threads, route: #", "longLived": { "after": "1ms" }"#
        )
        let stream = try router.client()
        try stream.send("GET /lines HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try stream.read(until: "2\r\n1\n\r\n")
        // However few milliseconds it has run: a request waits for the connection until it counts as a stream.
        for _ in 0..<5 { #expect(try router.get("/").body == "fast") }
        #expect(try router.admin("GET", "/v1/status").json.root["upstreams"]?[0]?["streams"]?.int == 1)
        withExtendedLifetime(stream) {}
    }

    @Test func `the limit of connections is the process's: all of them serve, on whichever loops their clients are`()
        throws
    {
        for _ in 0..<4 {
            let upstream = try StreamingUpstream()
            let router = try Self.router(upstream, #""connections": 8"#, threads: 2)
            let clients = try (0..<8).map { _ in try router.client() }
            for client in clients { try client.send("POST /held HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi") }
            for _ in 0..<8 { upstream.waitForArrival() }
            upstream.release()
            for client in clients { #expect(String(decoding: try client.readMessage().body, as: UTF8.self) == "held") }
            #expect(upstream.peak == 8)
        }
    }

    @Test func `a connection that one loop has idle is given up for another loop's request`() throws {
        let upstream = try StreamingUpstream()
        let router = try Self.router(upstream, #""connections": 1"#, threads: 2)
        for _ in 0..<40 { #expect(try router.get("/").body == "fast") }
        #expect(upstream.requests.count == 40)
    }

    @Test(arguments: [1, 2])
    func `a reload with another limit takes the connections of before over into it`(threads: Int) throws {
        let upstream = try StreamingUpstream()
        let router = try Self.router(upstream, #""connections": 2, "pending": 64"#, threads: threads)
        let file = DurableFile(path: "\(router.folder)/routes.json")
        for pending in 65..<75 {
            for _ in 0..<4 { #expect(try router.get("/").body == "fast") }
            let text = String(decoding: try file.read(), as: UTF8.self)
            try router.write(text.replacing("\"pending\": \(pending - 1)", with: "\"pending\": \(pending)"))
            #expect(try router.admin("POST", "/v1/reload").json.root["changed"]?.bool == true)
            // The pool of before has its idle connections still, and is asked for them.
            for _ in 0..<4 { #expect(try router.get("/").body == "fast") }
        }
        #expect(upstream.requests.count == 80)
    }

    @Test func `no loop starves while another keeps its connections busy`() throws {
        let upstream = try StreamingUpstream()
        let router = try Self.router(upstream, #""connections": 2"#, threads: 2)
        let (failed, done) = (Tally(), Gate())
        for _ in 0..<8 {
            RawServer.thread {
                do {
                    let client = try router.client()
                    for _ in 0..<50 {
                        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                        if try !client.readMessage().head.hasPrefix("HTTP/1.1 200") { failed.add() }
                    }
                } catch {
                    failed.add()
                }
                done.open()
            }
        }
        for _ in 0..<8 { #expect(done.wait()) }
        #expect(failed.count == 0)
        #expect(upstream.requests.count == 400)
    }

    @Test(arguments: [1, 2])
    func `a request that finds no connection in time is counted by what was missing`(threads: Int) throws {
        let upstream = try StreamingUpstream()
        defer { upstream.release() }
        let router = try Self.router(upstream, #""connections": 2"#, threads: threads, connect: "50ms")
        let held = try (0..<2).map { _ in try router.client() }
        for client in held {
            try client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
            upstream.waitForArrival()
        }
        for _ in 0..<3 { #expect(try router.get("/").head.hasPrefix("HTTP/1.1 503")) }
        #expect(try Self.refusals(router, "connections") == (3, 3))
        #expect(
            try router.metrics().contains(
                #"strangler_shed_requests_total{reason="upstream_connections",upstream="old"} 3"#))
        withExtendedLifetime(held) {}
    }

    @Test func `a queue that is full is counted for its upstream`() throws {
        let upstream = try StreamingUpstream()
        defer { upstream.release() }
        let router = try Self.router(upstream, #""connections": 1, "pending": 0"#, threads: 1)
        let held = try router.client()
        try held.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
        upstream.waitForArrival()
        #expect(try router.get("/").head.hasPrefix("HTTP/1.1 503"))
        #expect(try Self.refusals(router, "pending") == (1, 1))
        withExtendedLifetime(held) {}
    }
}

struct RecentCountTests {
    @Test func `what happened in the last minute is counted, and nothing older`() {
        var count = RecentCount()
        #expect(count.total(now: 0) == 0)
        for now: Int64 in [0, 1, 4_999, 5_000, 59_999] { count.count(now: now) }
        #expect(count.total(now: 59_999) == 5)
        #expect(count.total(now: 60_000) == 2)
        #expect(count.total(now: 64_999) == 2)
        #expect(count.total(now: 65_000) == 1)
        #expect(count.total(now: 114_999) == 1)
        #expect(count.total(now: 115_000) == 0)
        count.count(now: 1_000_000_000)
        #expect(count.total(now: 1_000_000_000) == 1)
        #expect(count.total(now: .max) == 0)
    }

    @Test func `a clock that stands or goes back counts on`() {
        var count = RecentCount()
        count.count(now: 100_000)
        count.count(now: 90_000)
        count.count(now: -5)
        #expect(count.total(now: 100_000) == 3)
    }
}
