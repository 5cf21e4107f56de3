import Routing
import Testing

@Suite struct CrossingTests {
    private static func destination(
        _ percent: Double, keys: [String]? = ["header:x-user"], salt: String = "", legacy: String = "old",
        service: String? = "new"
    ) -> Destination {
        Destination(
            legacy: legacy, service: service, percent: Percent(ticks: Int32(percent * 10_000)),
            draw: keys.map { .init(keys: $0, salt: salt) })
    }

    @Test func `other trusted peers draw anew whom the key client-ip means, and nobody else`() throws {
        let ranges = try ["10.0.0.0/8", "::1"].map { try #require(AddressRange(parsing: $0)) }
        func destination(_ keys: [String], _ peers: [AddressRange]) -> Destination {
            Destination(
                legacy: "old", service: "new", percent: Percent(ticks: 500_000),
                draw: .init(keys: keys, salt: "", trustedPeers: peers))
        }
        let moved = Crossing(
            from: destination(["jwt:sub", "client-ip"], []), to: destination(["jwt:sub", "client-ip"], ranges))
        #expect(moved.reasons == [.trustedPeers])
        #expect(moved.certainty == .upTo)
        #expect(Crossing(from: destination(["jwt:sub"], []), to: destination(["jwt:sub"], ranges)).isEmpty)
        let reordered = Array(ranges.reversed())
        #expect(Crossing(from: destination(["client-ip"], ranges), to: destination(["client-ip"], reordered)).isEmpty)
    }

    private static func text(_ crossing: Crossing) -> [String] {
        crossing.flows.map { flow in
            let share = Double(Int((flow.share * 10_000).rounded())) / 10_000
            return "\(flow.from)>\(flow.to) \(share)"
                + (flow.buckets.map { " \($0.lowerBound)..<\($0.upperBound)" } ?? "")
        }
    }

    @Test(
        arguments: [
            (destination(10), destination(25), ["old>new 15.0 100000..<250000"], .exact),
            (destination(25), destination(10), ["new>old 15.0 100000..<250000"], .exact),
            (destination(10), destination(10), [], .exact),
            (destination(0), destination(0, salt: "b"), [], .exact),
            (destination(100), destination(100, salt: "b"), [], .exact),
            (destination(0), destination(30, salt: "b"), ["old>new 30.0 0..<300000"], .exact),
            (destination(100), destination(30, salt: "b"), ["new>old 70.0 300000..<1000000"], .exact),
            (destination(50), destination(50, salt: "b"), ["old>new 25.0", "new>old 25.0"], .about),
            (destination(10), destination(20, salt: "b"), ["old>new 18.0", "new>old 8.0"], .about),
            (
                destination(50), destination(50, keys: ["cookie:a", "header:x-user"]),
                ["old>new 25.0", "new>old 25.0"],
                .upTo
            ),
            (
                destination(50), destination(50, keys: ["cookie:a"], salt: "b"), ["old>new 25.0", "new>old 25.0"],
                .about
            ),
            (destination(50, keys: nil), destination(50), ["old>new 25.0", "new>old 25.0"], .about),
            (destination(50, keys: nil), destination(50, keys: nil), [], .exact),
            (destination(50, keys: nil), destination(60, keys: nil), ["old>new 10.0 500000..<600000"], .exact),
            (destination(30), destination(30, service: "next"), ["new>next 30.0 0..<300000"], .exact),
            (
                destination(30), destination(50, service: "next"),
                ["new>next 30.0 0..<300000", "old>next 20.0 300000..<500000"], .exact
            ),
            (destination(30), destination(30, legacy: "older"), ["old>older 70.0 300000..<1000000"], .exact),
            (destination(30), destination(0, service: nil), ["new>old 30.0 0..<300000"], .exact),
            (destination(30, service: nil), destination(10), ["old>new 10.0 0..<100000"], .exact),
            (
                destination(30), destination(30, keys: ["cookie:a"], service: "next"),
                ["old>next 21.0", "new>old 21.0", "new>next 30.0"], .upTo
            ),
        ] as [(Destination, Destination, [String], Crossing.Certainty)])
    func `the buckets that move from one destination to another are named`(
        _ old: Destination, _ new: Destination, _ flows: [String], _ certainty: Crossing.Certainty
    ) {
        let crossing = Crossing(from: old, to: new)
        #expect(Self.text(crossing) == flows)
        #expect(crossing.certainty == certainty)
    }

    @Test(
        arguments: [
            (20.0, 20.0, "", "summer"), (50, 50, "", "v2"), (10, 25, "a", "b"), (80, 30, "", "again"),
            (11, 11, "x", "y"),
        ] as [(Double, Double, String, String)])
    func `of 600 users as many change sides as is said`(
        _ before: Double, _ after: Double, _ oldSalt: String, _ newSalt: String
    ) {
        let (old, new) = (Self.destination(before, salt: oldSalt), Self.destination(after, salt: newSalt))
        let (drawn, again) = (Assignment(salt: oldSalt), Assignment(salt: newSalt))
        var moved: [String: Int] = [:]
        for user in 0..<600 {
            let was = AssignmentDecision.side(ofBucket: drawn.bucket(of: "user-\(user)"), percent: old.percent)
            let becomes = AssignmentDecision.side(ofBucket: again.bucket(of: "user-\(user)"), percent: new.percent)
            if was != becomes { moved[becomes == .service ? "new" : "old", default: 0] += 1 }
        }
        let crossing = Crossing(from: old, to: new)
        #expect(crossing.certainty == .about && crossing.flows.count == 2)
        for flow in crossing.flows {
            // Four standard deviations of as many draws.
            let (expected, share) = (flow.share * 6, flow.share / 100)
            let tolerance = 4 * (600 * share * (1 - share)).squareRoot()
            #expect(abs(Double(moved[flow.to] ?? 0) - expected) <= tolerance, "\(flow) but \(moved)")
        }
    }

    @Test func `of 600 users exactly those of the buckets change sides when only the percentage does`() {
        let crossing = Crossing(from: Self.destination(10), to: Self.destination(35))
        let assignment = Assignment(salt: "")
        for user in 0..<600 {
            let bucket = assignment.bucket(of: "user-\(user)")
            let was = AssignmentDecision.side(ofBucket: bucket, percent: Percent(ticks: 100_000))
            let becomes = AssignmentDecision.side(ofBucket: bucket, percent: Percent(ticks: 350_000))
            #expect((was != becomes) == (crossing.flows[0].buckets?.contains(bucket) ?? false))
        }
    }

    @Test func `of 600 users no more change sides than is said when a key is put before another`() {
        let crossing = Crossing(
            from: Self.destination(50), to: Self.destination(50, keys: ["cookie:a", "header:x-user"]))
        let assignment = Assignment(salt: "")
        let half = Percent(ticks: 500_000)
        var moved = 0
        for user in 0..<600 {
            // Every other one has the cookie.
            let was = AssignmentDecision.side(ofBucket: assignment.bucket(of: "user-\(user)"), percent: half)
            let key = user.isMultiple(of: 2) ? "cookie-\(user)" : "user-\(user)"
            if was != AssignmentDecision.side(ofBucket: assignment.bucket(of: key), percent: half) { moved += 1 }
        }
        #expect(moved > 0 && Double(moved) <= crossing.share * 6)
    }

    @Test(arguments: [
        (#"{"prefix": "/"}"#, #"{"exact": "/a/b"}"#, true), (#"{"prefix": "/a"}"#, #"{"prefix": "/a/b"}"#, true),
        (#"{"prefix": "/a"}"#, #"{"prefix": "/b"}"#, false), (#"{"exact": "/a"}"#, #"{"exact": "/a"}"#, true),
        (#"{"exact": "/a"}"#, #"{"prefix": "/a/b"}"#, false),
        (#"{"template": "/a/{id}"}"#, #"{"exact": "/a/b"}"#, true),
        (#"{"template": "/a/{id}"}"#, #"{"exact": "/a"}"#, false),
        (#"{"template": "/{x}/b"}"#, #"{"prefix": "/a"}"#, true),
        (#"{"template": "/a/{id}"}"#, #"{"template": "/b/{id}"}"#, false),
        (#"{"prefix": "/a", "methods": ["GET"]}"#, #"{"prefix": "/a", "methods": ["POST"]}"#, false),
        (#"{"prefix": "/a", "methods": ["GET"]}"#, #"{"prefix": "/a"}"#, true),
        (#"{"prefix": "/", "host": "a.example"}"#, #"{"prefix": "/", "host": "b.example"}"#, false),
        (#"{"prefix": "/", "host": "*.example"}"#, #"{"prefix": "/", "host": "b.example"}"#, true),
        (#"{"prefix": "/", "host": "*.example"}"#, #"{"prefix": "/", "host": "example"}"#, false),
    ])
    func `two matches overlap when one request can fulfil both`(_ left: String, _ right: String, _ expected: Bool)
        throws
    {
        func match(_ text: String) throws -> RouteMatch {
            let document =
                #"{"upstreams": {"m": {"endpoints": ["h:1"]}}, "routes": [{"id": "a", "match": \#(text), "legacy": "m"}]}"#
            return try RoutesDocument.parse(Array(document.utf8), file: "routes.json").get().routes[0].match
        }
        let (one, other) = (try match(left), try match(right))
        #expect(one.overlaps(other) == expected)
        #expect(other.overlaps(one) == expected)
    }

    // MARK: Arrivals

    private static func document(_ routes: String, context: String = #""keys": ["header:x"]"#) throws -> RoutesDocument
    {
        let text = """
            {"upstreams": {"m": {"endpoints": ["h:1"]}, "s": {"endpoints": ["h:2"]}, "t": {"endpoints": ["h:3"]}},
             "contexts": {"c": {\(context), "mode": "reads"}},
             "routes": [\(routes), {"id": "default", "match": {"prefix": "/"}, "legacy": "m"}]}
            """
        return try RoutesDocument.parse(Array(text.utf8), file: "routes.json").get()
    }

    private static func route(
        _ id: String, _ path: String, _ percent: String, service: String = "s", methods: String = "\"GET\""
    )
        -> String
    {
        #"{"id": "\#(id)", "match": {"prefix": "\#(path)", "methods": [\#(methods)]}, "legacy": "m", "service": "\#(service)", "#
            + #""context": "c", "percent": \#(percent)}"#
    }

    @Test(
        arguments: [
            ("raised", [("a", "10")], [("a", "20")], ["a"]), ("lowered", [("a", "20")], [("a", "10")], []),
            ("as it was", [("a", "20")], [("a", "20")], []), ("to nobody", [("a", "20")], [("a", "0")], []),
            ("joins at 0", [], [("a", "0")], []), ("joins above 0", [], [("a", "1")], ["a"]),
            ("gone", [("a", "20")], [], []),
            ("one of two", [("a", "20"), ("b", "5")], [("a", "10"), ("b", "6")], ["b"]),
            ("one is gone and one is lowered", [("a", "20"), ("b", "5")], [("b", "4")], []),
        ] as [(String, [(String, String)], [(String, String)], [String])])
    func `the service of a route gets new users`(
        _ name: String, _ old: [(String, String)], _ new: [(String, String)], _ expected: [String]
    ) throws {
        func text(_ routes: [(String, String)]) -> String {
            (routes.map { Self.route($0.0, "/\($0.0)", $0.1) } + [Self.route("z", "/z", "0")]).joined(separator: ", ")
        }
        let (before, after) = (try Self.document(text(old)), try Self.document(text(new)))
        #expect(after.arrivals(from: before).map { after.routes[$0].id } == expected)
    }

    @Test func `keys, salt, service, match and order bring users as well`() throws {
        let plain = Self.route("a", "/a", "20")
        let before = try Self.document(plain)
        func ids(_ after: RoutesDocument, _ old: RoutesDocument? = before) -> [String] {
            after.arrivals(from: old).map { after.routes[$0].id }
        }
        #expect(ids(try Self.document(plain, context: #""keys": ["header:x"], "salt": "b""#)) == ["a"])
        #expect(ids(try Self.document(plain, context: #""keys": ["header:y", "header:x"]"#)) == ["a"])
        #expect(ids(try Self.document(Self.route("a", "/a", "20", service: "t"))) == ["a"])
        #expect(ids(try Self.document(Self.route("a", "/", "20"))) == ["a"])
        #expect(ids(try Self.document(Self.route("a", "/a", "20", methods: "\"GET\", \"HEAD\""))) == ["a"])
        #expect(
            ids(try Self.document(Self.route("a", "/a", "10"), context: #""keys": ["header:x"], "salt": "b""#)) == ["a"]
        )
        #expect(ids(try Self.document(Self.route("other", "/a", "20"))) == [])
        #expect(ids(try Self.document(plain), nil) == ["a"])
        // What a removed route took falls to the one around it.
        let nested = try Self.document(Self.route("b", "/a/b", "5") + ", " + plain)
        #expect(ids(before, nested) == ["a"])
    }
}
