import EventLoop
import JSON
import TestSupport
import Testing

@testable import Router

struct BulkheadTests {
    @Test(arguments: [1, 2])
    func `a stuck service takes its own connections and no others, and nobody else waits`(threads: Int) throws {
        let connections = Tally()
        let (release, arrived) = (Gate(), Gate())
        let stuck = try RawServer { client in
            connections.add()
            while true {
                _ = try client.readMessage()
                arrived.open()
                release.wait()
                release.open()
                try client.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nstuck")
            }
        }
        let (old, well) = (try EchoUpstream("old"), try EchoUpstream("well"))
        let router = try RouterFixture(
            """
            { "version": 1, "listen": ["127.0.0.1:0"], "admin": { "unix": "admin.sock", "listen": "127.0.0.1:0" },
              "defaults": { "timeouts": { "connect": "30s" } },
              "upstreams": { "old": { "endpoints": ["127.0.0.1:\(old.port)"] },
                             "well": { "endpoints": ["127.0.0.1:\(well.port)"] },
                             "stuck": { "endpoints": ["127.0.0.1:\(stuck.port)"], "connections": 4, "pending": 64 } },
              "contexts": { "free": { "keys": [], "mode": "stateless" } },
              "routes": [
                { "id": "stuck", "match": { "prefix": "/stuck" }, "legacy": "old", "service": "stuck", "context": "free",
                  "percent": 100 },
                { "id": "well", "match": { "prefix": "/well" }, "legacy": "old", "service": "well", "context": "free",
                  "percent": 100 },
                { "id": "all", "match": { "prefix": "/" }, "legacy": "old" }
              ] }
            """, threads: threads)
        // Writes, because reads would go to legacy: four are taken, the others wait.
        let clients = try (0..<24).map { _ in try router.client() }
        for client in clients { try client.send("POST /stuck HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi") }
        // The limit is the process's: however the kernel deals the clients out to loops, four get through.
        for _ in 0..<4 { #expect(arrived.wait()) }
        let patience = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < patience {
            let route = try router.admin("GET", "/v1/status").json.root["routes"]?[0]
            if route?["service"]?["in_flight"]?.int == clients.count { break }
        }
        // Not one of the stuck ones is answered while these are: they do not wait for them.
        for _ in 0..<100 {
            #expect(try router.get("/").body == "old")
            #expect(try router.get("/well").body == "well")
        }
        #expect(connections.count <= 4)
        let status = try router.admin("GET", "/v1/status").json.root["routes"]?[0]
        #expect(status?["service"]?["in_flight"]?.int == clients.count)

        release.open()
        for client in clients { #expect(String(decoding: try client.readMessage().body, as: UTF8.self) == "stuck") }
    }

    @Test func `a service that fails opens its own circuit, not legacy's and not its other route's`() throws {
        let broken = try RawServer { client in
            _ = try client.readMessage()
            client.resetOnClose()
        }
        let old = try EchoUpstream("old")
        let router = try RouterFixture(
            """
            { "version": 1, "listen": ["127.0.0.1:0"], "admin": { "unix": "admin.sock", "listen": "127.0.0.1:0" },
              "defaults": { "fallback": "never", "retry": { "attempts": 0 } },
              "upstreams": { "old": { "endpoints": ["127.0.0.1:\(old.port)"] },
                             "new": { "endpoints": ["127.0.0.1:\(broken.port)"] } },
              "contexts": { "free": { "keys": [], "mode": "stateless" } },
              "routes": [
                { "id": "a", "match": { "prefix": "/a" }, "legacy": "old", "service": "new", "context": "free",
                  "percent": 100, "override": {} },
                { "id": "b", "match": { "prefix": "/b" }, "legacy": "old", "service": "new", "context": "free",
                  "percent": 100 },
                { "id": "all", "match": { "prefix": "/" }, "legacy": "old" }
              ] }
            """)
        func post(_ path: String, _ fields: String = "") throws -> String {
            let client = try router.client()
            try client.send("POST \(path) HTTP/1.1\r\nHost: a\r\n\(fields)Content-Length: 2\r\n\r\nhi")
            return String(try client.readMessage().head.dropFirst(9).prefix(3))
        }
        func circuit(_ route: Int, _ side: String) throws -> String? {
            try router.admin("GET", "/v1/status").json.root["routes"]?[route]?[side]?["circuit"]?.string
        }
        for _ in 0..<5 { #expect(try post("/a") == "502") }
        #expect(try circuit(0, "service") == "open")
        #expect(try circuit(0, "legacy") == "closed")
        #expect(try circuit(1, "service") == "closed")
        // Legacy serves the same route all along, and the other route asks the service for itself.
        for _ in 0..<10 { #expect(try post("/a", "x-strangler-side: legacy\r\n") == "200") }
        #expect(try post("/b") == "502")
        #expect(try router.get("/").body == "old")
        #expect(try circuit(0, "legacy") == "closed")
    }
}
