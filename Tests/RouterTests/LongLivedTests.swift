import JSON
import TestSupport
import Testing

@testable import Router

struct LongLivedTests {
    private static let handshake =
        "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

    @Test(arguments: ["", #""websocket": true,"#])
    func `a WebSocket passes unless the route forbids it, raw both ways`(setting: String) throws {
        let server = try RawServer { client in
            let head = try client.read(until: "\r\n\r\n").lowercased()
            guard head.contains("upgrade: websocket"), head.contains("connection: upgrade") else { return }
            try client.send("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")
            let ping = try client.read(exactly: 4)
            try client.send(Array(ping.reversed()))
            _ = client.readToEnd()
        }
        let router = try RouterFixture(
            configuration(legacy: server.port, service: try refusedPort(), route: setting))
        let client = try router.client()
        try client.send(Self.handshake)
        let head = try client.read(until: "\r\n\r\n")
        #expect(head.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
        #expect(head.contains("upgrade: websocket"))
        try client.send([1, 2, 3, 4])
        #expect(try client.read(exactly: 4) == [4, 3, 2, 1])
    }

    @Test func `where it is forbidden the upgrade is not passed on, and the request is a plain one`() throws {
        let old = try EchoUpstream("old")
        let router = try RouterFixture(
            configuration(legacy: old.port, service: try refusedPort(), route: #""websocket": false,"#))
        let client = try router.client()
        try client.send(Self.handshake)
        #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 200"))
        #expect(old.requests.first?.head.lowercased().contains("upgrade") == false)
    }

    @Test func `an answer streams on while the route is rolled back`() throws {
        let (arrived, finish) = (Gate(), Gate())
        let old = try EchoUpstream("old")
        let streaming = try RawServer { client in
            _ = try client.read(until: "\r\n\r\n")
            try client.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n")
            arrived.open()
            finish.wait()
            try client.send("3\r\ntwo\r\n0\r\n\r\n")
        }
        let router = try RouterFixture(configuration(legacy: old.port, service: streaming.port, percent: "100"))
        let client = try router.client()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        arrived.wait()
        _ = try client.read(until: "3\r\none\r\n")
        #expect(try router.admin("POST", "/v1/rollback", #"{"all": true, "wait": "0s"}"#).status == 200)
        #expect(try router.get("/").body == "old")
        finish.open()
        #expect(try client.read(until: "0\r\n\r\n") == "3\r\ntwo\r\n0\r\n\r\n")
    }

    @Test func `events tell of a change as it happens`() throws {
        let (old, new) = (try EchoUpstream("old"), try EchoUpstream("new"))
        let router = try RouterFixture(configuration(legacy: old.port, service: new.port))
        let listener = try RawClient(port: router.adminPort)
        try listener.send("GET /v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n")
        #expect(try listener.read(until: "\r\n\r\n").contains("text/event-stream"))
        _ = try router.admin("POST", "/v1/routes/all/shift", #"{"percent": 25, "actor": "me", "reason": "why"}"#)
        let event = try listener.read(until: "\n\n\r\n")
        #expect(event.contains("event: revision\ndata: {"))
        #expect(
            event.contains(
                #""actor":"me","reason":"why","changes":[{"route":"all","field":"percent","before":0,"after":25}]"#))
    }

    @Test func `a reader that does not read holds the upstream back`() throws {
        let size = 64 << 20
        let sent = Tally()
        let server = try RawServer { client in
            _ = try client.read(until: "\r\n\r\n")
            try client.send("HTTP/1.1 200 OK\r\ncontent-length: \(size)\r\n\r\n")
            let piece = [UInt8](repeating: 0x61, count: 1 << 20)
            for _ in 0..<64 {
                try client.send(piece)
                sent.add()
            }
        }
        let router = try RouterFixture(configuration(legacy: server.port, service: try refusedPort()))
        let client = try RawClient(port: router.port, receiveBuffer: 65536)
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try client.read(until: "\r\n\r\n")
        // Others are served meanwhile, and the upstream is far from done: only the kernel's buffers are full.
        for _ in 0..<50 { _ = try router.admin("GET", "/v1/status") }
        #expect(sent.count < 32)
        var received = 0
        while received < size {
            guard case .bytes(let bytes) = client.read(atMost: 1 << 20) else { break }
            received += bytes.count
        }
        #expect(received == size)
    }
}
