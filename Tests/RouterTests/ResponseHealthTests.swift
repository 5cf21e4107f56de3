import EventLoop
import JSON
import TestSupport
import Testing

@testable import Router

/// Answers what it is told to, as often as it is asked.
private final class ScriptedUpstream: Sendable {
    enum Answer: Sendable { case good, error, unavailable, cut, missing, refuse, silence }

    private let answer: Guarded<Answer>
    private let tally = Tally()
    private let server: Guarded<RawServer?> = Guarded(nil)

    init(_ first: Answer) throws {
        let answer = Guarded(first)
        self.answer = answer
        let tally = tally
        let made = try RawServer { client in
            while true {
                let head = try client.readMessage().head
                tally.add()
                func send(_ status: String) throws {
                    try client.send("HTTP/1.1 \(status)\r\ncontent-length: 2\r\n\r\nok")
                }
                // Its probes are answered whatever happens to requests.
                switch head.hasPrefix("GET /healthz") ? .good : answer.withLock({ $0 }) {
                case .good: try send("200 OK")
                case .error: try send("500 Internal Server Error")
                case .unavailable: try send("503 Service Unavailable")
                case .missing: try send("404 Not Found")
                case .refuse: return
                case .silence: _ = client.readToEnd()
                case .cut:
                    try client.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
                    return
                }
            }
        }
        server.withLock { $0 = made }
    }

    var port: UInt16 { server.withLock { $0?.port ?? 0 } }
    var asked: Int { tally.count }
    func answers(_ next: Answer) { answer.withLock { $0 = next } }
}

struct ResponseHealthTests {
    private static func router(
        _ old: UInt16, _ new: [UInt16], threads: Int = 1, upstream: String = "", top: String = "", route: String = ""
    ) throws -> RouterFixture {
        let endpoints = new.map { "\"127.0.0.1:\($0)\"" }.joined(separator: ", ")
        return try RouterFixture(
            """
            { "version": 1, "listen": ["127.0.0.1:0"], "admin": { "unix": "admin.sock", "listen": "127.0.0.1:0" }, \(top)
              "upstreams": { "old": { "endpoints": ["127.0.0.1:\(old)"] },
                             "new": { "endpoints": [\(endpoints)]\(upstream) } },
              "contexts": { "all": { "mode": "stateless", "keys": [] } },
              "routes": [ { "id": "all", "match": { "prefix": "/" }, "legacy": "old", "service": "new", \(route)
                            "context": "all", "percent": 100 } ] }
            """, threads: threads)
    }

    private static func side(_ router: RouterFixture, _ name: String = "service") throws -> JSONValue? {
        try router.admin("GET", "/v1/status").json.root["routes"]?[0]?[name]
    }

    private static func waitUntil(_ what: String, _ condition: () throws -> Bool) throws {
        let patience = ContinuousClock.now + .seconds(20)
        while try !condition() {
            guard ContinuousClock.now < patience else { throw RouterFixture.Failure(description: "not seen: \(what)") }
        }
    }

    private static func ask(_ router: RouterFixture, _ method: String = "GET") throws {
        let client = try router.client()
        let body = method == "GET" ? "" : "Content-Length: 2\r\n"
        try client.send("\(method) / HTTP/1.1\r\nHost: a\r\n\(body)\r\n" + (method == "GET" ? "" : "hi"))
        _ = client.readMessageOrEnd()
    }

    @Test(arguments: [1, 2])
    func `a service that answers only 500 is an alarm until it answers well`(threads: Int) throws {
        let (old, new) = (try EchoUpstream("old"), try ScriptedUpstream(.error))
        let router = try Self.router(old.port, [new.port], threads: threads)
        let events = try RawClient(port: router.adminPort)
        try events.send("GET /v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n")
        _ = try events.read(until: "\r\n\r\n")
        for _ in 0..<20 { try Self.ask(router) }
        let faults = try Self.side(router)?["faults"]
        #expect(faults?["alarm"]?.bool == true)
        #expect(faults?["errors"]?.int == 20)
        #expect(faults?["answers"]?.int == 20)
        // An application's own errors close no circuit, and take out nothing: legacy would not answer them better.
        #expect(try Self.side(router)?["circuit"]?.string == "closed")
        #expect(try Self.side(router)?["health"]?.string == "healthy")
        #expect(old.requests.isEmpty)
        let lines = try router.metrics()
        #expect(lines.contains(#"strangler_side_failing{route="all",side="service"} 1"#))
        #expect(lines.contains(#"strangler_side_failing{route="all",side="legacy"} 0"#))
        let raised = try events.read(until: "\n\n\r\n")
        #expect(
            raised.contains("event: faults\ndata: {")
                && raised.contains(#""route":"all","side":"service","to":"failing""#))

        new.answers(.good)
        for _ in 0..<200 { try Self.ask(router) }
        try Self.waitUntil("well again") {
            try Self.ask(router)
            return try Self.side(router)?["faults"]?["alarm"]?.bool == false
        }
        #expect(try events.read(until: "\n\n\r\n").contains(#""to":"well""#))
    }

    @Test func `a service that is silent until a route's time is over is an alarm, as one that is silent for longer`()
        throws
    {
        let (old, new) = (try EchoUpstream("old"), try ScriptedUpstream(.silence))
        let router = try Self.router(old.port, [new.port], route: #""timeouts": { "request": "30ms" },"#)
        for method in ["GET", "POST", "GET", "POST", "GET"] { try Self.ask(router, method) }
        let faults = try Self.side(router)?["faults"]
        #expect(faults?["alarm"]?.bool == true)
        #expect(faults?["errors"]?.int == 5)
    }

    @Test func `a service whose answers break off is taken out, and legacy answers reads`() throws {
        let (old, new) = (try EchoUpstream("old"), try ScriptedUpstream(.cut))
        let router = try Self.router(old.port, [new.port])
        for _ in 0..<5 { try Self.ask(router) }
        #expect(new.asked == 5)
        let side = try Self.side(router)
        #expect(side?["cut"]?.int == 5)
        #expect(side?["faults"]?["alarm"]?.bool == true)
        #expect(side?["faults"]?["cut"]?.int == 5)
        let upstreams = try router.admin("GET", "/v1/status").json.root["upstreams"]
        #expect(upstreams?[1]?["endpoints"]?[0]?["reason"]?.string == "broken-answers")
        #expect(try router.get("/").body == "old")
        #expect(try router.metrics().contains(#"strangler_broken_answers_total{route="all",side="service"} 5"#))
        // Writes have nowhere else to go: they are sent on, as before.
        let before = new.asked
        try Self.ask(router, "POST")
        #expect(new.asked == before + 1)

        new.answers(.good)
        try Self.waitUntil("the service again") { try router.get("/").body == "ok" }
        #expect(try Self.side(router)?["health"]?.string == "healthy")
    }

    @Test func `of several endpoints the one that answers 503 is left out`() throws {
        let (old, bad, good) = (
            try EchoUpstream("old"), try ScriptedUpstream(.unavailable), try ScriptedUpstream(.good)
        )
        let router = try Self.router(old.port, [bad.port, good.port])
        for _ in 0..<30 { try Self.ask(router) }
        // Five of it, in turns, and then none for a second; more on a slow machine.
        #expect(bad.asked >= 5 && bad.asked < 15)
        #expect(good.asked == 30 - bad.asked)
    }

    @Test func `a single endpoint that answers 503 is asked on`() throws {
        let (old, bad) = (try EchoUpstream("old"), try ScriptedUpstream(.unavailable))
        let router = try Self.router(old.port, [bad.port])
        for _ in 0..<30 { try Self.ask(router) }
        #expect(bad.asked == 30)
        #expect(try Self.side(router)?["health"]?.string == "healthy")
        #expect(try Self.side(router)?["faults"]?["alarm"]?.bool == true)
    }

    @Test(arguments: ["", #", "health": { "path": "/healthz", "interval": "20ms" }"#])
    func `after an ejection health says what is so`(probes: String) throws {
        let (old, new) = (try EchoUpstream("old"), try ScriptedUpstream(.refuse))
        let router = try Self.router(old.port, [new.port], upstream: probes)
        if !probes.isEmpty {
            try Self.waitUntil("its probes") { try Self.side(router)?["health"]?.string == "healthy" }
        }
        for _ in 0..<5 { try Self.ask(router, "POST") }
        #expect(try Self.side(router)?["health"]?.string == "unhealthy")
        new.answers(.good)
        if probes.isEmpty {
            // The ejection ends by time, without a request; what it is like then, nobody knows before one.
            try Self.waitUntil("its end") { try Self.side(router)?["health"]?.string == "unknown" }
            try Self.waitUntil("an answer") { try router.get("/").body == "ok" }
            #expect(try Self.side(router)?["health"]?.string == "healthy")
        } else {
            try Self.waitUntil("its end") { try Self.side(router)?["health"]?.string == "healthy" }
        }
    }

    @Test func `reads that legacy answers for a service that is out are told of the last minute`() throws {
        let old = try EchoUpstream("old")
        let router = try Self.router(old.port, [try refusedPort()])
        for _ in 0..<7 { #expect(try router.get("/").body == "old") }
        #expect(try Self.side(router)?["fallbacks_last_minute"]?.int == 7)
        #expect(try Self.side(router)?["fallbacks"]?.int == 7)
    }

    @Test func `copies are told by the class of their answers`() throws {
        let (old, new) = (try EchoUpstream("old"), try ScriptedUpstream(.good))
        let router = try RouterFixture(
            configuration(legacy: old.port, service: new.port, route: #""mirror": { "percent": 100 },"#))
        func mirror() throws -> JSONValue? {
            try router.admin("GET", "/v1/status").json.root["routes"]?[0]?["mirror"]
        }
        for (number, answer) in [ScriptedUpstream.Answer.good, .missing, .error, .error].enumerated() {
            new.answers(answer)
            _ = try router.get("/")
            try Self.waitUntil("a copy") { try mirror()?["answered"]?.int == number + 1 }
        }
        let classes = try mirror()?["classes"]
        #expect(classes?["2xx"]?.int == 1 && classes?["4xx"]?.int == 1 && classes?["5xx"]?.int == 2)
        let lines = try router.metrics()
        for (name, count) in [("2xx", 1), ("4xx", 1), ("5xx", 2)] {
            #expect(
                lines.contains("strangler_mirror_total{route=\"all\",result=\"answered\",class=\"\(name)\"} \(count)"))
        }
    }

    @Test func `what makes an endpoint well again is told with it`() throws {
        let (old, new) = (try EchoUpstream("old"), try ScriptedUpstream(.refuse))
        let router = try Self.router(old.port, [new.port])
        let events = try RawClient(port: router.adminPort)
        try events.send("GET /v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n")
        _ = try events.read(until: "\r\n\r\n")
        for _ in 0..<5 { try Self.ask(router, "POST") }
        new.answers(.good)
        try Self.waitUntil("an answer") { try router.get("/").body == "ok" }
        var told: [String] = []
        while told.count < 2 {
            let event = try events.read(until: "\n\n\r\n")
            if event.contains("event: health") { told.append(event) }
        }
        #expect(told[0].contains(#""to":"unhealthy","reason":"passive-failures""#))
        #expect(told[1].contains(#""to":"healthy","reason":"request-answered""#))
    }

    @Test func `an endpoint that its probes find well is said to be so because of them`() throws {
        let (old, new) = (try EchoUpstream("old"), try ScriptedUpstream(.good))
        let router = try Self.router(old.port, [new.port])
        let events = try RawClient(port: router.adminPort)
        try events.send("GET /v1/events HTTP/1.1\r\nhost: localhost\r\n\r\n")
        _ = try events.read(until: "\r\n\r\n")
        let text = """
            { "version": 1, "listen": ["127.0.0.1:0"], "admin": { "unix": "admin.sock", "listen": "127.0.0.1:0" },
              "upstreams": { "new": { "endpoints": ["127.0.0.1:\(new.port)"],
                                      "health": { "path": "/healthz", "interval": "20ms" } } },
              "routes": [ { "id": "all", "match": { "prefix": "/" }, "legacy": "new" } ] }
            """
        #expect(try router.admin("PUT", "/v1/routes", text, fields: "if-match: *\r\n").status == 200)
        var event = ""
        while !event.contains("event: health") {
            event = try events.read(until: "\n\n\r\n")
        }
        #expect(event.contains(#""to":"healthy","reason":"probe-answered""#))
    }
}

extension RawClient {
    /// A message, or what came before the connection ended.
    fileprivate func readMessageOrEnd() -> String { (try? readMessage().head) ?? "" }
}
