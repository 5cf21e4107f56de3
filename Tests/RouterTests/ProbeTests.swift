import EventLoop
import JSON
import TestSupport
import Testing

@testable import Router

/// What a probe asks, and which answers mean well.
struct ProbeTests {
    /// The head of the first probe, and what the upstream's health is when it has been answered with `status`.
    private func probe(_ health: String, answering status: String) throws -> (head: String, health: String?) {
        let (heads, asked) = (Guarded<[String]>([]), Gate())
        let server = try RawServer { client in
            let head = try client.readMessage().head
            heads.withLock { $0.append(head) }
            asked.open()
            try client.send("HTTP/1.1 \(status)\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        }
        let router = try RouterFixture(
            """
            {
              "version": 1, "listen": ["127.0.0.1:0"], "admin": { "unix": "admin.sock", "listen": "127.0.0.1:0" },
              "upstreams": { "m": { "endpoints": ["127.0.0.1:\(server.port)"],
                "health": { "interval": "10ms", "unhealthyAfter": 1\(health) } } },
              "routes": [ { "id": "all", "match": { "prefix": "/" }, "legacy": "m" } ]
            }
            """)
        asked.wait()
        var told: String?
        for _ in 0..<5000 where told == nil || told == "unknown" {
            told = try router.admin("GET", "/v1/status").json.root["upstreams"]?[0]?["health"]?.string
        }
        return (heads.withLock { $0[0] }, told)
    }

    @Test(arguments: [
        ("", "200 OK", "healthy"), ("", "302 Found", "healthy"), ("", "400 Bad Request", "unhealthy"),
        ("", "503 Service Unavailable", "unhealthy"), (#", "expect": "200-399,401""#, "401 Unauthorized", "healthy"),
        (#", "expect": 204"#, "200 OK", "unhealthy"), (#", "expect": [204, "400-404"]"#, "404 Not Found", "healthy"),
    ])
    func `answers mean what the policy says`(health: String, status: String, expected: String) throws {
        #expect(try probe(health, answering: status).health == expected)
    }

    @Test func `it asks as it is told to`() throws {
        let head = try probe(
            #", "path": "/up?deep=1", "host": "app.example", "headers": { "Authorization": "Basic eA==", "User-Agent": "watch" }"#,
            answering: "200 OK"
        ).head
        #expect(head.hasPrefix("GET /up?deep=1 HTTP/1.1\r\n"))
        let lines = head.split(separator: "\r\n").dropFirst().map { $0.lowercased() }
        #expect(lines.contains("host: app.example"))
        #expect(lines.contains("authorization: basic ea=="))
        #expect(lines.filter { $0.hasPrefix("user-agent:") } == ["user-agent: watch"])
        #expect(lines.filter { $0.hasPrefix("host:") }.count == 1)
    }
}
