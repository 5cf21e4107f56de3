import EventLoop
import JSON
import TestSupport
import Testing

@testable import Router

/// What becomes of tunnels and streams when their route's percentage moves.
struct LongLivedFlipTests {
    /// Tunnels echo four bytes at a time; anything else gets one event and then silence. Tells how tunnels ended.
    private final class Upstream: Sendable {
        let server: RawServer
        let endedCleanly = Guarded<[Bool]>([])
        let ended = Gate()

        init() throws {
            let (endedCleanly, ended) = (endedCleanly, ended)
            server = try RawServer { client in
                let head = try client.read(until: "\r\n\r\n").lowercased()
                if head.contains("upgrade: websocket") {
                    try client.send(
                        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")
                    while true {
                        switch client.read(atMost: 4) {
                        case .bytes(let bytes): try client.send(bytes)
                        case let last:
                            endedCleanly.withLock { $0.append(last == .end) }
                            ended.open()
                            return
                        }
                    }
                }
                try client.send(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
                        + "9\r\ndata: 1\n\n\r\n")
                _ = client.readToEnd()
            }
        }
    }

    private func router(_ policy: String, percent: String, service: UInt16, context: String = "", route: String = "")
        throws -> RouterFixture
    {
        let top = #""accessLog": "access.log","#
        return try RouterFixture(
            configuration(
                legacy: try refusedPort(), service: service, percent: percent,
                route: #""websocket": true, "longLived": {"after": "1ms", \#(policy)},\#(route)"#, top: top,
                context: context))
    }

    private func tunnel(_ router: RouterFixture, _ fields: String = "", path: String = "/ws") throws -> RawClient {
        let client = try router.client()
        try client.send(
            "GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\(fields)\r\n")
        #expect(try client.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101"))
        try echoes(client)
        return client
    }

    private func stream(_ router: RouterFixture) throws -> RawClient {
        let client = try router.client()
        try client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try client.read(until: "data: 1\n\n\r\n")
        return client
    }

    private func echoes(_ client: RawClient) throws {
        try client.send([1, 2, 3, 4])
        #expect(try client.read(exactly: 4) == [1, 2, 3, 4])
    }

    private func shift(_ router: RouterFixture, to percent: Int) throws -> JSONValue {
        let (status, json) = try router.admin("POST", "/v1/routes/all/shift", "{\"percent\": \(percent)}")
        #expect(status == 200)
        return json.root
    }

    /// Asks until `isSo` or ten seconds are over.
    private func streams(_ router: RouterFixture, _ query: String = "", until isSo: (JSONValue) -> Bool) throws
        -> JSONValue
    {
        let end = Moment.read() + .seconds(10)
        while true {
            let root = try router.admin("GET", "/v1/streams\(query)").json.root
            if isSo(root) { return root }
            guard Moment.read() < end else { throw RawClient.Failure(description: "never so: \(query)") }
        }
    }

    @Test func `pinned, they go on after everybody else went back`() throws {
        let upstream = try Upstream()
        let router = try router(#""policy": "pin""#, percent: "100", service: upstream.server.port)
        let (client, events) = (try tunnel(router), try stream(router))
        _ = try streams(router) { $0["total"]?.int == 2 }
        let left = try shift(router, to: 0)["long_lived"]
        #expect(left?["side"]?.string == "service" && left?["policy"]?.string == "pin")
        #expect(left?["count"]?.int == 2 && left?["tunnel"]?.int == 1 && left?["stream"]?.int == 1)
        #expect(left?["closing"]?.int == 0)
        try echoes(client)
        let scrape = try RawClient(port: router.adminPort)
        try scrape.send("GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n")
        #expect(
            String(decoding: try scrape.readMessage().body, as: UTF8.self).contains(
                "strangler_long_lived_exchanges{route=\"all\",side=\"service\",kind=\"tunnel\"} 1\n"))
        withExtendedLifetime(events) {}
    }

    @Test func `closed, a tunnel ends with FIN both ways and a stream without its last chunk`() throws {
        let upstream = try Upstream()
        let router = try router(#""policy": "close", "jitter": "20ms""#, percent: "100", service: upstream.server.port)
        let (client, events) = (try tunnel(router), try stream(router))
        _ = try shift(router, to: 0)
        #expect(client.read() == .end)
        #expect(upstream.ended.wait() && upstream.endedCleanly.withLock { $0 } == [true])
        let (text, last) = events.readToEnd()
        #expect(last == .end && !text.contains("0\r\n\r\n"))
        let status = try router.admin("GET", "/v1/status").json.root["routes"]?[0]?["service"]
        #expect(status?["errors"]?.int == 0 && status?["in_flight"]?.int == 0)
        #expect(status?["long_lived"]?["count"]?.int == 0)
    }

    @Test func `drained, they have their time and the list says how much`() throws {
        let upstream = try Upstream()
        let router = try router(#""policy": "drain", "deadline": "1h""#, percent: "100", service: upstream.server.port)
        let client = try tunnel(router)
        _ = try streams(router) { $0["total"]?.int == 1 }
        #expect(try shift(router, to: 0)["long_lived"]?["closing"]?.int == 1)
        let entry = try streams(router, "?kind=tunnel&side=service") { $0["total"]?.int == 1 }["streams"]?[0]
        #expect(entry?["route"]?.string == "all" && entry?["revision"]?.int == 7)
        #expect((3_500_000...3_600_000).contains(entry?["ends_in_ms"]?.int ?? 0))
        #expect(entry?["bytes_in"]?.int == 4 && entry?["bytes_out"]?.int == 4)
        try echoes(client)
        // Its key comes back before the time is over.
        _ = try shift(router, to: 100)
        let again = try streams(router) { _ in true }["streams"]?[0]
        #expect(again?["ends_in_ms"]?.isNull == true)
    }

    @Test func `drained, they are ended at the deadline`() throws {
        let upstream = try Upstream()
        let router = try router(
            #""policy": "drain", "deadline": "50ms""#, percent: "100", service: upstream.server.port)
        let (client, events) = (try tunnel(router), try stream(router))
        #expect(try router.admin("POST", "/v1/rollback", #"{"all": true, "wait": "0s"}"#).status == 200)
        #expect(client.read() == .end)
        #expect(events.readToEnd().last == .end)
    }

    @Test func `a rollback does not wait for tunnels that nobody ends`() throws {
        let upstream = try Upstream()
        let router = try router(#""policy": "pin""#, percent: "100", service: upstream.server.port)
        let client = try tunnel(router)
        // Longer than a test waits for a response.
        let answer = try router.admin("POST", "/v1/rollback", #"{"all": true, "wait": "9m"}"#)
        #expect(answer.status == 200 && answer.json.root["complete"]?.bool == false)
        #expect(answer.json.root["routes"]?[0]?["long_lived"]?["tunnel"]?.int == 1)
        try echoes(client)
    }

    @Test func `only who lost their key is touched, though at 100 no key was looked for`() throws {
        let upstream = try Upstream()
        let router = try router(
            #""policy": "close", "jitter": "1ms""#, percent: "100", service: upstream.server.port,
            context: #""contexts": { "c": { "keys": ["header:x-user"], "mode": "stateless" } },"#,
            route: #""context": "c","#)
        func bucket(_ user: String) throws -> Int {
            try router.admin("GET", "/v1/explain?path=/ws&header=x-user:%20\(user)").json.root["bucket"]?.int ?? -1
        }
        let users = try (0..<40).map { "u\($0)" }.map { ($0, try bucket($0)) }
        let staying = try #require(users.first { (0..<500_000).contains($0.1) }).0
        let leaving = try #require(users.first { $0.1 >= 500_000 }).0
        let (stays, leaves) = (
            try tunnel(router, "x-user: \(staying)\r\n"), try tunnel(router, "x-user: \(leaving)\r\n")
        )
        _ = try shift(router, to: 50)
        #expect(leaves.read() == .end)
        try echoes(stays)
    }

    @Test(arguments: [
        ("header:x-user", "/ws", "x-user: u1"), ("cookie:sid", "/ws", "cookie: a=b; sid=u1"),
        ("query:user", "/ws?user=u%201", ""),
        ("jwt:sub", "/ws", "authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1MSJ9.x"), ("client-ip", "/ws", ""),
        ("cookie:sid", "/ws", "cookie: sid=; sid=u1"), ("query:user", "/ws?user=&us%65r=u+1", ""),
        ("client-ip", "/ws", "x-forwarded-for: 1.1.1.1, [2001:DB8::9]:4711, 127.0.0.1"),
        ("client-ip", "/ws", "x-forwarded-for: unknown"),
    ])
    func `the key is found again wherever it stood, to the bucket`(_ key: String, _ path: String, _ field: String)
        throws
    {
        let upstream = try Upstream()
        let router = try router(
            #""policy": "drain", "deadline": "1h""#, percent: "100", service: upstream.server.port,
            context:
                #""trustedPeers": ["127.0.0.1"], "contexts": { "c": { "keys": ["\#(key)"], "mode": "stateless" } },"#,
            route: #""context": "c","#)
        func encoded(_ text: String) -> String {
            text.utf8.reduce(into: "") { $0 += "%" + ($1 < 16 ? "0" : "") + String($1, radix: 16) }
        }
        let header = field.isEmpty ? "" : "&header=" + encoded(field)
        let explained = try router.admin("GET", "/v1/explain?client_ip=127.0.0.1&path=\(encoded(path))\(header)").json
            .root
        let bucket = try #require(explained["bucket"]?.int)
        let client = try tunnel(router, field.isEmpty ? "" : field + "\r\n", path: path)
        func closing(below ticks: Int) throws -> Int? {
            let fraction = String(ticks % 10_000)
            let percent = "\(ticks / 10_000)." + String(repeating: "0", count: 4 - fraction.count) + fraction
            return try router.admin("POST", "/v1/routes/all/shift", "{\"percent\": \(percent)}").json.root[
                "long_lived"]?[
                    "closing"]?.int
        }
        #expect(try closing(below: bucket + 1) == 0)
        #expect(try closing(below: bucket) == 1)
        try echoes(client)
    }

    @Test func `an upload that is not whole and an answer that is awaited are left alone`() throws {
        let (arrived, finish) = (Gate(), Gate())
        let slow = try RawServer { client in
            let (head, _) = try client.readMessage()
            arrived.open()
            finish.wait()
            try client.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n\(head.hasPrefix("GET") ? "poll" : "sent")")
        }
        let router = try router(#""policy": "close", "jitter": "1ms""#, percent: "100", service: slow.port)
        let (upload, poll) = (try router.client(), try router.client())
        try upload.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")
        try poll.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        arrived.wait()
        _ = try streams(router, "?kind=upload&min_age=0s") { $0["total"]?.int == 1 }
        _ = try streams(router, "?kind=waiting&min_age=0s") { $0["total"]?.int == 1 }
        #expect(try shift(router, to: 0)["long_lived"]?["closing"]?.int == 2)
        // Their time has come, they were looked at, and they are still here.
        _ = try streams(router, "?min_age=110ms") { $0["total"]?.int == 2 }
        try upload.send("cd")
        finish.open()
        finish.open()
        #expect(String(decoding: try poll.readMessage().body, as: UTF8.self) == "poll")
        #expect(String(decoding: try upload.readMessage().body, as: UTF8.self) == "sent")
    }
}
