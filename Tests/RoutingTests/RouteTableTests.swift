import Testing

@testable import Routing

/// Fields of a request as a dictionary.
private struct Fields: RouteFieldLookup {
    var headers: [String: StaticString] = [:]
    var parameters: [String: StaticString] = [:]
    func header(_ name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? { find(headers, name) }
    func query(_ name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? { find(parameters, name) }
    private func find(_ table: [String: StaticString], _ name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        table[String(decoding: name, as: UTF8.self)].map {
            UnsafeRawBufferPointer(start: $0.utf8Start, count: $0.utf8CodeUnitCount)
        }
    }
}

struct PathTreeTests {
    private func template(_ text: String) -> PathPattern {
        .template(
            text.split(separator: "/").map {
                $0.hasPrefix("{") ? .parameter(String($0.dropFirst().dropLast())) : .literal(String($0))
            })
    }

    private func first(_ patterns: [PathPattern], _ path: String, except: Set<Int> = []) -> Int? {
        let tree = PathTree(patterns)
        return Array(path.utf8).withUnsafeBytes { tree.first(matching: $0) { !except.contains($0) } }
    }

    @Test(arguments: [
        ("/auth", "/auth", true), ("/auth", "/auth/", true), ("/auth", "/auth/x/y", true), ("/auth", "/authx", false),
        ("/auth/", "/auth", true), ("/", "/", true), ("/", "/x", true), ("/auth", "/", false), ("/a/b", "/a", false),
    ])
    func `prefixes take whole segments`(prefix: String, path: String, matches: Bool) {
        #expect((first([.prefix(prefix)], path) != nil) == matches)
    }

    @Test(arguments: [
        ("/a", "/a", true), ("/a", "/a/", false), ("/a/", "/a/", true), ("/", "/", true), ("/", "/a", false),
    ])
    func `exact paths match byte for byte`(exact: String, path: String, matches: Bool) {
        #expect((first([.exact(exact)], path) != nil) == matches)
    }

    @Test(arguments: [
        ("/p/{id}", "/p/7", true), ("/p/{id}", "/p/", false), ("/p/{id}", "/p", false), ("/p/{id}", "/p/7/x", false),
        ("/p/{id}/images", "/p/7/images", true), ("/{a}/{b}", "/x/y", true),
    ])
    func `templates take one segment each`(text: String, path: String, matches: Bool) {
        #expect((first([template(text)], path) != nil) == matches)
    }

    @Test func `a refused candidate leaves the next one`() {
        let patterns: [PathPattern] = [.exact("/a/b"), template("/a/{x}"), .prefix("/a"), .prefix("/")]
        #expect(first(patterns, "/a/b") == 0)
        #expect(first(patterns, "/a/b", except: [0]) == 1)
        #expect(first(patterns, "/a/b", except: [0, 1]) == 2)
        #expect(first(patterns, "/a/b", except: [0, 1, 2]) == 3)
        #expect(first(patterns, "/a/b", except: [0, 1, 2, 3]) == nil)
    }

    @Test func `precedence is exact, then segments, then literals`() {
        let expected: [PathPattern] = [
            .exact("/a"), template("/a/b/{x}"), template("/a/{x}/c"), .prefix("/a/b/c"), template("/a/{x}"),
            .prefix("/a/b"), .prefix("/a"), .prefix("/"),
        ]
        for (index, pattern) in expected.enumerated() {
            for later in expected[(index + 1)...] {
                #expect(PathRank(pattern).precedes(PathRank(later)) == true, "\(pattern.text) before \(later.text)")
                #expect(PathRank(later).precedes(PathRank(pattern)) == false)
            }
            #expect(PathRank(pattern).precedes(PathRank(pattern)) == nil)
        }
    }

    @Test(arguments: ["", "*", "a/b"]) func `what is no path has no route`(path: String) {
        #expect(first([.prefix("/"), .exact("/")], path) == nil)
    }

    @Test func `templates share their parameters`() {
        let patterns = [template("/a/{x}/b"), template("/a/{y}/c"), template("/a/{z}")]
        #expect(first(patterns, "/a/1/b") == 0)
        #expect(first(patterns, "/a/1/c") == 1)
        #expect(first(patterns, "/a/1") == 2)
    }

    @Test func `a parameter knows its segment`() {
        #expect(template("/a/{x}/{y}").segmentIndex(ofParameter: "y") == 2)
        #expect(template("/a/{x}").segmentIndex(ofParameter: "z") == nil)
        #expect(PathPattern.prefix("/a").segmentIndex(ofParameter: "x") == nil)
    }

    @Test(arguments: [(0, "a"), (1, "bc"), (2, ""), (3, nil)] as [(Int, String?)])
    func `segments are counted from zero`(index: Int, expected: String?) {
        Array("/a/bc/".utf8).withUnsafeBytes { path in
            #expect(RouteTable.segment(index, of: path).map { String(decoding: $0, as: UTF8.self) } == expected)
        }
    }

    @Test func `ten thousand prefixes are found each`() {
        let patterns = (0..<10_000).map { PathPattern.prefix("/svc\($0)/api") }
        let tree = PathTree(patterns)
        for index in stride(from: 0, to: 10_000, by: 37) {
            let found = Array("/svc\(index)/api/x".utf8).withUnsafeBytes { tree.first(matching: $0) { _ in true } }
            #expect(found == index)
        }
    }
}

struct RankedConditionsTests {
    private func accepts(_ match: RouteMatch, method: String = "GET", host: String = "x", fields: Fields = Fields())
        -> Bool
    {
        let conditions = RankedConditions([(route: 0, match: match)])
        return Array(method.utf8).withUnsafeBytes { name in
            Array(host.utf8).withUnsafeBytes { host in
                conditions.accepts(0, method: Methods.index(method), methodName: name, host: host, fields: fields)
            }
        }
    }

    private func match(
        methods: [String] = [], host: String? = nil, headers: [FieldCondition] = [], query: [FieldCondition] = []
    ) -> RouteMatch {
        RouteMatch(path: .prefix("/"), methods: methods, host: host, headers: headers, query: query)
    }

    @Test(arguments: [("GET", true), ("HEAD", true), ("POST", false), ("PURGE", false), ("get", false)])
    func `methods are exact`(method: String, expected: Bool) {
        #expect(accepts(match(methods: ["GET", "HEAD"]), method: method) == expected)
    }

    @Test(arguments: [("PURGE", true), ("BAN", false), ("GET", false)])
    func `methods without an index are compared by name`(method: String, expected: Bool) {
        #expect(accepts(match(methods: ["PURGE"]), method: method) == expected)
    }

    @Test(arguments: [
        ("example.org", "example.org", true), ("example.org", "EXAMPLE.org:8080", true),
        ("example.org", "a.example.org", false), ("*.example.org", "a.b.example.org:1", true),
        ("*.example.org", "example.org", false), ("*.example.org", "badexample.org", false), ("[::1]", "[::1]", true),
        ("[::1]", "[::1]:80", true), ("example.org.", "example.org", true), ("example.org", "example.org.:80", true),
    ])
    func `hosts ignore case and port`(wanted: String, host: String, expected: Bool) {
        #expect(accepts(match(host: wanted), host: host) == expected)
    }

    @Test func `headers and query must be there`() {
        let wanted = match(
            headers: [FieldCondition(name: "x-tenant", value: "a")], query: [FieldCondition(name: "beta", value: nil)])
        #expect(accepts(wanted, fields: Fields(headers: ["x-tenant": "a"], parameters: ["beta": ""])))
        #expect(!accepts(wanted, fields: Fields(headers: ["x-tenant": "b"], parameters: ["beta": ""])))
        #expect(!accepts(wanted, fields: Fields(headers: ["x-tenant": "abc"], parameters: ["beta": ""])))
        #expect(!accepts(wanted, fields: Fields(headers: ["x-tenant": "a"])))
        #expect(!accepts(wanted, fields: Fields(parameters: ["beta": ""])))
    }
}

struct PrecedenceTests {
    private func match(
        methods: [String] = [], host: String? = nil, headers: [String] = [], query: [String] = []
    ) -> RouteMatch {
        RouteMatch(
            path: .prefix("/"), methods: methods, host: host,
            headers: headers.map { FieldCondition(name: $0, value: "1") },
            query: query.map { FieldCondition(name: $0, value: "1") })
    }

    @Test func `of equal paths host, then methods, then headers, then query decide`() {
        let ordered = [
            match(host: "long.example.org"), match(host: "a.org"), match(host: "*.long.example.org"),
            match(host: "*.org"), match(methods: ["GET"]), match(headers: ["a", "b"]), match(headers: ["a"]),
            match(query: ["a", "b"]), match(query: ["a"]), match(),
        ]
        for (index, earlier) in ordered.enumerated() {
            for later in ordered[(index + 1)...] {
                #expect(MatchRank(earlier).precedes(MatchRank(later)) == true)
                #expect(MatchRank(later).precedes(MatchRank(earlier)) == false)
            }
            #expect(MatchRank(earlier).precedes(MatchRank(earlier)) == nil)
        }
    }

    @Test func `the table asks in that order, and then in the order of the file`() throws {
        let document = try parsed(
            """
            {"upstreams": {"m": {"endpoints": ["h:1"]}},
             "routes": [{"id": "plain", "match": {"prefix": "/a"}, "legacy": "m"},
                        {"id": "asked", "match": {"prefix": "/a", "query": {"beta": "1"}}, "legacy": "m"},
                        {"id": "twin", "match": {"prefix": "/a", "query": {"beta": "2"}}, "legacy": "m"}]}
            """)
        let table = RouteTable(document)
        func route(_ path: String, _ parameters: [String: StaticString] = [:]) -> Int {
            Array(path.utf8).withUnsafeBytes { path in
                let none = UnsafeRawBufferPointer(start: nil, count: 0)
                return table.match(
                    method: 1, methodName: none, host: none, path: path, fields: Fields(parameters: parameters))
            }
        }
        #expect(route("/a") == 0)
        #expect(route("/a", ["beta": "1"]) == 1)
        #expect(route("/a", ["beta": "2"]) == 2)
        #expect(route("/a", ["beta": "3"]) == 0)
        #expect(route("/b") == -1)
    }

    @Test func `the other side of the other is the same`() {
        for side in Side.allCases { #expect(side.other != side && side.other.other == side) }
    }
}

struct AssignmentTests {
    @Test func `raising a percentage only moves keys to the service and lowering only back`() {
        let assignment = Assignment(salt: "")
        let buckets = (0..<100_000).map { assignment.bucket(of: "user-\($0)") }
        var before = buckets.map { AssignmentDecision.side(ofBucket: $0, percent: .zero) }
        #expect(before.allSatisfy { $0 == .legacy })
        for ticks in stride(from: Int32(0), through: 1_000_000, by: 50_000) {
            let after = buckets.map { AssignmentDecision.side(ofBucket: $0, percent: Percent(ticks: ticks)) }
            #expect(zip(before, after).allSatisfy { $0 == $1 || $1 == .service })
            before = after
        }
        #expect(before.allSatisfy { $0 == .service })
        for ticks in stride(from: Int32(1_000_000), through: 0, by: -50_000) {
            let after = buckets.map { AssignmentDecision.side(ofBucket: $0, percent: Percent(ticks: ticks)) }
            #expect(zip(before, after).allSatisfy { $0 == $1 || $1 == .legacy })
            before = after
        }
        #expect(before.allSatisfy { $0 == .legacy })
    }

    /// XXH64's published vectors, modulo a million.
    @Test(arguments: [
        ("", 0xEF46_DB37_51D8_E999 as UInt64), ("a", 0xD24E_C4F1_A98C_6E5B), ("abc", 0x44BC_2CF5_AD77_0999),
    ])
    func `buckets are the published hash modulo a million`(key: String, hash: UInt64) {
        #expect(Assignment(salt: "").bucket(of: key) == Int32(hash % 1_000_000))
    }

    @Test func `salt and key hash as if joined`() {
        #expect(Assignment(salt: "salt-").bucket(of: "key") == Assignment(salt: "").bucket(of: "salt-key"))
    }

    @Test(arguments: [0, 1, 3, 100_000, 333_333, 500_000, 999_999, 1_000_000] as [Int32])
    func `the accumulator is exact to one request at every prefix`(ticks: Int32) {
        var accumulator = ShareAccumulator()
        var served = 0
        for count in 1...10_000 {
            if accumulator.next(Percent(ticks: ticks)) == .service { served += 1 }
            #expect(abs(Double(served) - Double(count) * Double(ticks) / 1_000_000) < 1)
        }
    }

    @Test func `method indices match their names`() {
        for (index, name) in Methods.names.enumerated() where index > 0 { #expect(Methods.index(name) == UInt8(index)) }
        #expect(Methods.mask(["GET", "PURGE"]) == 0b11)
    }
}
