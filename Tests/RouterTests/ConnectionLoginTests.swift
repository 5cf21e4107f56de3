import EventLoop
import HTTP
import HTTPTransport
import JSON
import TestSupport
import Testing

@testable import Router

/// Log-ins that are one of the connection: whoever sends on it is that user.
@Suite struct ConnectionLoginTests {
    /// NTLM's shape: `hello` is answered by a challenge, a name by that user, on this connection and for good.
    private final class LogInServer: Sendable {
        let opened = Tally()
        let closed = Tally()
        /// Requests by path, with the user that they were taken for.
        let seen = Guarded<[String]>([])
        let server: RawServer

        /// - Parameter requestsEach: How many a connection serves.
        init(requestsEach: Int = .max) throws {
            let (opened, closed, seen) = (opened, closed, seen)
            server = try RawServer { client in
                opened.add()
                defer { closed.add() }
                var user = ""
                var hasBegun = false
                for _ in 0..<requestsEach {
                    let head = try client.readMessage().head
                    let path = head.split(separator: " ")[1]
                    var answer = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n"
                    if head.contains("uthorization: NTLM hello") {
                        hasBegun = true
                        answer =
                            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM prove\r\nContent-Length: 0\r\n\r\n"
                    } else if hasBegun, let name = head.components(behind: "uthorization: NTLM ") {
                        user = name
                    }
                    if !user.isEmpty {
                        answer =
                            "HTTP/1.1 200 OK\r\nPersistent-Auth: true\r\nContent-Length: \(user.utf8.count)\r\n\r\n\(user)"
                    }
                    let taken = user
                    seen.withLock { $0.append("\(path) \(taken)") }
                    try client.send(answer)
                }
            }
        }

        var port: UInt16 { server.port }
    }

    /// Status and body of one request on `client`.
    private static func ask(_ client: RawClient, _ fields: String = "", method: String = "GET") throws -> String {
        try client.send("\(method) / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
        let (head, body) = try client.readMessage()
        return "\(head.dropFirst(9).prefix(3)) \(String(decoding: body, as: UTF8.self))"
    }

    private static func logIn(_ client: RawClient, _ name: String) throws {
        #expect(try ask(client, "Authorization: NTLM hello\r\n") == "401 ")
        #expect(try ask(client, "Authorization: NTLM \(name)\r\n") == "200 \(name)")
    }

    @Test func `two clients are never each other, and nobody is either of them`() throws {
        let server = try LogInServer()
        let router = try RouterFixture(configuration(legacy: server.port, service: try refusedPort()))
        let (alice, bob) = (try router.client(), try router.client())
        try Self.logIn(alice, "alice")
        for _ in 0..<10 {
            #expect(try Self.ask(alice) == "200 alice")
            #expect(try Self.ask(bob) == "401 ")
            #expect(try router.get("/").head.hasPrefix("HTTP/1.1 401"))
        }
        try Self.logIn(bob, "bob")
        for _ in 0..<10 {
            #expect(try Self.ask(bob, method: "POST") == "200 bob")
            #expect(try Self.ask(alice, method: "POST") == "200 alice")
        }
    }

    @Test func `the connection ends with its client's`() throws {
        let server = try LogInServer()
        let router = try RouterFixture(configuration(legacy: server.port, service: try refusedPort()))
        do {
            let alice = try router.client()
            try Self.logIn(alice, "alice")
            #expect(server.opened.count == 1 && server.closed.count == 0)
        }
        let patience = ContinuousClock.now + .seconds(5)
        while server.closed.count == 0, ContinuousClock.now < patience { _ = try router.admin("GET", "/v1/status") }
        #expect(server.closed.count == 1)
    }

    @Test func `when it ends, the client's ends too`() throws {
        let server = try LogInServer(requestsEach: 3)
        let router = try RouterFixture(configuration(legacy: server.port, service: try refusedPort()))
        let alice = try router.client()
        try Self.logIn(alice, "alice")
        #expect(try Self.ask(alice) == "200 alice")
        #expect(alice.read() == .end)
    }

    @Test func `a request that brings a log-in goes nowhere else`() throws {
        let old = try EchoUpstream("old")
        let router = try RouterFixture(configuration(legacy: old.port, service: try refusedPort(), percent: "100"))
        let client = try router.client()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Negotiate x\r\n\r\n")
        #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 502"))
        #expect(old.requests.isEmpty)
        // Others do as ever.
        #expect(try router.get("/", "Authorization: Basic x\r\n").body == "old")
    }

    @Test func `nothing of a log-in is copied`() throws {
        let (old, new) = (try EchoUpstream("old"), try EchoUpstream("new"))
        let router = try RouterFixture(
            configuration(legacy: old.port, service: new.port, route: #""mirror": { "percent": 100 },"#))
        #expect(try router.get("/", "Authorization: NTLM x\r\n").body == "old")
        #expect(try router.get("/", "Authorization: Basic x\r\n").body == "old")
        try router.waitForMetric(#"strangler_mirror_total{route="all",result="answered",class="2xx"} 1"#)
        try router.waitForMetric(#"strangler_mirror_total{route="all",result="skipped_connection_login"} 1"#)
        #expect(new.requests.count == 1)
    }

    @Test func `a client without a key stays on the side where it is logged in`() throws {
        let (old, new) = (try LogInServer(), try LogInServer())
        let router = try RouterFixture(configuration(legacy: old.port, service: new.port, percent: "50"))
        for number in 0..<6 {
            let client = try router.client()
            try Self.logIn(client, "user\(number)")
            for _ in 0..<6 { #expect(try Self.ask(client) == "200 user\(number)") }
        }
        #expect(old.opened.count == 3 && new.opened.count == 3)
    }

    @Test func `connections that wait for their clients make room for others`() throws {
        let server = try LogInServer()
        let text = configuration(legacy: server.port, service: try refusedPort()).replacing(
            #""old": { "#, with: #""old": { "connections": 2, "#)
        let router = try RouterFixture(text)
        let clients = try (0..<4).map { _ in try router.client() }
        for (number, client) in clients.enumerated() { try Self.logIn(client, "user\(number)") }
        // The two that waited longest have been given up, and their clients know.
        #expect(clients[0].read() == .end && clients[1].read() == .end)
        #expect(try Self.ask(clients[2]) == "200 user2")
        #expect(try Self.ask(clients[3]) == "200 user3")
    }
}

extension String {
    /// What stands between `start` and the end of its line.
    fileprivate func components(behind start: String) -> String? {
        guard let range = firstRange(of: start) else { return nil }
        return String(self[range.upperBound...].prefix { $0 != "\r\n" })
    }
}
