import TestSupport
import Testing

@testable import Router

struct ForwardingTests {
    private func head(_ upstream: EchoUpstream) -> String { upstream.requests.last?.head ?? "" }

    @Test func `the head is written anew: what is for this hop or only ours to say does not pass`() throws {
        let old = try EchoUpstream("old")
        let router = try RouterFixture(configuration(legacy: old.port, service: try refusedPort()))
        let client = try router.client()
        try client.send(
            """
            GET /a?b=c HTTP/1.1\r\nHost: Example.org:8080\r\nX-Keep: 1\r\nConnection: x-drop, keep-alive\r\nX-Drop: 1\r
            Keep-Alive: 5\r\nTE: trailers\r\nProxy: evil\r\nX-Forwarded-For: 6.6.6.6\r\nX-Strangler-Mirror: 1\r
            x_real_ip: 1\r\nAccept: */*\r\n\r\n
            """)
        #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 200 OK\r\n"))
        let head = head(old)
        #expect(head.hasPrefix("GET /a?b=c HTTP/1.1\r\nhost: Example.org:8080\r\nX-Keep: 1\r\nAccept: */*\r\n"))
        #expect(head.contains("\r\nx-forwarded-for: 127.0.0.1\r\nx-forwarded-proto: http\r\n"))
        #expect(head.contains("\r\nx-forwarded-host: Example.org:8080\r\nvia: 1.1 strangler\r\nx-request-id: "))
        #expect(head.contains("\r\ntraceparent: 00-"))
        let lower = head.lowercased()
        for name in ["x-drop", "keep-alive", "\r\nte:", "proxy:", "6.6.6.6", "x-strangler", "x_real_ip", "connection:"]
        {
            #expect(!lower.contains(name), "\(name) passed")
        }
    }

    @Test func `a client's request id and trace stay when they are sound`() throws {
        let old = try EchoUpstream("old")
        let router = try RouterFixture(configuration(legacy: old.port, service: try refusedPort()))
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        _ = try router.get("/", "x-request-id: abc-1\r\ntraceparent: \(trace)\r\n")
        #expect(head(old).contains("\r\nx-request-id: abc-1\r\n"))
        #expect(head(old).contains("\r\ntraceparent: \(trace)\r\n"))
        _ = try router.get("/", "x-request-id: a b\r\ntraceparent: 00-zz\r\n")
        #expect(!head(old).contains("a b"))
        #expect(!head(old).contains("00-zz"))
    }

    @Test func `behind a load balancer the client that the PROXY header names is the client everywhere`() throws {
        let (old, new) = (try EchoUpstream("old"), try EchoUpstream("new"))
        let router = try RouterFixture(
            configuration(
                legacy: old.port, service: new.port, percent: "50", route: #""context": "c","#,
                top: #""proxyPeers": ["127.0.0.0/8"], "trustedPeers": ["127.0.0.0/8"],"#,
                context: #""contexts": { "c": { "keys": ["client-ip"], "mode": "stateless" } },"#))
        let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
        var sides: Set<String> = []
        for last in 1...32 as ClosedRange<UInt8> {
            var side: String?
            for _ in 0..<3 {
                let client = try router.client()
                try client.send(signature + [0x21, 0x11, 0, 12, 203, 0, 113, last, 10, 0, 0, 1, 0xDB, 0xA0, 0, 80])
                // The fields of the load balancer's client are its own words, trusted though the load balancer is.
                try client.send("GET / HTTP/1.1\r\nHost: a\r\nx-forwarded-for: 9.9.9.9\r\nConnection: close\r\n\r\n")
                let body = String(decoding: try client.readMessage().body, as: UTF8.self)
                #expect(head(body == "old" ? old : new).contains("\r\nx-forwarded-for: 203.0.113.\(last)\r\n"))
                // Sticky by the address that was named.
                #expect(side == nil || side == body)
                side = body
                sides.insert(body)
            }
        }
        #expect(sides == ["old", "new"])
    }

    @Test(arguments: [
        ("/a/./b/../c", "/a/c"), ("//a//b", "/a/b"), ("/%61%2d", "/%61%2d"), ("/a%c3%a9", "/a%c3%a9"), ("/..", "/"),
        ("/x/%2e./[%7E]", "/[%7E]"),
    ])
    func `the path that is matched is the path that is forwarded`(given: String, forwarded: String) throws {
        let old = try EchoUpstream("old")
        let router = try RouterFixture(configuration(legacy: old.port, service: try refusedPort()))
        _ = try router.get(given + "?x=%2f")
        #expect(head(old).hasPrefix("GET \(forwarded)?x=%2f HTTP/1.1\r\n"))
    }

    @Test func `trusted peers keep their forwarded fields`() throws {
        let old = try EchoUpstream("old")
        let router = try RouterFixture(
            configuration(legacy: old.port, service: try refusedPort(), top: #""trustedPeers": ["127.0.0.0/8"],"#))
        _ = try router.get("/", "x-forwarded-for: 9.9.9.9\r\nx-forwarded-proto: https\r\nx-forwarded-host: shop\r\n")
        #expect(head(old).contains("\r\nx-forwarded-for: 9.9.9.9, 127.0.0.1\r\nx-forwarded-proto: https\r\n"))
        #expect(head(old).contains("\r\nx-forwarded-host: shop\r\n"))
    }

    @Test func `a trusted peer's own lines count, behind those that its client wrote`() throws {
        let old = try EchoUpstream("old")
        let router = try RouterFixture(
            configuration(legacy: old.port, service: try refusedPort(), top: #""trustedPeers": ["127.0.0.0/8"],"#))
        _ = try router.get(
            "/",
            "x-forwarded-for: 6.6.6.6\r\nx-forwarded-for:\r\nx-forwarded-for: 9.9.9.9\r\nx-forwarded-proto: gopher\r\n"
                + "x-forwarded-proto: https\r\nx-forwarded-host: evil\r\nx-forwarded-host: shop\r\n")
        #expect(head(old).contains("\r\nx-forwarded-for: 6.6.6.6, 9.9.9.9, 127.0.0.1\r\nx-forwarded-proto: https\r\n"))
        #expect(head(old).contains("\r\nx-forwarded-host: shop\r\n"))
    }

    @Test(arguments: [false, true])
    func `heads of every length arrive whole, with all that is added`(isTrusted: Bool) throws {
        let old = try EchoUpstream("old")
        let top = isTrusted ? #""trustedPeers": ["127.0.0.0/8"],"# : ""
        let router = try RouterFixture(configuration(legacy: old.port, service: try refusedPort(), top: top))
        let client = try router.client()
        // Growing by less than what is added, so that one of them would meet the end of the memory that the one before
        // it got.
        for size in Array(stride(from: 1, to: 2200, by: 7)) + [5000] {
            // What is passed on, and what only moves.
            let filler = String(repeating: "f", count: isTrusted ? 1 : size)
            let hosts = String(repeating: "h", count: isTrusted ? size : 1)
            try client.send("GET / HTTP/1.1\r\nHost: test\r\nX-Filler: \(filler)\r\nX-Forwarded-For: \(hosts)\r\n\r\n")
            #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 200 OK\r\n"))
            let head = head(old)
            #expect(head.contains("\r\nX-Filler: \(filler)\r\n"), "\(size)")
            #expect(head.contains("\r\nx-forwarded-for: \(isTrusted ? "\(hosts), " : "")127.0.0.1\r\n"), "\(size)")
            #expect(head.contains("\r\ntraceparent: 00-"), "\(size)")
        }
    }

    @Test func `the key client-ip is what the trusted peer wrote last`() throws {
        let (old, new) = (try EchoUpstream("old"), try EchoUpstream("new"))
        let router = try RouterFixture(
            configuration(
                legacy: old.port, service: new.port, percent: "50", route: #""context": "c","#,
                top: #""trustedPeers": ["127.0.0.0/8"],"#,
                context: #""contexts": { "c": { "keys": ["client-ip"], "mode": "stateless" } },"#)
        )
        for host in 0..<20 {
            let side = try router.get("/", "x-forwarded-for: 10.0.0.\(host)\r\n").body
            let spoofed = "x-forwarded-for: 6.6.6.6\r\nx-forwarded-for: 10.0.0.\(host)\r\n"
            #expect(try router.get("/", spoofed).body == side)
        }
    }

    @Test func `heads beyond what can be rewritten are refused, whatever the limits say`() throws {
        let line = "x: " + String(repeating: "a", count: 12_000) + "\r\n"
        let server = try RawServer { client in
            while true {
                let (head, _) = try client.readMessage()
                let lines = head.hasPrefix("GET /22 ") ? 22 : 21
                try client.send("HTTP/1.1 200 OK\r\n\(String(repeating: line, count: lines))content-length: 0\r\n\r\n")
            }
        }
        let router = try RouterFixture(
            configuration(
                legacy: server.port, service: try refusedPort(),
                top: #""limits": { "responseHead": "1MiB", "requestLine": "1MiB", "head": "2MiB" },"#))
        let client = try router.client()
        try client.send("GET /21 HTTP/1.1\r\nHost: a\r\n\r\n")
        let (head, _) = try client.readMessage()
        #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n") && head.utf8.count > 240_000)
        let other = try router.client()
        try other.send("GET /22 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try other.readMessage().head.hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"))
        let last = try router.client()
        try last.send("GET /a/../" + String(repeating: "b", count: 80_000) + " HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try last.readMessage().head.hasPrefix("HTTP/1.1 414 "))
    }

    @Test(arguments: [
        "Content-Length: 10\r\n\r\n0123456789", "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n",
    ])
    func `bodies arrive whole, in whichever framing`(rest: String) throws {
        let received = Gate()
        let server = try RawServer { client in
            let head = try client.read(until: "\r\n\r\n")
            let body =
                head.lowercased().contains("chunked")
                ? try client.read(until: "0\r\n\r\n") : String(decoding: try client.read(exactly: 10), as: UTF8.self)
            if body.contains("0123456789") { received.open() }
            try client.send("HTTP/1.1 204 No Content\r\n\r\n")
        }
        let router = try RouterFixture(configuration(legacy: server.port, service: try refusedPort()))
        let client = try router.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\n\(rest)")
        #expect(try client.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 204 No Content\r\n"))
        received.wait()
    }

    @Test func `the client is asked to continue only when somebody can take its body`() throws {
        let old = try EchoUpstream("old")
        let router = try RouterFixture(configuration(legacy: old.port, service: try refusedPort()))
        let client = try router.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.read(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
        try client.send("abc")
        #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 200"))
        #expect(old.requests.first?.body == Array("abc".utf8))
    }

    struct Answer: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let sent: String
        let expected: String
        var method = "GET"
        /// The router closes the connection to its client after it.
        var closes = false
    }

    @Test(arguments: [
        Answer(testDescription: "204", sent: "HTTP/1.1 204 No Content\r\nx: 1\r\n\r\n", expected: "x: 1\r\n"),
        Answer(
            testDescription: "304 with a length", sent: "HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n",
            expected: "content-length: 9\r\n"),
        Answer(
            testDescription: "HEAD", sent: "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n",
            expected: "content-length: 9\r\n", method: "HEAD"),
        Answer(
            testDescription: "chunked",
            sent: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            expected: "3\r\nabc\r\n0\r\n\r\n"),
        Answer(
            testDescription: "until close", sent: "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabc",
            expected: "3\r\nabc\r\n0\r\n\r\n"),
        Answer(
            testDescription: "early hints, then the answer",
            sent: "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
            expected: "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\n"),
    ])
    func `answers keep their meaning`(_ answer: Answer) throws {
        let server = try RawServer { client in
            _ = try client.read(until: "\r\n\r\n")
            try client.send(answer.sent)
        }
        let router = try RouterFixture(configuration(legacy: server.port, service: try refusedPort()))
        let client = try router.client()
        try client.send("\(answer.method) / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let (text, last) = client.readToEnd()
        #expect(text.contains(answer.expected), "\(text)")
        #expect(last == .end)
    }

    @Test func `exposed answers say route, side and revision`() throws {
        let old = try EchoUpstream("old")
        let router = try RouterFixture(
            configuration(legacy: old.port, service: try refusedPort(), top: #""expose": true,"#))
        #expect(
            try router.get("/").head.contains(
                "x-strangler-route: all\r\nx-strangler-side: legacy\r\nx-strangler-revision: 7\r\n"))
    }

    @Test func `errors of the router say so and name the request`() throws {
        let router = try RouterFixture(
            configuration(legacy: try refusedPort(), service: try refusedPort(), route: #""retry": { "attempts": 0 },"#)
        )
        let (head, body) = try router.get("/")
        #expect(head.hasPrefix("HTTP/1.1 502 Bad Gateway\r\ncontent-type: application/problem+json\r\n"))
        #expect(body.contains(#""origin":"router","request_id":""#))
        #expect(!body.contains("127.0.0.1"))
    }
}
