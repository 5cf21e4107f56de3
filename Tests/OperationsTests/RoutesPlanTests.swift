import AdminAPI
import AdminClient
import Routing
import Testing

@testable import Operations

/// What `plan`, `apply --dry-run`, `diff` and `undo` say of a change, as tables of two documents.
@Suite struct RoutesPlanTests {
    private static let context = #""keys": ["header:x-user", "cookie:id"], "mode": "reads""#
    private static let profile = #""legacy": "m", "service": "s", "context": "c", "percent": 20"#

    private static func document(
        context: String = context, profile: String = profile, match: String = #""prefix": "/p", "methods": ["GET"]"#,
        more: String = "", top: String = ""
    ) -> [UInt8] {
        Array(
            """
            {\(top) "upstreams": {"m": {"endpoints": ["h:1"]}, "s": {"endpoints": ["h:2"]}, "t": {"endpoints": ["h:3"]}},
             "contexts": {"c": {\(context)}, "d": {\(context)}},
             "routes": [{"id": "p", "match": {\(match)}, \(profile)}, \(more)
                        {"id": "default", "match": {"prefix": "/"}, "legacy": "m"}]}
            """.utf8)
    }

    private func plan(_ old: [UInt8], _ new: [UInt8]) throws -> RoutesPlan {
        try #require(RoutesSketch.plan(from: old, to: new))
    }

    @Test(arguments: [
        (
            #""keys": ["header:x-user", "cookie:id"], "mode": "reads", "salt": "v2""#,
            "stays at 20%, but about 16% of users move from m to s and about 16% from s to m, because another salt draws every user anew"
        ),
        (
            #""keys": ["cookie:id", "header:x-user"], "mode": "reads""#,
            "stays at 20%, but up to about 16% of users move from m to s and up to about 16% from s to m, because those whose first key is another one now are drawn anew"
        ),
        (
            #""keys": ["header:x-user"], "mode": "reads""#,
            "stays at 20%, but up to about 16% of users move from m to s and up to about 16% from s to m, because those whose first key is another one now are drawn anew"
        ),
    ])
    func `the keys that change sides are said for keys and salt`(_ context: String, _ sentence: String) throws {
        let plan = try plan(Self.document(), Self.document(context: context))
        #expect(plan.lines.contains("~ p: " + sentence), "\(plan.lines)")
        #expect((plan.largestShare * 10).rounded() == 320)
    }

    @Test func `a percentage that moves together with the salt moves both ways`() throws {
        let profile = String(Self.profile.dropLast(2)) + "50"
        let plan = try plan(Self.document(), Self.document(context: Self.context + #", "salt": "b""#, profile: profile))
        #expect(
            plan.lines.first
                == "~ p: 20% -> 50%: about 40% of users move from m to s and about 10% from s to m, because another salt draws every user anew"
        )
        #expect(plan.changes.first == RouteChange(route: "p", field: "percent", before: 20, after: 50))
    }

    @Test func `a context of another name with the same keys and salt moves nobody`() throws {
        let profile = Self.profile.split(separator: "\"c\"").joined(separator: "\"d\"")
        let plan = try plan(Self.document(), Self.document(profile: profile))
        #expect(plan.lines == ["~ p: context c -> d"])
        #expect(plan.largestShare == 0 && !plan.mayMoveMore)
    }

    @Test func `another service gets the users of the one before`() throws {
        let profile = Self.profile.split(separator: "\"s\"").joined(separator: "\"t\"")
        #expect(
            try plan(Self.document(), Self.document(profile: profile)).lines == [
                "~ p: stays at 20%, but 20% of users move from s to t (buckets 0 to 199,999)", "~ p: service s -> t",
            ])
    }

    @Test(
        arguments: [
            (#", "timeouts": {"response": "5m"}"#, "", "", ["~ p: timeouts.response 30s -> 5m"]),
            (
                #", "timeouts": {"response": "5m"}"#, #""defaults": {"timeouts": {"response": "9s"}},"#, "",
                ["~ p: timeouts.response 9s -> 5m"]
            ),
            (#", "mirror": {"percent": 0, "timeout": "1s"}"#, "", "", ["~ p: mirror.timeout 5s -> 1s"]),
            (#", "override": {}"#, "", "", ["~ p: override is added"]),
            (
                "", #""limits": {"body": "1MiB"}, "#, #""limits": {"body": "2MiB"}, "listen": ["127.0.0.1:1"],"#,
                ["~ listen 127.0.0.1:8080 -> 127.0.0.1:1", "~ limits.body 1MiB -> 2MiB"]
            ),
            (
                "", "", #""defaults": {"timeouts": {"response": "9s"}},"#, ["~ defaults.timeouts.response 30s -> 9s"]
            ),
        ] as [(String, String, String, [String])])
    func `settings that differ are named, with the value that counted before`(
        _ route: String, _ oldTop: String, _ newTop: String, _ lines: [String]
    ) throws {
        let top = route.isEmpty ? newTop : oldTop
        let plan = try plan(Self.document(top: oldTop), Self.document(profile: Self.profile + route, top: top))
        #expect(plan.lines == lines)
        #expect(plan.largestShare == 0 && !plan.mayMoveMore)
    }

    @Test func `settings beside a percentage are named as well`() throws {
        let profile = String(Self.profile.dropLast(2)) + "30" + #", "priority": "sheddable""#
        let lines = try plan(Self.document(), Self.document(profile: profile)).lines
        #expect(lines.count == 2 && lines[1] == "~ p: priority normal -> sheddable")
    }

    @Test(arguments: [
        (
            #"{"id": "q", "match": {"prefix": "/q"}, "legacy": "m"},"#,
            "+ q: new route, 0% to nobody but m; nobody changes sides by that"
        ),
        (
            #"{"id": "q", "match": {"prefix": "/q", "methods": ["GET"]}, "legacy": "m", "service": "s", "context": "c", "percent": 5},"#,
            "+ q: new route, 5% to s; 5% of users move from m to s (buckets 0 to 49,999)"
        ),
        (
            #"{"id": "q", "match": {"prefix": "/p/q", "methods": ["GET"]}, "legacy": "m", "service": "s", "context": "c", "percent": 5},"#,
            "+ q: new route, 5% to s; 15% of users move from s to m (buckets 50,000 to 199,999)"
        ),
        (
            #"{"id": "q", "match": {"template": "/{any}/q"}, "legacy": "m"},"#,
            "+ q: new route, 0% to nobody but m; its requests were taken by p, default, so some users may change sides"
        ),
    ])
    func `routes that come and go say whose requests they take`(_ route: String, _ line: String) throws {
        #expect(try plan(Self.document(), Self.document(more: route)).lines == [line])
    }

    @Test func `what a route leaves falls to the one around it`() throws {
        let more =
            #"{"id": "q", "match": {"prefix": "/q", "methods": ["GET"]}, "legacy": "m", "service": "s", "context": "c", "percent": 5},"#
        #expect(
            try plan(Self.document(more: more), Self.document()).lines == [
                "- q: removed; 5% of users move from s to m (buckets 0 to 49,999)"
            ])
    }

    @Test func `another match is said to take other requests`() throws {
        let plan = try plan(Self.document(), Self.document(match: #""prefix": "/p", "methods": ["GET", "HEAD"]"#))
        #expect(
            plan.lines == [
                #"~ p: match.methods GET -> GET, HEAD"#,
                "~ p: it takes other requests then; its requests were taken by default, so some users may change sides",
            ])
        #expect(plan.mayMoveMore)
    }

    @Test func `an invalid document is compared as far as it can be, and the plan says so`() throws {
        let plan = try plan(Array(#"{"routes": [{"id": "p", "percent": 5}]}"#.utf8), Self.document())
        #expect(!plan.isComplete && plan.mayMoveMore && !plan.isEmpty)
    }
}
