import JSON
import TestSupport
import Testing

@testable import Router

struct SplittingTests {
    private static let minted = #""contexts": { "c": { "keys": ["cookie:strangler_id"], "mode": "stateless" } },"#

    @Test(arguments: [("0", "old"), ("100", "new")])
    func `0 and 100 are exact`(percent: String, side: String) throws {
        let (old, new) = (try EchoUpstream("old"), try EchoUpstream("new"))
        let router = try RouterFixture(configuration(legacy: old.port, service: new.port, percent: percent))
        for _ in 0..<200 { #expect(try router.get("/").body == side) }
    }

    @Test func `without a key the share is exact to one request`() throws {
        let (old, new) = (try EchoUpstream("old"), try EchoUpstream("new"))
        let router = try RouterFixture(configuration(legacy: old.port, service: new.port, percent: "25"))
        for _ in 0..<100 { _ = try router.get("/") }
        #expect(new.requests.count == 25)
        #expect(old.requests.count == 75)
    }

    @Test func `a minted cookie counts already in the answer that sets it`() throws {
        let (old, new) = (try EchoUpstream("old"), try EchoUpstream("new"))
        let router = try RouterFixture(
            configuration(
                legacy: old.port, service: new.port, percent: "50", route: #""context": "c","#, context: Self.minted))
        for _ in 0..<30 {
            let (head, side) = try router.get("/")
            let line = try #require(head.split(separator: "\r\n").first { $0.hasPrefix("set-cookie: strangler_id=") })
            let cookie = line.dropFirst("set-cookie: ".count).prefix { $0 != ";" }
            #expect(line.hasSuffix("; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"))
            for _ in 0..<3 {
                let again = try router.get("/", "cookie: a=b; \(cookie)\r\n")
                #expect(again.body == side)
                #expect(!again.head.contains("set-cookie"))
            }
        }
        #expect(new.requests.count > 0 && old.requests.count > 0)
    }

    @Test func `a key decides as explain says`() throws {
        let (old, new) = (try EchoUpstream("old"), try EchoUpstream("new"))
        let router = try RouterFixture(
            configuration(
                legacy: old.port, service: new.port, percent: "50", route: #""context": "c","#,
                context: #""contexts": { "c": { "keys": ["header:x-user", "query:user"], "mode": "stateless" } },"#))
        for user in 0..<30 {
            let byHeader = try router.get("/", "X-User: u\(user)\r\n").body
            #expect(try router.get("/?user=u\(user)").body == byHeader)
            let told = try router.admin("GET", "/v1/explain?path=%2F&header=x-user:%20u\(user)").json.root
            #expect(told["side"]?.string == (byHeader == "new" ? "service" : "legacy"))
            #expect(told["key_source"]?.string == "header:x-user")
        }
    }

    @Test(arguments: [("service", "new"), ("legacy", "old"), ("other", "old")])
    func `an allowed override chooses the side, and does not pass`(value: String, side: String) throws {
        let (old, new) = (try EchoUpstream("old"), try EchoUpstream("new"))
        let router = try RouterFixture(
            configuration(
                legacy: old.port, service: new.port, route: #""override": { "header": "x-strangler-side" },"#))
        #expect(try router.get("/", "X-Strangler-Side: \(value)\r\n").body == side)
        let head = (side == "new" ? new : old).requests.last?.head.lowercased() ?? "x-strangler"
        #expect(!head.contains("x-strangler"))
    }

    @Test func `the other side gets a copy of what is mirrored`() throws {
        let (old, new) = (try EchoUpstream("old"), try EchoUpstream("new"))
        let router = try RouterFixture(
            configuration(
                legacy: old.port, service: new.port,
                route: #""mirror": { "percent": 100, "methods": ["GET", "POST"] },"#))
        let client = try router.client()
        for number in 0..<10 {
            try client.send("POST /x?\(number) HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi")
            #expect(String(decoding: try client.readMessage().body, as: UTF8.self) == "old")
        }
        // The copies are on their way when the answers are: wait for the count, not for a time.
        var sent = 0
        for _ in 0..<5000 where sent < 10 {
            sent = try router.admin("GET", "/v1/status").json.root["routes"]?[0]?["mirror"]?["answered"]?.int ?? 0
        }
        #expect(sent == 10)
        #expect(new.requests.count == 10)
        for (copy, original) in zip(new.requests, old.requests) {
            #expect(copy.head.contains("\r\nx-strangler-mirror: 1\r\n"))
            #expect(copy.head.contains("\r\nhost: h\r\n"))
            #expect(copy.body == original.body)
        }
    }

    @Test func `a mirror that is refused or stuck changes nothing for the user`() throws {
        let old = try EchoUpstream("old")
        let stuck = try RawServer { client in _ = client.readToEnd() }
        let router = try RouterFixture(
            configuration(legacy: old.port, service: stuck.port, route: #""mirror": { "percent": 100 },"#))
        for _ in 0..<50 { #expect(try router.get("/").body == "old") }
        let refused = try RouterFixture(
            configuration(legacy: old.port, service: try refusedPort(), route: #""mirror": { "percent": 100 },"#))
        for _ in 0..<50 { #expect(try refused.get("/").body == "old") }
        // After five failures it is left alone for a second.
        let mirror = try refused.admin("GET", "/v1/status").json.root["routes"]?[0]?["mirror"]
        #expect(mirror?["skipped"]?["unhealthy"]?.int ?? 0 >= 30)
        #expect((mirror?["sent"]?.int ?? 0) + (mirror?["skipped"]?["unhealthy"]?.int ?? 0) == 50)
    }

    @Test func `a body too large for the mirror is counted, not copied`() throws {
        let (old, new) = (try EchoUpstream("old"), try EchoUpstream("new"))
        let router = try RouterFixture(
            configuration(
                legacy: old.port, service: new.port, route: #""mirror": { "percent": 100, "methods": ["POST"] },"#))
        let client = try router.client()
        let size = 200 << 10
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(size)\r\n\r\n")
        try client.send([UInt8](repeating: 0x78, count: size))
        #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 200"))
        let mirror = try router.admin("GET", "/v1/status").json.root["routes"]?[0]?["mirror"]
        #expect(mirror?["skipped"]?["body-too-large"]?.int == 1)
        #expect(mirror?["sent"]?.int == 0)
        #expect(old.requests.first?.body.count == size)
    }
}
