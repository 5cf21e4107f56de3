import DurableFiles
import JSON
import TestSupport
import Testing

@testable import Router

struct AdminTests {
    private func fixture(
        percent: String = "0", route: String = "", context: String = "", threads: Int = 1
    ) throws -> (RouterFixture, EchoUpstream, EchoUpstream) {
        let (old, new) = (try EchoUpstream("old"), try EchoUpstream("new"))
        return (
            try RouterFixture(
                configuration(legacy: old.port, service: new.port, percent: percent, route: route, context: context),
                threads: threads), old, new
        )
    }

    private func file(_ router: RouterFixture) throws -> String {
        String(decoding: try DurableFile(path: "\(router.folder)/routes.json").read(), as: UTF8.self)
    }

    @Test(arguments: [1, 3])
    func `a shift is served by every loop, on disk, and leaves the author's formatting`(threads: Int) throws {
        let (router, old, new) = try fixture(threads: threads)
        defer { withExtendedLifetime((old, new)) {} }
        let before = try file(router)
        let (status, json) = try router.admin("POST", "/v1/routes/all/shift", #"{"percent": 100, "reason": "test"}"#)
        #expect(status == 200)
        #expect(json.root["before"]?.double == 0 && json.root["after"]?.double == 100)
        #expect(json.root["revision"]?.int == 8 && json.root["loops"]?.int == threads)
        for _ in 0..<20 { #expect(try router.get("/").body == "new") }
        let expected = before.replacing(#""percent": 0 "#, with: #""percent": 100 "#)
            .replacing(#""revision": 7"#, with: #""revision": 8"#)
        #expect(try file(router) == expected)
        let revisions = try router.admin("GET", "/v1/status").json.root["revisions"]
        #expect(revisions?.elements.map { $0.int } == Array(repeating: 8, count: threads))
    }

    @Test(arguments: [
        ("12.5", 12.5), ("0.30000000000000004", 0.3), ("1e1", 10), (#""7.25""#, 7.25), (#""+5""#, 5),
        (#""100.0000""#, 100),
    ])
    func `a percentage is a step as people and programs write it`(_ text: String, _ expected: Double) throws {
        let (router, old, new) = try fixture()
        defer { withExtendedLifetime((old, new)) {} }
        let (status, json) = try router.admin("POST", "/v1/routes/all/shift?dry_run=true", "{\"percent\": \(text)}")
        #expect(status == 200 && json.root["after"]?.double == expected)
    }

    struct Refusal: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var path = "/v1/routes/all/shift"
        var body = #"{"percent": 1}"#
        var fields = ""
        let status: Int
        let code: String
    }

    @Test(arguments: [
        Refusal(testDescription: "above 100", body: #"{"percent": 101}"#, status: 400, code: "bad_request"),
        Refusal(testDescription: "too fine", body: #"{"percent": 0.00001}"#, status: 400, code: "bad_request"),
        Refusal(
            testDescription: "a text that is no number", body: #"{"percent": "1e1"}"#, status: 400, code: "bad_request"),
        Refusal(
            testDescription: "a reason that is no text", body: #"{"percent": 1, "reason": 5}"#, status: 400,
            code: "bad_request"),
        Refusal(
            testDescription: "a parameter that is not known", path: "/v1/routes/all/shift?dryrun=true", status: 400,
            code: "bad_request"),
        Refusal(
            testDescription: "all that is no flag", path: "/v1/rollback", body: #"{"route": "all", "all": "no"}"#,
            status: 400, code: "bad_request"),
        Refusal(testDescription: "no revision", fields: "if-match: W/\"7\"\r\n", status: 400, code: "bad_request"),
        Refusal(
            testDescription: "no JSON by its name", fields: "content-type: text/xml\r\n", status: 415,
            code: "unsupported_media_type"),
        Refusal(testDescription: "no JSON", body: "percent=1", status: 400, code: "bad_request"),
        Refusal(testDescription: "misspelt", body: #"{"percnt": 1}"#, status: 400, code: "bad_request"),
        Refusal(testDescription: "unknown route", path: "/v1/routes/x/shift", status: 404, code: "not_found"),
        Refusal(testDescription: "stale", fields: "if-match: \"6\"\r\n", status: 412, code: "stale_revision"),
        Refusal(testDescription: "a browser", fields: "origin: http://evil\r\n", status: 403, code: "forbidden"),
        Refusal(testDescription: "the mode", status: 422, code: "mode_refuses"),
        Refusal(
            testDescription: "a rehearsal misspelt", path: "/v1/routes/all/shift?dry_run=yes", status: 400,
            code: "bad_request"),
        Refusal(
            testDescription: "a rollback of another type", path: "/v1/rollback", body: #"{"all": true, "mode": 1}"#,
            status: 400, code: "bad_request"),
        Refusal(
            testDescription: "a wait without its unit", path: "/v1/rollback", body: #"{"all": true, "wait": 5}"#,
            status: 400, code: "bad_request"),
        Refusal(
            testDescription: "a route that is no text, and all", path: "/v1/rollback",
            body: #"{"all": true, "route": 1}"#, status: 400, code: "bad_request"),
        Refusal(
            testDescription: "neither route nor all", path: "/v1/rollback", body: "{}", status: 400, code: "bad_request"
        ),
    ])
    func `a request that cannot be carried out is refused with its code`(_ refusal: Refusal) throws {
        let (router, old, new) = try fixture(
            route: #""context": "c","#, context: #""contexts": { "c": { "keys": ["client-ip"], "mode": "reads" } },"#)
        defer { withExtendedLifetime((old, new)) {} }
        let before = try file(router)
        let (status, json) = try router.admin("POST", refusal.path, refusal.body, fields: refusal.fields)
        #expect(status == refusal.status)
        #expect(json.root["code"]?.string == refusal.code)
        #expect(json.root["origin"]?.string == "router")
        #expect(try file(router) == before)
    }

    @Test func `another host name is refused, as a rebound one would be`() throws {
        let (router, old, new) = try fixture()
        defer { withExtendedLifetime((old, new)) {} }
        let client = try RawClient(port: router.adminPort)
        try client.send("GET /v1/status HTTP/1.1\r\nhost: evil.example\r\n\r\n")
        #expect(try client.readMessage().head.hasPrefix("HTTP/1.1 403"))
    }

    @Test func `a dry run answers what would be and changes nothing`() throws {
        let (router, old, new) = try fixture(percent: "10")
        defer { withExtendedLifetime((old, new)) {} }
        let before = try file(router)
        let (status, json) = try router.admin("POST", "/v1/routes/all/shift?dry_run=true", #"{"percent": "+5"}"#)
        #expect(status == 200)
        #expect(json.root["after"]?.double == 15 && json.root["dry_run"]?.bool == true)
        #expect(json.root["revision"]?.int == 7)
        #expect(try file(router) == before)
    }

    @Test func `no copies where there never were any is no change, and writes no mirror into the file`() throws {
        let (old, new) = (try EchoUpstream("old"), try EchoUpstream("new"))
        let text = configuration(legacy: old.port, service: new.port).replacing(#""service": "new","#, with: "")
        let router = try RouterFixture(text)
        let (status, json) = try router.admin("POST", "/v1/routes/all/mirror", #"{"percent": 0}"#)
        #expect(status == 200)
        #expect(json.root["changed"]?.bool == false && json.root["revision"]?.int == 7)
        #expect(try file(router) == text)
    }

    @Test func `a whole document is put only by who has seen the present one`() throws {
        let (router, old, new) = try fixture()
        defer { withExtendedLifetime((old, new)) {} }
        let text = configuration(legacy: old.port, service: new.port, percent: "100")
        #expect(try router.admin("PUT", "/v1/routes", text).status == 428)
        #expect(try router.admin("PUT", "/v1/routes", text, fields: "if-match: \"3\"\r\n").status == 412)
        let bad = text.replacing(#""routes""#, with: #""rout""#)
        let refused = try router.admin("PUT", "/v1/routes", bad, fields: "if-match: \"7\"\r\n")
        #expect(refused.status == 422)
        #expect(refused.json.root["diagnostics"]?.elements.contains { $0["line"]?.int ?? 0 > 1 } == true)
        let done = try router.admin("PUT", "/v1/routes", text, fields: "if-match: \"7\"\r\n")
        #expect(done.status == 200 && done.json.root["revision"]?.int == 8)
        #expect(try router.get("/").body == "new")
    }

    @Test func `an edit that was not reloaded is not overwritten, but a rollback is served all the same`() throws {
        let (router, old, new) = try fixture(percent: "100")
        defer { withExtendedLifetime((old, new)) {} }
        try router.write(configuration(legacy: old.port, service: new.port, percent: "50") + " ")
        let shift = try router.admin("POST", "/v1/routes/all/shift", #"{"percent": 10}"#)
        #expect(shift.status == 409 && shift.json.root["code"]?.string == "file_changed")
        let edited = try file(router)
        let back = try router.admin("POST", "/v1/rollback", #"{"all": true}"#)
        #expect(back.status == 200 && back.json.root["complete"]?.bool == true)
        #expect(back.json.root["warnings"]?.count == 1)
        for _ in 0..<20 { #expect(try router.get("/").body == "old") }
        #expect(try file(router) == edited)
    }

    @Test func `a rollback says when the last request on the service ended`() throws {
        let (arrived, finish) = (Gate(), Gate())
        let old = try EchoUpstream("old")
        let slow = try RawServer { client in
            _ = try client.read(until: "\r\n\r\n")
            arrived.open()
            finish.wait()
            try client.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nslow")
        }
        let router = try RouterFixture(configuration(legacy: old.port, service: slow.port, percent: "100"))
        let client = try router.client()
        try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        arrived.wait()
        let early = try router.admin("POST", "/v1/rollback", #"{"route": "all", "wait": "0s"}"#)
        #expect(early.json.root["complete"]?.bool == false)
        #expect(early.json.root["routes"]?[0]?["in_flight"]?.int == 1)
        #expect(try router.get("/").body == "old")
        finish.open()
        #expect(String(decoding: try client.readMessage().body, as: UTF8.self) == "slow")
        let late = try router.admin("POST", "/v1/rollback", #"{"route": "all"}"#)
        #expect(late.json.root["complete"]?.bool == true)
        #expect(late.json.root["changed"]?.bool == false)
    }

    @Test func `a draining rollback leaves a key on the service until its open exchange has ended`() throws {
        let (arrived, finish) = (Gate(), Gate())
        let old = try EchoUpstream("old")
        let slow = try RawServer { client in
            while true {
                let (head, _) = try client.readMessage()
                if head.hasPrefix("GET /slow") {
                    arrived.open()
                    finish.wait()
                }
                try client.send("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nnew")
            }
        }
        // A user of a bucket below 99 %.
        let router = try RouterFixture(
            configuration(
                legacy: old.port, service: slow.port, percent: "99", route: #""context": "c","#,
                context: #""contexts": { "c": { "keys": ["header:x-user"], "mode": "stateless" } },"#))
        let user = try #require(
            try (0..<100).map { "u\($0)" }.first { try router.get("/", "x-user: \($0)\r\n").body == "new" })
        let client = try router.client()
        try client.send("GET /slow HTTP/1.1\r\nHost: a\r\nx-user: \(user)\r\n\r\n")
        arrived.wait()
        let drained = try router.admin("POST", "/v1/rollback", #"{"route": "all", "mode": "drain", "wait": "0s"}"#)
        #expect(drained.json.root["complete"]?.bool == false)
        #expect(try router.get("/", "x-user: \(user)\r\n").body == "new")
        #expect(try router.get("/", "x-user: somebody-else\r\n").body == "old")
        finish.open()
        _ = try client.readMessage()
        #expect(try router.get("/", "x-user: \(user)\r\n").body == "old")
    }

    @Test func `metrics are Prometheus text with the names of the contract`() throws {
        let (router, old, new) = try fixture(percent: "50")
        defer { withExtendedLifetime((old, new)) {} }
        for _ in 0..<10 { _ = try router.get("/") }
        let client = try RawClient(port: router.adminPort)
        try client.send("GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n")
        let text = String(decoding: try client.readMessage().body, as: UTF8.self)
        for line in [
            #"strangler_requests_total{route="all",side="service",method="GET",code="200"} 5"#,
            #"strangler_route_weight_ratio{route="all",side="service"} 0.5"#, "strangler_config_revision 7",
            #"strangler_inflight_requests{side="legacy"} 0"#,
            #"strangler_request_duration_seconds_count{route="all",side="legacy"} 5"#,
        ] {
            #expect(text.contains(line + "\n"), "\(line)")
        }
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            #expect(line.wholeMatch(of: /[a-z_]+(\{[^{}]*\})? [0-9.e+-]+/) != nil, "\(line)")
        }
    }
}
