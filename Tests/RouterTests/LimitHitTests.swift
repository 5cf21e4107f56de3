import JSON
import TestSupport
import Testing

@testable import Router

/// A limit that ended a request is counted under the key that lifts it.
struct LimitHitTests {
    private func refusals(_ router: RouterFixture, ofRoute: Bool) throws -> [String: Int] {
        let root = try router.admin("GET", "/v1/status").json.root
        let list = ofRoute ? root["routes"]?[0]?["refusals"] : root["refusals"]
        return (list?.elements.map { $0 } ?? []).reduce(into: [:]) { result, refusal in
            guard let key = refusal["limit"]?.string, let total = refusal["total"]?.int, total > 0 else { return }
            #expect(refusal["last_minute"]?.int == total)
            result[key] = total
        }
    }

    @Test func `a route's: its body, its first byte, its connection's idle end`() throws {
        let server = try RawServer { client in
            let head = try client.readMessage().head
            if head.hasPrefix("GET /cut") { try client.send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc") }
            _ = client.readToEnd()
        }
        let router = try RouterFixture(
            configuration(
                legacy: server.port, service: try refusedPort(),
                route: #""timeouts": { "response": "50ms", "idle": "50ms" }, "limits": { "body": "1KiB" },"#))
        #expect(try router.get("/slow").head.hasPrefix("HTTP/1.1 504"))
        let client = try router.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n")
        #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 413"))
        let cut = try router.client()
        try cut.send("GET /cut HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = cut.readToEnd()
        #expect(
            try refusals(router, ofRoute: true) == ["limits.body": 1, "timeouts.response": 1, "timeouts.idle": 1])
        #expect(try router.metrics().contains(#"strangler_limit_hits_total{route="all",limit="timeouts.response"} 1"#))
    }

    @Test(arguments: [
        ("GET /\(String(repeating: "x", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n", "414", "requestLine"),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 17_000))\r\n\r\n", "431", "field"),
        (
            "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: 129) + "\r\n", "431", "fields"
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\n"
                + String(repeating: "X: \(String(repeating: "x", count: 9000))\r\n", count: 5) + "\r\n", "431", "head"
        ),
        ("GET /a%2Fb HTTP/1.1\r\nHost: a\r\n\r\n", "400", "paths.escapedSlashes"),
        ("GET /a HTTP/1.1\r\nHost: a\r\nuser_id: 7\r\n\r\n", "400", "headers.underscores"),
    ])
    func `the router's own`(request: String, status: String, key: String) throws {
        let router = try RouterFixture(
            configuration(
                legacy: try refusedPort(), service: try refusedPort(), top: #""headers": { "underscores": "refuse" },"#)
        )
        let client = try router.client()
        try client.send(request)
        #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 \(status)"))
        #expect(try refusals(router, ofRoute: false) == [key: 1])
        #expect(
            try router.metrics().contains(
                Substring(
                    "strangler_limit_hits_total{route=\"\",limit=\"\(key.contains(".") ? key : "limits." + key)\"} 1"))
        )
    }
}
