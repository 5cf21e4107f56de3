import JSON
import TestSupport
import Testing

@testable import Router

/// Changes that come at once: each gets its turn, and going back goes first.
struct ChangeTurnsTests {
    private static let context = #""contexts": { "all": { "keys": ["header:x-user"], "mode": "stateless" } },"#

    private func fixture(percent: String) throws -> (RouterFixture, [EchoUpstream]) {
        let (old, new) = (try EchoUpstream("old"), try EchoUpstream("new"))
        return (
            try RouterFixture(
                configuration(
                    legacy: old.port, service: new.port, percent: percent, route: #""context": "all","#,
                    context: Self.context), threads: 3), [old, new]
        )
    }

    /// Sends all before any response is read.
    private func atOnce(
        _ router: RouterFixture, _ requests: [(path: String, body: String)]
    ) throws -> [(status: Int, json: JSONDocument)] {
        let clients = try requests.map { request in
            let client = try RawClient(port: router.adminPort)
            try client.send(
                "POST \(request.path) HTTP/1.1\r\nhost: localhost\r\ncontent-length: \(request.body.utf8.count)\r\n\r\n"
                    + request.body)
            return client
        }
        return try clients.map { client in
            let (head, body) = try client.readMessage()
            return (Int(head.dropFirst(9).prefix(3)) ?? 0, try JSONDocument(body))
        }
    }

    @Test func `rollbacks at once are all done, and only one of them changes something`() throws {
        let (router, upstreams) = try fixture(percent: "50")
        defer { withExtendedLifetime(upstreams) {} }
        let answers = try atOnce(router, Array(repeating: ("/v1/rollback", #"{"all": true}"#), count: 12))
        #expect(answers.map(\.status) == Array(repeating: 200, count: 12))
        #expect(answers.count { $0.json.root["changed"]?.bool == true } == 1)
        #expect(answers.allSatisfy { $0.json.root["revision"]?.int == 8 })
    }

    @Test func `changes at once are all done, each as a revision of its own`() throws {
        let (router, upstreams) = try fixture(percent: "50")
        defer { withExtendedLifetime(upstreams) {} }
        let answers = try atOnce(router, (1...20).map { ("/v1/routes/all/shift", #"{"percent": \#($0)}"#) })
        #expect(answers.map(\.status) == Array(repeating: 200, count: 20))
        #expect(Set(answers.compactMap { $0.json.root["revision"]?.int }) == Set(8...27))
    }

    @Test func `beside shifts a rollback is done, and a shift that it overtook is told so`() throws {
        let (router, upstreams) = try fixture(percent: "50")
        defer { withExtendedLifetime(upstreams) {} }
        for round in 0..<5 {
            let shifts = (1...8).map { ("/v1/routes/all/shift", #"{"percent": \#(10 * (round + 1) + $0)}"#) }
            let answers = try atOnce(router, shifts + [("/v1/rollback", #"{"route": "all"}"#)] + shifts)
            #expect(answers[8].status == 200)
            for answer in answers where answer.status != 200 {
                #expect(answer.status == 409 && answer.json.root["code"]?.string == "overtaken")
            }
        }
    }

    @Test func `what was changed lately is told, with who and why`() throws {
        let (router, upstreams) = try fixture(percent: "50")
        defer { withExtendedLifetime(upstreams) {} }
        #expect(
            try router.admin("POST", "/v1/routes/all/shift", #"{"percent": 60, "actor": "bob", "reason": "more"}"#)
                .status
                == 200)
        #expect(try router.admin("POST", "/v1/rollback", #"{"all": true, "actor": "alice"}"#).status == 200)
        let changes = try router.admin("GET", "/v1/changes?after=7").json.root["changes"]
        #expect(changes?.elements.map { $0["verb"]?.string } == ["shift", "rollback"])
        #expect(changes?[0]?["actor"]?.string == "bob" && changes?[0]?["reason"]?.string == "more")
        #expect(changes?[1]?["previous_revision"]?.int == 8 && changes?[1]?["revision"]?.int == 9)
        #expect(changes?[1]?["changes"]?[0]?["before"]?.int == 60)
        #expect(try router.admin("GET", "/v1/changes?after=8").json.root["changes"]?.count == 1)
        #expect(try router.admin("GET", "/v1/changes?after=x").status == 400)
        // A reason of any length is taken, and not kept for ever.
        let long = String(repeating: "é", count: 100_000)
        #expect(
            try router.admin("POST", "/v1/routes/all/shift", #"{"percent": 1, "reason": "\#(long)"}"#).status == 200)
        let kept = try router.admin("GET", "/v1/changes?after=9").json.root["changes"]?[0]?["reason"]?.string
        #expect(kept == String(long.prefix(1000)))
        // As high as a revision may be, and no higher.
        #expect(try router.admin("GET", "/v1/changes?after=9007199254740991").json.root["changes"]?.count == 0)
        #expect(try router.admin("GET", "/v1/changes?after=9007199254740992").status == 400)
    }
}
