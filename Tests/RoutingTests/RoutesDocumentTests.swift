import JSON
import TestSupport
import Testing

@testable import Routing

/// The example of the contract.
let contractExample = """
    {
      "$schema": "./docs/routes.schema.json",
      "version": 1,
      "revision": 41,
      "listen": ["127.0.0.1:8080"],
      "admin": { "unix": "run/router.sock", "listen": "127.0.0.1:8081" },
      "upstreams": {
        "monolith": { "endpoints": ["127.0.0.1:9000"], "health": { "path": "/healthz" } },
        "profile":  { "endpoints": ["127.0.0.1:9003"], "health": { "path": "/healthz" } }
      },
      "contexts": { "profile": { "keys": ["path:id", "jwt:sub", "cookie:strangler_id"], "salt": "", "mode": "reads" } },
      "routes": [
        { "id": "profile",
          "match": { "prefix": "/api/profiles", "methods": ["GET", "HEAD"] },
          "legacy": "monolith", "service": "profile", "context": "profile",
          "percent": 10, "mirror": { "percent": 100, "methods": ["GET"] },
          "override": { "header": "x-strangler-side" },
          "timeouts": { "connect": "250ms", "response": "10s", "idle": "60s" },
          "retry": { "attempts": 2, "on": ["connect-failure", "reset-before-response"] } },
        { "id": "default", "match": { "prefix": "/" }, "legacy": "monolith" }
      ]
    }
    """

func parsed(_ text: String) throws -> RoutesDocument {
    try RoutesDocument.parse(Array(text.utf8), file: "routes.json").get()
}

@Suite struct RoutesDocumentTests {
    @Test func `the contract's example is read`() throws {
        let document = try parsed(contractExample)
        #expect(document.revision == 41)
        #expect(document.listen == ["127.0.0.1:8080"])
        #expect(document.upstreams.map(\.name) == ["monolith", "profile"])
        #expect(document.upstreams[1].endpoints == [.tcp(host: "127.0.0.1", port: 9003)])
        #expect(document.contexts[0].keys == [.path("id"), .jwt("sub"), .cookie("strangler_id")])
        #expect(document.contexts[0].mode == .reads)
        let route = document.routes[0]
        #expect(route.match.path == .prefix("/api/profiles"))
        #expect(route.percent.ticks == 100_000)
        #expect(route.mirror?.percent == .all)
        #expect(
            route.timeouts
                == RouteTimeouts(
                    connect: .milliseconds(250), response: .seconds(10), idle: .seconds(60), request: nil))
        #expect(route.retry.attempts == 2)
        #expect(route.override?.header == "x-strangler-side")
        #expect((route.legacy, route.service, route.context) == (0, 1, 0))
        #expect(document.routes[1].service == nil)
        #expect(
            document.warnings.map(\.message) == [
                "no route of context \"profile\" has a template with {id}: this key is never found"
            ])
    }

    @Test func `what is left out has safe defaults`() throws {
        let document = try parsed(
            #"{"upstreams":{"m":{"endpoints":["[::1]:80","unix:run/m.sock"]}},"routes":[{"id":"all","match":{"prefix":"/"},"legacy":"m"}]}"#
        )
        #expect(document.revision == nil)
        #expect(document.upstreams[0].endpoints == [.tcp(host: "::1", port: 80), .unix(path: "run/m.sock")])
        #expect(
            document.limits
                == EdgeLimits(
                    requestLine: 8 << 10, head: 32 << 10, fields: 128, field: 16 << 10, body: 16 << 20, bodyRate: 240,
                    responseHead: 64 << 10,
                    connections: 10_000, connectionsPerAddress: 1_000, requestsPerConnection: 10_000,
                    inFlight: 5_000, held: 256 << 20))
        #expect(
            document.timeouts
                == EdgeTimeouts(
                    header: .seconds(10), clientIdle: .seconds(30), keepAlive: .seconds(75), drain: .seconds(10)))
        let route = document.routes[0]
        #expect(
            route.timeouts
                == RouteTimeouts(
                    connect: .seconds(2), response: .seconds(30), idle: .seconds(30), request: nil))
        #expect(
            route.retry
                == RetryPolicy(
                    attempts: 2, reasons: [.connectFailure, .resetBeforeResponse], window: .milliseconds(300),
                    budget: Percent(ticks: 100_000)))
        #expect(route.bodyLimit == 16 << 20)
        #expect(route.fallback == .reads)
        #expect(route.priority == .normal)
        #expect(document.accessLog == nil && !document.exposesDecision && document.mergesSlashes)
        #expect(document.warnings.isEmpty)
    }

    @Test func `defaults reach routes field by field`() throws {
        let document = try parsed(
            """
            {"defaults": {"timeouts": {"connect": "1s", "request": "1m"}, "limits": {"body": "1MiB"}, "retry": {"attempts": 0},
              "breaker": {"failures": 9}, "health": {"interval": "7s"}, "fallback": "never"},
             "limits": {"body": "2MiB"},
             "upstreams": {"m": {"endpoints": ["h:1"]}},
             "routes": [{"id": "a", "match": {"exact": "/a"}, "legacy": "m", "timeouts": {"connect": "3s", "request": "off"}},
                        {"id": "b", "match": {"prefix": "/"}, "legacy": "m", "limits": {"body": "5B"}}]}
            """)
        #expect(document.routes[0].timeouts.connect == .seconds(3))
        #expect(document.routes[0].timeouts.request == nil)
        #expect(document.routes[1].timeouts.connect == .seconds(1))
        #expect(document.routes[1].timeouts.request == .seconds(60))
        #expect(document.routes.map(\.bodyLimit) == [1 << 20, 5])
        #expect(document.routes.map(\.fallback) == [.never, .never])
        #expect(document.routes[0].retry.attempts == 0)
        #expect(document.upstreams[0].breaker.failures == 9)
        #expect(document.upstreams[0].health?.interval == .seconds(7))
        #expect(document.upstreams[0].health?.path == "/healthz")
    }

    @Test func `what a route says itself counts for it and for its upstream`() throws {
        let document = try parsed(
            """
            {"defaults": {"fallback": "never", "priority": "critical", "health": {"interval": "7s"}},
             "upstreams": {"m": {"endpoints": ["h:1"]}, "s": {"endpoints": ["h:2"]}},
             "routes": [{"id": "a", "match": {"exact": "/a", "methods": ["GET"]}, "legacy": "m", "service": "s", "percent": 1, "fallback": "reads",
                         "priority": "sheddable", "health": {"path": "/own"}, "breaker": {"failures": 3}},
                        {"id": "b", "match": {"prefix": "/"}, "legacy": "m"}]}
            """)
        #expect(document.routes.map(\.fallback) == [.reads, .never])
        #expect(document.routes.map(\.priority) == [.sheddable, .critical])
        #expect(document.upstreams.map { $0.health?.path } == ["/healthz", "/own"])
        #expect(document.upstreams.map { $0.health?.interval } == [.seconds(7), .seconds(7)])
        #expect(document.upstreams.map(\.breaker.failures) == [3, 3])
    }

    @Test func `edits keep the author's text`() throws {
        let document = try parsed(contractExample)
        let route = try #require(document.route("profile"))
        let text = String(
            decoding: document.edited([.percent(route: route, Percent(ticks: 125_000)), .revision(42)]), as: UTF8.self)
        #expect(
            text
                == contractExample.replacing("\"percent\": 10,", with: "\"percent\": 12.5,").replacing(
                    "\"revision\": 41", with: "\"revision\": 42"))
        #expect(try parsed(text).routes[route].percent.ticks == 125_000)
        let mirrored = document.edited([.mirror(route: route, .zero)])
        #expect(try parsed(String(decoding: mirrored, as: UTF8.self)).routes[route].mirror?.percent == .zero)
    }

    @Test func `an edit of a route that is not there changes nothing`() throws {
        let document = try parsed(contractExample)
        let edits: [RoutesDocument.Edit] = [.percent(route: 9, .all), .mirror(route: 9, .all)]
        #expect(document.edited(edits) == Array(contractExample.utf8))
    }

    /// Of every kind of route what an edit may change, and nothing that is warned of.
    private static let editable = """
        { "version": 1, "upstreams": { "m": { "endpoints": ["h:1"] }, "s": { "endpoints": ["h:2"] } },
          "contexts": { "reads": { "keys": ["header:x"], "mode": "reads" }, "free": { "keys": ["header:x"], "mode": "stateless" } },
          "routes": [
            { "id": "a", "match": { "prefix": "/a", "methods": ["GET"] }, "legacy": "m", "service": "s", "percent": 10,
              "mirror": { "percent": 5, "methods": ["GET"], "timeout": "3s" } },
            { "id": "b", "match": { "exact": "/b", "methods": ["GET"] }, "legacy": "m", "service": "s", "context": "reads" },
            { "id": "w", "match": { "exact": "/b" }, "legacy": "m", "service": "s", "context": "reads" },
            { "id": "c", "match": { "template": "/c/{id}" }, "legacy": "m", "service": "s", "context": "free", "percent": 100 },
            { "id": "d", "match": { "prefix": "/" }, "legacy": "m" } ] }
        """

    @Test func `a document that follows an edit is the one that reading its text makes`() throws {
        var random = SplitMix(seed: 20_261)
        var document = try parsed(Self.editable)
        #expect(document.warnings.isEmpty)
        var followed = 0
        for step in 0..<400 {
            let edits: [RoutesDocument.Edit] = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                let index = Int.random(in: 0...5, using: &random)
                let share = [Percent.zero, .all, Percent(ticks: Int32.random(in: 1..<1_000_000, using: &random))]
                let percent = share.randomElement(using: &random) ?? .zero
                return Bool.random(using: &random) ? .percent(route: index, percent) : .mirror(route: index, percent)
            }
            let all = edits + [.revision(step)]
            let text = document.edited(all)
            let read = RoutesDocument.parse(text, file: "routes.json")
            guard let next = document.following(all, to: text) else { continue }
            followed += 1
            // Every stored value, the parse of the text apart.
            #expect(String(describing: next) == String(describing: try read.get()), "\(all)")
            #expect(next.json.text == text)
            document = next
        }
        #expect(followed > 50)
    }

    @Test(arguments: [
        RoutesDocument.Edit.percent(route: 4, .all), .percent(route: 2, Percent(ticks: 1)), .percent(route: 5, .all),
        .mirror(route: 1, .all), .mirror(route: 5, .all),
    ])
    func `an edit that may be refused or has defaults is read like any other`(_ edit: RoutesDocument.Edit) throws {
        let document = try parsed(Self.editable)
        #expect(document.following([edit], to: document.edited([edit])) == nil)
    }

    @Test func `a document with warnings is read again for its lines`() throws {
        let document = try parsed(contractExample)
        let edit = RoutesDocument.Edit.percent(route: 0, .all)
        #expect(document.following([edit], to: document.edited([edit])) == nil)
    }

    @Test func `a mirror is added where there is none`() throws {
        let text = String(decoding: try parsed(contractExample).edited([.mirror(route: 1, .zero)]), as: UTF8.self)
        #expect(text.contains(#""mirror": { "percent": 0 }"#) && text.contains(#""id": "default""#))
    }

    @Test func `a mirror is added with its methods`() throws {
        let document = try parsed(contractExample)
        let edit = RoutesDocument.Edit.mirror(route: 1, Percent(ticks: 50_000), methods: ["GET", "PUT"])
        let text = String(decoding: document.edited([edit]), as: UTF8.self)
        #expect(text.contains(#""mirror": { "percent": 5, "methods": ["GET", "PUT"] }"#))
    }

    @Test func `a mirror without a service is refused, whoever asks`() throws {
        let refusal = try #require(try parsed(contractExample).mirrorRefusal(ofRoute: 1))
        #expect(refusal.reason == #"route "default" has no "service" to send copies to"#)
    }

    @Test func `conditions are read in both forms`() throws {
        let routes = try parsed(
            """
            {"accessLog": "access.log", "upstreams": {"m": {"endpoints": ["h:1"]}}, "routes": [
              {"id": "a", "legacy": "m", "match": {"prefix": "/", "host": "*.Example.org", "headers": {"X-A": "1", "x-b": true}}},
              {"id": "b", "legacy": "m", "match": {"prefix": "/", "query": [{"name": "Q", "value": ""}, {"name": "r"}]},
               "override": {"trusted": ["10.0.0.0/8"]}}]}
            """
        ).routes
        #expect(routes[0].match.host == "*.example.org")
        #expect(routes[0].match.headers == [.init(name: "x-a", value: "1"), .init(name: "x-b", value: nil)])
        #expect(routes[1].match.query == [.init(name: "Q", value: ""), .init(name: "r", value: nil)])
        #expect(routes[1].override?.header == "x-strangler-side")
        #expect(routes[1].override?.trusted == [try #require(AddressRange(parsing: "10.0.0.0/8"))])
    }

    /// Of each pair the first route is asked first; whether it takes all that the second could.
    @Test(arguments: [
        (#""host": "a.org""#, #""host": "A.org""#, true), (#""host": "a.org""#, #""host": "b.org""#, false),
        (#""methods": ["GET"]"#, #""methods": ["GET"]"#, true),
        (#""methods": ["GET"]"#, #""methods": ["GET", "PUT"]"#, false),
        (#""headers": {"a": "1"}"#, #""headers": {"a": "1"}"#, true),
        (#""headers": {"a": true}"#, #""headers": {"a": "1"}"#, true),
        (#""headers": {"a": "1"}"#, #""headers": {"a": "2"}"#, false),
        (#""headers": {"a": "1"}"#, #""headers": {"b": "1"}"#, false),
        (#""query": {"a": true}"#, #""query": {"a": true}"#, true),
        (#""host": "a.org""#, #""methods": ["GET"]"#, false),
        (#""host": "*.org""#, #""host": "*.org""#, true), (#""host": "*.a.org""#, #""host": "*.org""#, false),
        (#""host": "*.org""#, #""host": "a.org""#, false), (#""host": "*.org""#, #""host": "*.a.org""#, false),
        (#""host": "*.org", "headers": {"a": "1"}"#, #""host": "*.org", "headers": {"a": "1"}"#, true),
    ])
    func `a route that cannot match is refused`(first: String, second: String, covered: Bool) {
        let result = Result {
            try parsed(
                """
                {"upstreams": {"m": {"endpoints": ["h:1"]}}, "routes": [
                  {"id": "a", "legacy": "m", "match": {"prefix": "/", \(first)}},
                  {"id": "b", "legacy": "m", "match": {"prefix": "/", \(second)}}]}
                """)
        }
        #expect(((try? result.get()) == nil) == covered)
    }

    @Test func `routes that cannot match are named in the order of the file`() {
        let routes = [("a", "/long/path"), ("b", "/x"), ("c", "/x"), ("d", "/long/path"), ("e", "/long/path")]
            .map { id, path in "{\"id\": \"\(id)\", \"legacy\": \"m\", \"match\": {\"exact\": \"\(path)\"}}" }
        let text = #"{"upstreams": {"m": {"endpoints": ["h:1"]}}, "routes": [ROUTES]}"#
            .replacing("ROUTES", with: routes.joined(separator: ","))
        guard case .failure(let diagnostics) = RoutesDocument.parse(Array(text.utf8), file: "f") else {
            Issue.record("accepted")
            return
        }
        let named = diagnostics.list.map { $0.message.prefix { $0 != ":" } }
        #expect(named == ["c", "d", "e"].map { "route \"\($0)\" can never match" })
    }

    @Test func `a hundred errors and a hundred warnings are enough`() {
        let routes = (0..<150).map { #"{"id": "r\#($0)", "match": {"prefix": "x"}, "legacy": "m"}"# }.joined(
            separator: ",")
        guard
            case .failure(let diagnostics) = RoutesDocument.parse(
                Array(#"{"upstreams": {"m": {"endpoints": ["h:1"]}}, "routes": [\#(routes)]}"#.utf8), file: "f")
        else {
            Issue.record("accepted")
            return
        }
        #expect(diagnostics.list.count == 100)
    }

    @Test func `a hundred warnings are enough`() throws {
        let unused = (0..<150).map { #""u\#($0)": {"endpoints": ["h:1"]}"# }.joined(separator: ",")
        let document = try parsed(
            #"{"upstreams": {"m": {"endpoints": ["h:1"]}, \#(unused)}, "routes": [{"id": "a", "match": {"prefix": "/"}, "legacy": "m"}]}"#
        )
        #expect(document.warnings.count == 100)
    }

    @Test func `a line of Windows is shown without its carriage return`() {
        let text = "{\r\n  \"upstreams\": 1,\r\n  \"routes\": []\r\n}\r\n"
        #expect(DiagnosticCollector.line(of: Array(text.utf8), around: 5) == "  \"upstreams\": 1,")
    }

    @Test(
        arguments: [
            ("reads", "[\"GET\"]", 10, true), ("reads", "[\"GET\", \"POST\"]", 10, false),
            ("reads", "[\"POST\"]", 0, true),
            ("stateless", "[\"POST\"]", 33, true), ("stateless", nil, 100, true),
            // Nothing written: writes are refused above 0, reads are drawn as ever.
            ("", "[\"POST\"]", 50, false), ("", "[\"DELETE\", \"GET\"]", 0, true), ("", nil, 100, false),
            ("", nil, 1, false), ("", "[\"GET\", \"HEAD\", \"OPTIONS\", \"TRACE\"]", 50, true),
            ("", "[\"PURGE\"]", 50, false),
            ("none", "[\"PUT\"]", 50, false), ("none", "[\"PUT\"]", 100, false), ("none", "[\"PUT\"]", 0, true),
            ("none", nil, 50, false), ("none", "[\"GET\"]", 50, true),
        ] as [(String, String?, Int, Bool)])
    func `modes refuse what they cannot keep`(mode: String, methods: String?, percent: Int, allowed: Bool) throws {
        let written = mode.isEmpty ? "" : ", \"mode\": \"\(mode)\""
        let contexts = mode == "none" ? "" : "\"contexts\": {\"c\": {\"keys\": [\"client-ip\"]\(written)}},"
        let context = mode == "none" ? "" : "\"context\": \"c\","
        let match = methods.map { ", \"methods\": \($0)" } ?? ""
        let text = """
            {"upstreams": {"m": {"endpoints": ["h:1"]}, "s": {"endpoints": ["h:2"]}}, \(contexts)
             "routes": [{"id": "r", "match": {"prefix": "/"\(match)}, "legacy": "m", "service": "s", \(context) "percent": PERCENT}]}
            """
        let result = Result { try parsed(text.replacing("PERCENT", with: "\(percent)")) }
        #expect(((try? result.get()) != nil) == allowed)
        let document = try parsed(text.replacing("PERCENT", with: "0"))
        let refusal = document.refusal(ofRoute: 0, percent: Percent(ticks: Int32(percent) * 10_000))
        #expect((refusal == nil) == allowed)
        #expect((document.refusal(ofRoute: 0, raisingTo: Percent(ticks: Int32(percent) * 10_000)) == nil) == allowed)
    }

    @Test(arguments: ["authority"], [0, 50, 100])
    func `a mode that is not built is refused where it stands`(mode: String, percent: Int) throws {
        let text = """
            {"upstreams": {"m": {"endpoints": ["h:1"]}, "s": {"endpoints": ["h:2"]}},
             "contexts": {"c": {"keys": ["client-ip"], "mode": "\(mode)"}},
             "routes": [{"id": "r", "match": {"prefix": "/"}, "legacy": "m", "service": "s", "context": "c", "percent": \(percent)}]}
            """
        guard case .failure(let diagnostics) = RoutesDocument.parse(Array(text.utf8), file: "routes.json") else {
            return #expect(Bool(false), "accepted")
        }
        #expect(diagnostics.list.map(\.position.line) == [2])
        #expect(
            diagnostics.list[0].message.contains("\"\(mode)\"") && diagnostics.list[0].message.contains("not built"))
    }

    @Test(arguments: ["authority"], [0, 50, 100])
    func `a mode that is not built keeps a route of before from going up`(mode: String, percent: Int) throws {
        let text = """
            {"upstreams": {"m": {"endpoints": ["h:1"]}, "s": {"endpoints": ["h:2"]}},
             "contexts": {"c": {"keys": ["client-ip"], "mode": "\(mode)"}},
             "routes": [{"id": "r", "match": {"prefix": "/"}, "legacy": "m", "service": "s", "context": "c", "percent": 50}]}
            """
        let document = try RoutesDocument.parse(Array(text.utf8), file: "routes.json", guards: .told).get()
        let wanted = Percent(ticks: Int32(percent) * 10_000)
        #expect(
            document.refusal(ofRoute: 0, percent: wanted)?.because
                == (percent > 0 ? "mode \(mode) is not built yet" : nil))
        #expect((document.refusal(ofRoute: 0, raisingTo: wanted) == nil) == (percent <= 50))
        #expect(document.whyImmovable(0) == "mode \(mode) is not built yet")
    }

    @Test func `what served before a rule is taken with a warning, and can go back but not up`() throws {
        let text = """
            {"upstreams": {"m": {"endpoints": ["h:1"]}, "s": {"endpoints": ["h:2"]}},
             "routes": [{"id": "r", "match": {"prefix": "/"}, "legacy": "m", "service": "s", "percent": 50}]}
            """
        #expect(throws: Diagnostics.self) { try parsed(text) }
        let document = try RoutesDocument.parse(Array(text.utf8), file: "routes.json", guards: .told).get()
        #expect(document.warnings.map(\.position.line) == [2])
        for (percent, allowed) in [(0, true), (10, true), (50, true), (51, false), (100, false)] {
            let ticks = Percent(ticks: Int32(percent) * 10_000)
            #expect((document.refusal(ofRoute: 0, raisingTo: ticks) == nil) == allowed, "\(percent)")
        }
    }

    @Test func `only a stateless context can do without keys`() throws {
        func context(_ rest: String) -> String {
            """
            {"upstreams": {"m": {"endpoints": ["h:1"]}}, "contexts": {"c": {"keys": []\(rest)}},
             "routes": [{"id": "r", "match": {"prefix": "/"}, "legacy": "m", "context": "c"}]}
            """
        }
        #expect(try parsed(context(#", "mode": "stateless""#)).contexts[0].keys.isEmpty)
        for rest in ["", #", "mode": "reads""#] { #expect(throws: Diagnostics.self) { try parsed(context(rest)) } }
    }

    @Test func `the watch of a context has defaults`() throws {
        func context(_ rest: String) throws -> RoutingContext {
            try parsed(
                """
                {"upstreams": {"m": {"endpoints": ["h:1"]}}, "contexts": {"c": {"keys": ["client-ip"], "mode": "reads"\(rest)}},
                 "routes": [{"id": "r", "match": {"prefix": "/"}, "legacy": "m", "context": "c"}]}
                """
            ).contexts[0]
        }
        let plain = try context("")
        #expect(plain.onStall == .rollback && plain.group == "c" && plain.watch.maxLag == .seconds(5))
        let said = try context(#", "onStall": "hold", "data": { "group": "rows", "maxLag": "250ms" }"#)
        #expect(said.onStall == .hold && said.group == "rows" && said.watch.maxLag == .milliseconds(250))
    }

    @Test func `the schema names every key and its default`() throws {
        let schema = try JSONDocument(RoutesSchema.json())
        #expect(schema.value(at: "/properties/limits/properties/head/default")?.string == "32KiB")
        #expect(schema.value(at: "/properties/routes/items/properties/match/oneOf")?.count == 3)
        #expect(
            schema.value(at: "/properties/routes/items/required")?.elements.compactMap(\.string) == [
                "id", "match", "legacy",
            ])
        #expect(schema.value(at: "/additionalProperties")?.bool == false)
    }
}

@Suite struct PercentTests {
    @Test(
        arguments: [
            ("0", 0), ("100", 1_000_000), ("12.5", 125_000), ("0.0001", 1), ("99.9999", 999_999), ("1e1", 100_000),
            ("1.0000000", 10_000), ("100.0", 1_000_000), ("0.00000", 0), ("33.3333", 333_333), ("-0", 0), ("1E-4", 1),
        ] as [(String, Int32)])
    func `a percentage is read exactly`(text: String, ticks: Int32) throws {
        let percent = try #require(Percent(parsing: text))
        #expect(percent.ticks == ticks)
        #expect(Percent(parsing: percent.description) == percent)
    }

    @Test(arguments: [
        "", "-1", "100.0001", "101", "0.00001", "1e3", "NaN", "1.", ".5", "1e", "99999999999999999999999", "1e99999",
        "1,5", "+1",
    ])
    func `other text is refused`(text: String) { #expect(Percent(parsing: text) == nil) }

    @Test(arguments: [(0 as Int32, "0"), (1, "0.0001"), (125_000, "12.5"), (1_000_000, "100"), (10_010, "1.001")])
    func `a percentage is written as short as it can be`(ticks: Int32, text: String) {
        #expect(Percent(ticks: ticks).description == text)
    }
}

@Suite struct AddressRangeTests {
    @Test(
        arguments: [
            ("10.0.0.0/8", [10, 1, 2, 3], true), ("10.0.0.0/8", [11, 0, 0, 0], false),
            ("127.0.0.1", [127, 0, 0, 1], true),
            ("192.168.1.128/25", [192, 168, 1, 127], false), ("0.0.0.0/0", [1, 2, 3, 4], true),
            ("::1", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], true),
            ("fe80::/10", [0xFE, 0xBF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], true),
            ("10.0.0.0/8", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 1], true),
            ("::/0", [1, 2, 3, 4], false),
        ] as [(String, [UInt8], Bool)])
    func `a range contains the addresses of its prefix`(range: String, address: [UInt8], expected: Bool) throws {
        let range = try #require(AddressRange(parsing: range))
        address.withUnsafeBytes { #expect(range.contains($0) == expected) }
    }

    @Test(arguments: [
        "", "10", "10.0.0.1/8", "1.2.3.256", "01.2.3.4", "10.0.0.0/33", "::1::", "1::2::3", "1:::2", "1:2:3",
        "10.0.0.0/", "::g",
        "1:2:3:4:5:6:7:8:9",
    ])
    func `other text is refused`(text: String) { #expect(AddressRange(parsing: text) == nil) }
}
