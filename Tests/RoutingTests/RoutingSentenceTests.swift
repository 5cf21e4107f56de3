import JSON
import Testing

@testable import Routing

/// What a match, a decision and an edit say of themselves.
@Suite struct RoutingSentenceTests {
    private static func document(_ match: String) throws -> RoutesDocument {
        let text = """
            {
              "upstreams": { "m": { "endpoints": ["h:1"] }, "s": { "endpoints": ["h:2"] } },
              "contexts": { "c": { "keys": ["cookie:id"], "mode": "stateless" } },
              "routes": [
                { "id": "a", "match": \(match), "legacy": "m", "service": "s", "context": "c", "percent": 20,
                  "override": { "header": "x-side" } }
              ]
            }
            """
        return try RoutesDocument.parse(Array(text.utf8), file: "routes.json", guards: .told).get()
    }

    private static let all =
        #"{ "prefix": "/a", "methods": ["GET"], "host": "h.example", "headers": { "x-a": "1" }, "query": { "q": "1" } }"#

    @Test(arguments: [
        (#"{ "exact": "/a" }"#, "exact /a"), (#"{ "template": "/a/{id}" }"#, "template /a/{id}"),
        (all, "prefix /a GET host h.example headers x-a query q"),
    ])
    func `a match in words`(_ match: String, _ words: String) throws {
        #expect(try Self.document(match).routes[0].match.sentence == words)
    }

    /// The request fulfils as many conditions, in the order in which they are asked, as the row says.
    @Test(
        arguments: zip(
            0...4,
            [
                "path does not match", "method does not match", "host does not match", "a header does not match",
                "a query parameter does not match",
            ]))
    func `the first condition that is not met is named`(_ met: Int, _ words: String) throws {
        let match = try Self.document(Self.all).routes[0].match
        let said = match.firstUnmet { tried in
            [met > 0, met > 1 || tried.methods.isEmpty, met > 2 || tried.host == nil, met > 3 || tried.headers.isEmpty]
                .allSatisfy { $0 } && tried.query.isEmpty
        }
        #expect(said == words)
    }

    @Test(
        arguments: zip(
            AssignmentDecision.Reason.allCases,
            [
                "the route has no service", "x-side asks for it", "the percentage is 100",
                "the percentage is 0, but its key has exchanges open on the service", "the percentage is 0",
                "bucket 7 < 200000 (20 %)", "there is no key, and its connection is logged in there",
                "there is no key: every request is shared out, 20 % go to the service",
                "there is no key, and what belongs to no user is legacy's",
                "read your writes: the follower has not confirmed the write of 0.4 s ago",
            ]))
    func `a decision in words`(_ reason: AssignmentDecision.Reason, _ words: String) throws {
        let route = try Self.document(#"{ "prefix": "/" }"#).routes[0]
        let decision = AssignmentDecision(.service, reason, bucket: 7)
        let said = decision.sentence(percent: route.percent, override: route.override, mints: false, sinceWrite: 400)
        #expect(said == words)
    }

    @Test func `a decision by an override that is guarded says so`() throws {
        let asked = AssignmentDecision(.service, .override)
        let percent = Percent(ticks: 200_000)
        var guarded = OverridePolicy(header: "x-side", secretFile: "secret", trusted: [])
        let words = "x-side asks for it, if the client is trusted or knows the secret"
        #expect(asked.sentence(percent: percent, override: guarded, mints: false) == words)
        guarded.secretFile = nil
        #expect(asked.sentence(percent: percent, override: guarded, mints: false) == "x-side asks for it")
        #expect(asked.sentence(percent: percent, override: nil, mints: false) == "the request asks for it")
        #expect(
            AssignmentDecision(.legacy, .bucket, bucket: 200_000)
                .sentence(percent: percent, override: nil, mints: false) == "bucket 200000 >= 200000 (20 %)")
        #expect(
            AssignmentDecision(.legacy, .share).sentence(percent: percent, override: nil, mints: true)
                == "there is no key yet: a new cookie decides, 20 % go to the service")
    }

    @Test func `a read goes to legacy only where both sides hold it`() throws {
        let route = try Self.document(#"{ "prefix": "/", "methods": ["GET"] }"#).routes[0]
        #expect(route.fallsBackForReads(in: .stateless) && route.fallsBackForReads(in: .reads))
        #expect(!route.fallsBackForReads(in: .owned) && !route.fallsBackForReads(in: .authority))
    }

    @Test func `an edit that the text says already is none`() throws {
        let text = #"{ "revision": 4, "routes": [{ "percent": 20 }, { "mirror": { "percent": 5 } }, {}] }"#
        let json = try JSONDocument(text)
        let percent = Percent(ticks: 200_000)
        #expect(RoutesDocument.Edit.percent(route: 0, percent).changing(json) == nil)
        #expect(RoutesDocument.Edit.percent(route: 0, .zero).changing(json) != nil)
        #expect(RoutesDocument.Edit.percent(route: 2, .zero).changing(json) == nil)
        #expect(RoutesDocument.Edit.revision(4).changing(json) == nil)
        #expect(RoutesDocument.Edit.revision(5).changing(json) != nil)
        #expect(RoutesDocument.Edit.mirror(route: 1, Percent(ticks: 50_000), methods: nil).changing(json) == nil)
        #expect(RoutesDocument.Edit.mirror(route: 2, .zero, methods: ["PUT"]).changing(json) != nil)
    }
}
