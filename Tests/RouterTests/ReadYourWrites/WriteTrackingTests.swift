import Testing

@testable import Router

struct WriteTrackingTests {
    private func tracking(_ context: String, _ routes: String) throws -> WriteTracking {
        let text = """
            { "version": 1, "listen": ["127.0.0.1:0"], "admin": { "unix": "admin.sock" },
              "upstreams": { "old": { "endpoints": ["127.0.0.1:9"] }, "new": { "endpoints": ["127.0.0.1:10"] } },
              "contexts": { "c": { "keys": ["client-ip"]\(context) }, "rest": { "keys": ["client-ip"], "mode": "reads" } },
              "routes": [ \(routes), { "id": "all", "match": { "prefix": "/" }, "legacy": "old" } ] }
            """
        let bytes = Array(text.utf8)
        let compiler = ConfigurationCompiler(path: "routes.json")
        let table = try compiler.parse(bytes).flatMap { compiler.compile($0, bytes: bytes, revision: 7) }.get()
        #expect(table.writeTracking[1] == WriteTracking())
        return table.writeTracking[0]
    }

    private static func route(_ more: String, to service: String = #""service": "new","#) -> String {
        #"""
        { "id": "a\#(more.utf8.count)", "match": { "prefix": "/a\#(more.utf8.count)", "methods": ["GET"] },
          "legacy": "old", \#(service) "context": "c" \#(more) }
        """#
    }

    private static let reads = #", "mode": "reads""#
    private static let copied = #", "mirror": { "percent": 10 }"#

    @Test(
        arguments: [
            (reads, [route("")], WriteTracking(isOn: true)),
            (reads, [route(#", "percent": 1"#)], WriteTracking(isOn: true, isTold: true, isAwaited: true)),
            (reads, [route(copied)], WriteTracking(isOn: true, isTold: false, isAwaited: true)),
            (
                reads, [route(copied), route(#", "percent": 1"#)],
                WriteTracking(isOn: true, isTold: true, isAwaited: true)
            ),
            (reads, [route("", to: "")], WriteTracking()),
            (reads + #", "readYourWrites": false"#, [route(#", "percent": 1"#)], WriteTracking()),
            (#", "mode": "stateless""#, [route(#", "percent": 1"#)], WriteTracking()),
        ] as [(String, [String], WriteTracking)])
    func `writes are followed as far as somebody may read them elsewhere`(
        _ context: String, _ routes: [String], _ expected: WriteTracking
    ) throws {
        #expect(try tracking(context, routes.joined(separator: ", ")) == expected)
    }
}
