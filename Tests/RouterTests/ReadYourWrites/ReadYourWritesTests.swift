import EventLoop
import Testing

@testable import HTTPTransport
@testable import Router

/// Exchanges of users who write and read, between clients and upstreams that are objects of the test.
struct ReadYourWritesTests {
    private final class Bench {
        let loop: Loop
        let worker: Worker
        let old: InMemorySource
        let new: InMemorySource
        var follower: Follower { worker.writes.follower("c") }

        init(percent: String = "100", context: String = "", route: String = "", book: WritesBook = WritesBook()) throws
        {
            let loop = try Loop(clock: .manual)
            loop.adoptCurrentThread()
            let bytes = Array(Self.text(percent, context, route).utf8)
            let compiler = ConfigurationCompiler(path: "routes.json")
            let table = try compiler.parse(bytes).flatMap { compiler.compile($0, bytes: bytes, revision: 7) }.get()
            var sources: [UInt16: InMemorySource] = [:]
            worker = Worker(
                loop: loop, index: 0, threads: 1, serving: table, writes: book,
                opening: { loop, address, _ in
                    let made = InMemorySource(loop: loop)
                    if let port = address.port, sources[port] == nil { sources[port] = made }
                    return made
                }, report: { _ in })
            self.loop = loop
            old = try #require(sources[9])
            new = try #require(sources[10])
        }

        private static func text(_ percent: String, _ context: String, _ route: String) -> String {
            """
            { "version": 1, "listen": ["127.0.0.1:0"], "admin": { "unix": "admin.sock" },
              "upstreams": { "old": { "endpoints": ["127.0.0.1:9"] }, "new": { "endpoints": ["127.0.0.1:10"] } },
              "contexts": { "c": { "keys": ["path:id", "header:x-user", "cookie:strangler_id", "client-ip"],
                                   "mode": "reads"\(context) },
                            "other": { "keys": ["header:x-user"], "salt": "z", "mode": "reads"\(context) },
                            "free": { "keys": [], "mode": "stateless" } },
              "routes": [
                { "id": "reads", "match": { "template": "/u/{id}", "methods": ["GET", "HEAD"] }, "legacy": "old",
                  "service": "new", "context": "c",\(route) "percent": \(percent), "override": {} },
                { "id": "list", "match": { "prefix": "/list", "methods": ["GET"] }, "legacy": "old",
                  "service": "new", "context": "c", "percent": \(percent) },
                { "id": "elsewhere", "match": { "prefix": "/other", "methods": ["GET"] }, "legacy": "old",
                  "service": "new", "context": "other", "percent": \(percent == "0" ? 0 : 100) },
                { "id": "writes", "match": { "template": "/u/{id}" }, "legacy": "old", "context": "c" },
                { "id": "beacon", "match": { "prefix": "/beacon" }, "legacy": "old", "context": "free" },
                { "id": "all", "match": { "prefix": "/" }, "legacy": "old" } ] }
            """
        }

        func ask(_ head: String, _ fields: String = "", body: String? = nil) -> InMemoryClient {
            let client = InMemoryClient(loop: loop, of: worker)
            client.request(head, fields: fields, body: body)
            return client
        }

        /// The token that a write gets, as its user brings it back; nil: none.
        @discardableResult func write(
            _ head: String = "POST /u/ann", _ fields: String = "", status: UInt16 = 200, response: String = ""
        ) throws -> String? {
            let client = ask(head, fields, body: "x")
            let upstream = try #require(old.streams.last)
            upstream.answer(status, response)
            upstream.end()
            return client.token
        }

        /// The side that serves a read; it is left unanswered.
        func side(_ head: String = "GET /u/ann", _ fields: String = "") -> String {
            let before = (old.streams.count, new.streams.count)
            let client = ask(head, fields)
            defer { client.leave() }
            if new.streams.count > before.1 { return "service" }
            return old.streams.count > before.0 ? "legacy" : "nobody"
        }

        /// The agent says that it has everything until now.
        func confirm() {
            loop.advance(by: .milliseconds(1))
            follower.agentReported()
            follower.confirm(loop.now.nanoseconds)
        }
    }

    @Test func `who wrote reads from legacy until the follower has the write, and nobody else`() throws {
        let bench = try Bench()
        #expect(bench.side() == "service")
        try bench.write()
        #expect(bench.side() == "legacy")
        #expect(bench.side("HEAD /u/ann") == "legacy")
        #expect(bench.side("GET /u/bob") == "service")
        #expect(bench.side("GET /other", "x-user: bob\r\n") == "service")
        bench.confirm()
        #expect(bench.side() == "service")
        #expect(bench.follower.diverted == 2)
    }

    @Test func `a write counts on whichever route it is made, for every context, but not where nothing is kept`() throws
    {
        let bench = try Bench()
        // The default route names no context and has no template; the reads' template says where the key is.
        try bench.write("POST /v/ann/pictures")
        #expect(bench.side("GET /u/ann") == "legacy")
        #expect(bench.side("GET /u/bob") == "service")
        bench.confirm()
        try bench.write("POST /any", "x-user: ann\r\n")
        #expect(bench.side("GET /list", "x-user: ann\r\n") == "legacy")
        #expect(bench.side("GET /other", "x-user: ann\r\n") == "legacy")
        // Each context waits for its own follower.
        bench.confirm()
        #expect(bench.side("GET /list", "x-user: ann\r\n") == "service")
        #expect(bench.side("GET /other", "x-user: ann\r\n") == "legacy")
        #expect(try bench.write("POST /beacon", "x-user: eve\r\n") == nil)
        #expect(bench.side("GET /list", "x-user: eve\r\n") == "service")
    }

    @Test func `a user is known by every key, and by the address only where there is no other`() throws {
        let bench = try Bench()
        try bench.write("POST /pictures", "x-user: ann\r\ncookie: a=b; strangler_id=77\r\n")
        #expect(bench.side("GET /u/picture", "x-user: ann\r\n") == "legacy")
        #expect(bench.side("GET /list", "cookie: strangler_id=77\r\n") == "legacy")
        #expect(bench.side("GET /u/picture", "x-user: bob\r\n") == "service")
        #expect(bench.side("GET /list") == "service")
        bench.confirm()
        // Nothing but the address names it: a read from there may be the same user's, whatever else it says.
        try bench.write("POST /pictures")
        #expect(bench.side("GET /list") == "legacy")
        #expect(bench.side("GET /u/ann", "x-user: ann\r\n") == "legacy")
    }

    @Test(
        arguments: [
            (200, true), (201, true), (204, true), (302, true), (500, true), (503, true), (400, false), (404, false),
            (409, false), (499, false),
        ] as [(UInt16, Bool)])
    func `a response that says that nothing was changed is no write`(_ status: UInt16, _ isWrite: Bool) throws {
        let bench = try Bench()
        let token = try bench.write(status: status)
        #expect((token != nil) == isWrite)
        #expect(bench.side() == (isWrite ? "legacy" : "service"))
    }

    @Test func `an outcome that nobody knows counts as a write`() throws {
        let bench = try Bench()
        // No response at all.
        let lost = bench.ask("POST /u/ann", body: "x")
        bench.old.streams.last?.fail(.reset, sent: 20)
        #expect(lost.answer?.status == 502 && lost.token != nil)
        #expect(bench.side() == "legacy")
        bench.confirm()
        // The client left before it.
        let gone = bench.ask("POST /u/ann", body: "x")
        #expect(bench.side() == "service")
        gone.leave()
        #expect(bench.side() == "legacy")
        bench.confirm()
        // The response broke off.
        let cut = bench.ask("POST /u/ann", body: "x")
        bench.old.streams.last?.answer(200, body: "half")
        bench.confirm()
        #expect(bench.side() == "service")
        bench.old.streams.last { $0.delegate != nil }?.fail(.reset, sent: 20, headDelivered: true)
        #expect(cut.end == .aborted)
        #expect(bench.side() == "legacy")
    }

    @Test func `the token works where the write was not seen, and after a new start`() throws {
        let bench = try Bench()
        let token = try #require(try bench.write())
        let after = try Bench()
        #expect(after.side("GET /u/ann") == "service")
        #expect(after.side("GET /u/ann", "cookie: \(token)\r\n") == "legacy")
        #expect(after.side("GET /u/bob", "cookie: \(token)\r\n") == "legacy")
        after.confirm()
        after.confirm()
        #expect(after.side("GET /u/ann", "cookie: \(token)\r\n") == "service")
        // Keyless users of this process as well, and by each loop.
        let other = try Bench(book: bench.worker.writes)
        #expect(other.side("GET /list", "cookie: x=y; \(token)\r\n") == "legacy")
        bench.confirm()
        #expect(other.side("GET /list", "cookie: x=y; \(token)\r\n") == "service")
    }

    @Test func `the cookie is as the minted one, and none where caches of many users may keep it`() throws {
        let bench = try Bench(context: #", "sameSite": "strict", "data": { "maxLag": "7s" }"#)
        let client = bench.ask("POST /u/ann", body: "x")
        bench.old.streams.last?.answer(200)
        let line = try #require(client.answer?.lines.first { $0.hasPrefix("set-cookie: strangler_wrote=1-") })
        #expect(line.hasSuffix("; Path=/; Max-Age=68; HttpOnly; Secure; SameSite=Strict"))
        #expect(try bench.write(response: "cache-control: public, max-age=60\r\n") == nil)
        // The user is remembered all the same.
        #expect(bench.side() == "legacy")
    }

    @Test(arguments: ["1-0000000000000000-ffffffffffffffff", "1-ffffffffffffffff-0000000000000000"])
    func `a made-up token keeps its own user on legacy, until the follower is heard of`(_ token: String) throws {
        let bench = try Bench()
        let fields = "cookie: strangler_wrote=\(token)\r\n"
        #expect(bench.side("GET /u/ann", fields) == "legacy")
        #expect(bench.side() == "service")
        #expect(bench.side("GET /u/ann", "cookie: strangler_wrote=nonsense\r\n") == "service")
        #expect(bench.side("GET /u/ann", "cookie: strangler_wrote2=\(token)\r\n") == "service")
        bench.confirm()
        bench.confirm()
        #expect(bench.side("GET /u/ann", fields) == "service")
    }

    @Test func `nobody waits for ever for a follower of which nothing is heard`() throws {
        let bench = try Bench()
        let token = try #require(try bench.write())
        bench.loop.advance(by: .milliseconds(4_990))
        #expect(bench.side() == "legacy")
        bench.loop.advance(by: .milliseconds(10))
        #expect(bench.side() == "service")
        #expect(bench.side("GET /list", "cookie: \(token)\r\n") == "service")
        // Where an agent reports, silence is judged by the watch; this is the last resort.
        bench.follower.agentReported()
        #expect(bench.side() == "legacy")
        bench.loop.advance(by: .seconds(60))
        #expect(bench.side() == "service")
    }

    @Test func `who asks for the service gets it, and what is off costs and changes nothing`() throws {
        let bench = try Bench()
        try bench.write()
        #expect(bench.side("GET /u/ann", "x-strangler-side: service\r\n") == "service")
        let off = try Bench(context: #", "readYourWrites": false"#)
        #expect(try off.write() == nil)
        #expect(off.side() == "service")
        #expect(off.worker.writes.recent.newest == 0)
    }

    @Test func `without readers on the service there is no token, and the write is remembered`() throws {
        let bench = try Bench(percent: "0")
        #expect(try bench.write() == nil)
        #expect(bench.worker.writes.recent.newest > 0)
    }

    @Test func `a read of a user who just wrote is not copied, and counted with its reason`() throws {
        for percent in ["0", "100"] {
            let bench = try Bench(percent: percent, route: #" "mirror": { "percent": 100, "methods": ["GET"] },"#)
            func skipped() -> UInt64 { bench.worker.states["reads"]?.mirror.count(.recentWrite) ?? 0 }
            _ = bench.side()
            #expect(skipped() == 0)
            try bench.write()
            _ = bench.side()
            _ = bench.side("GET /u/bob")
            #expect(skipped() == 1)
            bench.confirm()
            _ = bench.side()
            #expect(skipped() == 1)
        }
    }

    @Test func `a key that a rollback lets end on the service goes home with its write`() throws {
        let bench = try Bench(percent: "50")
        // Of the keys that the service has.
        let user = try #require((0..<64).lazy.map { "u\($0)" }.first { bench.side("GET /u/\($0)") == "service" })
        let open = bench.ask("GET /u/\(user)")
        var keys = LingeringKeys()
        let bucket = try #require(bench.worker.exchanges.compactMap(\.openBucket).last)
        keys.add(bucket)
        let state = try #require(bench.worker.states["reads"])
        #expect(bench.side("GET /u/\(user)") == "service")
        try bench.write("POST /u/\(user)")
        #expect(bench.side("GET /u/\(user)") == "legacy")
        state.lingering = keys
        open.leave()
        #expect(state.lingering?.isEmpty == true)
    }
}

extension InMemoryClient {
    /// What the response's token cookie says, as a client brings it back.
    fileprivate var token: String? {
        answer?.lines.first { $0.hasPrefix("set-cookie: strangler_wrote=") }
            .map { String($0.dropFirst("set-cookie: ".count).prefix { $0 != ";" }) }
    }
}
