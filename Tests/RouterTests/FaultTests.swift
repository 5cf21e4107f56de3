import EventLoop
import JSON
import TestSupport
import Testing

@testable import Router

/// Counts across threads.
final class Tally: Sendable {
    private let value = Guarded(0)
    @discardableResult func add() -> Int {
        value.withLock { count in
            count += 1
            return count
        }
    }
    var count: Int { value.withLock { $0 } }
}

struct FaultTests {
    @Test func `a read that the service refuses is answered by legacy at once`() throws {
        let old = try EchoUpstream("old")
        let router = try RouterFixture(configuration(legacy: old.port, service: try refusedPort(), percent: "100"))
        for _ in 0..<20 { #expect(try router.get("/").body == "old") }
        let route = try router.admin("GET", "/v1/status").json.root["routes"]?[0]
        #expect(route?["service"]?["fallbacks"]?.int == 20)
        #expect(route?["legacy"]?["requests"]?.int == 20)
    }

    @Test func `a write that the service refuses never goes to legacy`() throws {
        let old = try EchoUpstream("old")
        let router = try RouterFixture(configuration(legacy: old.port, service: try refusedPort(), percent: "100"))
        let client = try router.client()
        try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
        #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 502"))
        #expect(old.requests.isEmpty)
    }

    @Test func `a read on a dying pooled connection is repeated on a fresh one`() throws {
        let connections = Tally()
        let server = try RawServer { client in
            connections.add()
            // One answer, then the connection dies under the next request.
            _ = try client.readMessage()
            try client.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            _ = try client.readMessage()
            client.resetOnClose()
        }
        let router = try RouterFixture(configuration(legacy: server.port, service: try refusedPort()))
        for _ in 0..<20 { #expect(try router.get("/").body == "ok") }
        #expect(connections.count >= 10)
    }

    @Test func `a write whose bytes have left is never sent twice`() throws {
        let requests = Tally()
        let server = try RawServer { client in
            _ = try client.readMessage()
            requests.add()
            client.resetOnClose()
        }
        let router = try RouterFixture(configuration(legacy: server.port, service: try refusedPort()))
        for number in 1...10 {
            let client = try router.client()
            try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
            let head = try client.readMessage().head
            #expect(head.hasPrefix("HTTP/1.1 502") || head.hasPrefix("HTTP/1.1 503"))
            #expect(requests.count <= number)
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello", "502"), ("hello\r\n\r\n", "502"),
        ("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n", "502"),
        ("HTTP/1.1 200 OK\r\nx: 1\n\r\n", "502"), ("HTTP/1.1 99 Low\r\n\r\n", "502"), ("", "502"),
    ])
    func `what is no strict answer becomes a 502`(answer: String, status: String) throws {
        let server = try RawServer { client in
            _ = try client.read(until: "\r\n\r\n")
            try client.send(answer)
        }
        let router = try RouterFixture(configuration(legacy: server.port, service: try refusedPort()))
        #expect(try router.get("/").head.hasPrefix("HTTP/1.1 \(status)"))
    }

    @Test func `an upstream that says nothing is given up with a 504`() throws {
        let server = try RawServer { client in
            _ = try client.read(until: "\r\n\r\n")
            _ = client.readToEnd()
        }
        let router = try RouterFixture(
            configuration(
                legacy: server.port, service: try refusedPort(), route: #""timeouts": { "response": "50ms" },"#))
        #expect(try router.get("/").head.hasPrefix("HTTP/1.1 504"))
    }

    @Test func `an answer that breaks off looks broken to the client`() throws {
        let server = try RawServer { client in
            _ = try client.read(until: "\r\n\r\n")
            try client.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
        }
        let router = try RouterFixture(configuration(legacy: server.port, service: try refusedPort()))
        let client = try router.client()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let (text, last) = client.readToEnd()
        #expect(!text.contains("0\r\n\r\n"))
        #expect(last == .reset)
    }

    @Test func `when the client goes, its request at the upstream is cancelled`() throws {
        let (arrived, cancelled) = (Gate(), Gate())
        let server = try RawServer { client in
            _ = try client.read(until: "\r\n\r\n")
            arrived.open()
            _ = client.readToEnd()
            cancelled.open()
        }
        let router = try RouterFixture(configuration(legacy: server.port, service: try refusedPort()))
        var client: RawClient? = try router.client()
        try client?.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        arrived.wait()
        client = nil
        #expect(cancelled.wait())
    }

    @Test(arguments: [true, false])
    func `the circuit opens after failures in a row, and closes by a probe`(waits: Bool) throws {
        let broken = Guarded(true)
        let tally = Tally()
        let server = try RawServer { client in
            while true {
                _ = try client.read(until: "\r\n\r\n")
                tally.add()
                guard broken.withLock({ $0 }) == false else { return }
                try client.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            }
        }
        let router = try RouterFixture(
            configuration(
                legacy: server.port, service: try refusedPort(),
                route: #""retry": { "attempts": 0, "window": "\#(waits ? "300ms" : "1ms")" },"#))
        for _ in 0..<5 { #expect(try router.get("/").head.hasPrefix("HTTP/1.1 502")) }
        let route = try router.admin("GET", "/v1/status").json.root["routes"]?[0]
        #expect(route?["legacy"]?["circuit"]?.string == "open")
        if !waits {
            let (head, _) = try router.get("/")
            #expect(head.hasPrefix("HTTP/1.1 503"))
            #expect(head.contains("\r\nretry-after: 1\r\n"))
        }
        let seen = tally.count
        broken.withLock { $0 = false }
        // Nobody else could answer: whoever may wait does, and is the probe before the wait is over.
        if waits { #expect(try router.get("/").head.hasPrefix("HTTP/1.1 200")) }
        // Asked until the probe has been let through: at most a second, by the rule.
        var answered = false
        let patience = ContinuousClock.now + .seconds(5)
        while !answered, ContinuousClock.now < patience {
            answered = try router.get("/").head.hasPrefix("HTTP/1.1 200")
        }
        #expect(answered)
        #expect(tally.count > seen)
    }

    @Test func `writes that old connections swallow open no circuit`() throws {
        let isServing = Guarded(true)
        let server = try RawServer { client in
            // One answer, then the connection dies under the next request, unless a read may go on.
            while true {
                let head = try client.readMessage().head
                if head.hasPrefix("POST") {
                    client.resetOnClose()
                    return
                }
                try client.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                guard isServing.withLock({ $0 }) else { return }
            }
        }
        let router = try RouterFixture(
            configuration(legacy: server.port, service: try refusedPort(), route: #""retry": { "window": "1ms" },"#))
        let client = try router.client()
        for turn in 0..<20 {
            // Only a connection that was idle: after one that died writes get fresh ones for a second, whose end
            // counts.
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 200"), "\(turn)")
            try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
            #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 502"), "\(turn)")
            if turn == 0 {
                let route = try router.admin("GET", "/v1/status").json.root["routes"]?[0]
                #expect(route?["legacy"]?["circuit"]?.string == "closed")
            }
        }
    }

    @Test func `requests beyond the connections wait for one`() throws {
        let server = try EchoUpstream("ok")
        let text = configuration(legacy: server.port, service: try refusedPort()).replacing(
            #""old": { "#, with: #""old": { "connections": 1, "#)
        let router = try RouterFixture(text)
        let clients = try (0..<20).map { _ in try router.client() }
        for client in clients { try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
        for client in clients { #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 200")) }
    }
}

extension String {
    func replacing(_ old: String, with new: String) -> String {
        var result = ""
        var rest = Substring(self)
        while let range = rest.range(ofText: old) {
            result += rest[..<range.lowerBound] + new
            rest = rest[range.upperBound...]
        }
        return result + rest
    }
}

extension Substring {
    fileprivate func range(ofText text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
