import EventLoop
import JSON
import TestSupport
import Testing

@testable import Router

/// Takes requests and responses none of them until it is released; then all, and at once.
final class StuckUpstream: Sendable {
    private let released = Guarded(false)
    private let arrived = Gate()
    private let gate = Gate()
    let tally = Tally()
    private let lines = Guarded<[String]>([])
    private let server: Guarded<RawServer?> = Guarded(nil)

    init() throws {
        let (released, arrived, gate, tally, lines) = (released, arrived, gate, tally, lines)
        let made = try RawServer { client in
            while true {
                let head = try client.readMessage().head
                lines.withLock { $0.append(String(head.prefix { $0 != "\r\n" })) }
                tally.add()
                arrived.open()
                if !released.withLock({ $0 }) {
                    gate.wait()
                    // One after the other lets the next through.
                    gate.open()
                }
                try client.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nstuck")
            }
        }
        server.withLock { $0 = made }
    }

    var port: UInt16 { server.withLock { $0?.port ?? 0 } }

    /// Request lines, in the order in which they came.
    var requests: [String] { lines.withLock { $0 } }

    /// Waits until one more request has come.
    func waitForRequest() { #expect(arrived.wait()) }

    func release() {
        released.withLock { $0 = true }
        gate.open()
    }
}

struct OverloadTests {
    /// Three routes to fast upstreams, one to a stuck one; at most ten requests at once.
    private static func text(fast: UInt16, copies: UInt16, stuck: UInt16) -> String {
        """
        { "version": 1, "listen": ["127.0.0.1:0"], "admin": { "unix": "admin.sock", "listen": "127.0.0.1:0" },
          "limits": { "inFlight": 10 },
          "upstreams": { "fast": { "endpoints": ["127.0.0.1:\(fast)"] }, "copies": { "endpoints": ["127.0.0.1:\(copies)"] },
                         "stuck": { "endpoints": ["127.0.0.1:\(stuck)"] } },
          "routes": [
            { "id": "held", "match": { "prefix": "/held" }, "legacy": "stuck", "priority": "critical" },
            { "id": "pay", "match": { "prefix": "/pay" }, "legacy": "fast", "priority": "critical" },
            { "id": "reports", "match": { "prefix": "/reports" }, "legacy": "fast", "priority": "sheddable" },
            { "id": "all", "match": { "prefix": "/" }, "legacy": "fast", "service": "copies",
              "mirror": { "percent": 100 } }
          ] }
        """
    }

    @Test func `a router that fills up stops copies first, then refuses sheddable, then normal requests`() throws {
        let (fast, copies, stuck) = (try EchoUpstream("fast"), try EchoUpstream("copy"), try StuckUpstream())
        let router = try RouterFixture(Self.text(fast: fast.port, copies: copies.port, stuck: stuck.port))
        var held: [RawClient] = []
        func hold(_ count: Int) throws {
            while held.count < count {
                let client = try router.client()
                try client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
                stuck.waitForRequest()
                held.append(client)
            }
        }
        func mirror() throws -> (sent: Int, overloaded: Int) {
            let status = try router.admin("GET", "/v1/status").json.root["routes"]?[3]?["mirror"]
            return (status?["sent"]?.int ?? -1, status?["skipped"]?["overloaded"]?.int ?? -1)
        }
        func status(_ path: String) throws -> String { String(try router.get(path).head.dropFirst(9).prefix(3)) }

        #expect(try status("/") == "200")
        #expect(try mirror() == (1, 0))
        try hold(7)
        #expect(try status("/") == "200")
        #expect(try mirror() == (1, 1))
        #expect(try status("/reports") == "200")
        try hold(8)
        let (head, body) = try router.get("/reports")
        #expect(head.hasPrefix("HTTP/1.1 503"))
        #expect(head.contains("\r\nretry-after: 1\r\n"))
        #expect(body.contains(#""origin":"router""#))
        #expect(try status("/") == "200")
        try hold(9)
        #expect(try status("/") == "503")
        for _ in 0..<20 { #expect(try status("/pay") == "200") }

        stuck.release()
        for client in held { #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 200")) }
        #expect(try status("/reports") == "200")
        #expect(try status("/") == "200")
        #expect(try mirror().sent == 2)
        let lines = try router.metrics()
        #expect(lines.contains(#"strangler_shed_requests_total{reason="in_flight"} 2"#))
        // The one at the mark for copies, the one at the mark for sheddable requests, and the one that was refused.
        #expect(lines.contains(#"strangler_mirror_total{route="all",result="skipped_overloaded"} 3"#))
    }

    @Test func `behind a queue, reads of the service go to legacy, writes wait, and what is sheddable is refused`()
        throws
    {
        let (old, stuck) = (try EchoUpstream("old"), try StuckUpstream())
        let text = """
            { "version": 1, "listen": ["127.0.0.1:0"], "admin": { "unix": "admin.sock", "listen": "127.0.0.1:0" },
              "defaults": { "timeouts": { "connect": "30s" } },
              "upstreams": { "old": { "endpoints": ["127.0.0.1:\(old.port)"] },
                             "new": { "endpoints": ["127.0.0.1:\(stuck.port)"], "connections": 1, "pending": 4 } },
              "contexts": { "free": { "keys": [], "mode": "stateless" } },
              "routes": [
                { "id": "reports", "match": { "prefix": "/reports" }, "legacy": "old", "service": "new",
                  "context": "free", "percent": 100, "priority": "sheddable" },
                { "id": "pay", "match": { "prefix": "/pay" }, "legacy": "old", "service": "new",
                  "context": "free", "percent": 100, "priority": "critical" },
                { "id": "all", "match": { "prefix": "/" }, "legacy": "old", "service": "new", "context": "free",
                  "percent": 100 }
              ] }
            """
        let router = try RouterFixture(text)
        let waiting = try (0..<4).map { _ in try router.client() }
        func send(_ number: Int, _ path: String) throws {
            try waiting[number].send("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
            let route = path == "/pay" ? 1 : 2
            // Until it is seen to be under way.
            let wanted = number
            for _ in 0..<10_000 {
                let routes = try router.admin("GET", "/v1/status").json.root["routes"]
                let sum = (1...2).reduce(0) { $0 + (routes?[$1]?["service"]?["in_flight"]?.int ?? 0) }
                if sum > wanted, routes?[route]?["service"]?["in_flight"]?.int ?? 0 > 0 { return }
            }
            Issue.record("request \(number) did not arrive")
        }
        try send(0, "/")
        stuck.waitForRequest()
        // All connections are taken, but nobody waits yet: the next one waits, read or write.
        try send(1, "/")
        #expect(try router.get("/").body == "old")
        #expect(try router.get("/pay").body == "old")
        try send(2, "/")
        let refused = try router.client()
        try refused.send("POST /reports HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
        #expect(try refused.readMessage().head.hasPrefix("HTTP/1.1 503"))
        #expect(try router.get("/reports").body == "old")
        try send(3, "/pay")
        #expect(old.requests.count == 3)

        stuck.release()
        for client in waiting { #expect(String(decoding: try client.readMessage().body, as: UTF8.self) == "stuck") }
        // Nobody waits any more: reads go to the service again.
        #expect(try router.get("/").body == "stuck")
        // The one that mattered most waited least, though it came last.
        #expect(
            stuck.requests == [
                "POST / HTTP/1.1", "POST /pay HTTP/1.1", "POST / HTTP/1.1", "POST / HTTP/1.1", "GET / HTTP/1.1",
            ])
    }

    @Test func `what slow readers make the router hold is shed for too`() throws {
        let old = try EchoUpstream("old")
        let big = try RawServer { client in
            while true {
                _ = try client.readMessage()
                try client.send("HTTP/1.1 200 OK\r\ncontent-length: 16777216\r\n\r\n")
                for _ in 0..<256 { try client.send([UInt8](repeating: 0x78, count: 65536)) }
            }
        }
        let router = try RouterFixture(
            """
            { "version": 1, "listen": ["127.0.0.1:0"], "admin": { "unix": "admin.sock", "listen": "127.0.0.1:0" },
              "limits": { "held": "1KiB" },
              "upstreams": { "old": { "endpoints": ["127.0.0.1:\(old.port)"] },
                             "big": { "endpoints": ["127.0.0.1:\(big.port)"] } },
              "routes": [
                { "id": "big", "match": { "prefix": "/big" }, "legacy": "big" },
                { "id": "reports", "match": { "prefix": "/reports" }, "legacy": "old", "priority": "sheddable" }
              ] }
            """)
        #expect(try router.get("/reports").body == "old")
        let slow = try router.client()
        try slow.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
        let patience = ContinuousClock.now + .seconds(10)
        while try !router.get("/reports").head.hasPrefix("HTTP/1.1 503"), ContinuousClock.now < patience {}
        #expect(try router.get("/reports").head.hasPrefix("HTTP/1.1 503"))
        #expect(
            try router.metrics().contains {
                $0.hasPrefix(#"strangler_shed_requests_total{reason="memory"} "#) && !$0.hasSuffix(" 0")
            })
        #expect(try slow.readMessage().body.count == 16 << 20)
        #expect(try router.get("/reports").body == "old")
    }
}
