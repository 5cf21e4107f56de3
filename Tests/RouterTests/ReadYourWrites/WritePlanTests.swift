import Routing
import Testing

@testable import Router

struct WritePlanTests {
    private func plan(_ context: String, _ routes: String) throws -> (plan: WritePlan, table: ServedTable) {
        let text = """
            { "version": 1, "listen": ["127.0.0.1:0"], "admin": { "unix": "admin.sock" },
              "upstreams": { "old": { "endpoints": ["127.0.0.1:9"] }, "new": { "endpoints": ["127.0.0.1:10"] } },
              "contexts": { "c": { "keys": ["client-ip"]\(context) }, "rest": { "keys": ["client-ip"], "mode": "reads" } },
              "routes": [ \(routes), { "id": "all", "match": { "prefix": "/" }, "legacy": "old" } ] }
            """
        let bytes = Array(text.utf8)
        let compiler = ConfigurationCompiler(path: "routes.json")
        let table = try compiler.parse(bytes).flatMap { compiler.compile($0, bytes: bytes, revision: 7) }.get()
        #expect(table.writePlan.contexts.dropFirst().allSatisfy { $0 == WritePlan.Context() })
        return (table.writePlan, table)
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
            (reads, [route("")], WritePlan.Context(isOn: true)),
            (reads, [route(#", "percent": 1"#)], WritePlan.Context(isOn: true, isTold: true, isAwaited: true)),
            (reads, [route(copied)], WritePlan.Context(isOn: true, isTold: false, isAwaited: true)),
            (
                reads, [route(copied), route(#", "percent": 1"#)],
                WritePlan.Context(isOn: true, isTold: true, isAwaited: true)
            ),
            (reads, [route("", to: "")], WritePlan.Context()),
            (reads + #", "readYourWrites": false"#, [route(#", "percent": 1"#)], WritePlan.Context()),
            (#", "mode": "stateless""#, [route(#", "percent": 1"#)], WritePlan.Context()),
        ] as [(String, [String], WritePlan.Context)])
    func `writes are followed as far as somebody may read them elsewhere`(
        _ context: String, _ routes: [String], _ expected: WritePlan.Context
    ) throws {
        let plan = try plan(context, routes.joined(separator: ", ")).plan
        #expect(plan.contexts[0] == expected)
        #expect(plan.isOn == expected.isOn && plan.isTold == expected.isTold)
        #expect(plan.keys.count == (expected.isOn ? 1 : 0))
        #expect(plan.tokenSeconds == (expected.isTold ? 66 : 61))
    }

    @Test func `writes of every route count but those of contexts that have nothing to keep`() throws {
        let free = #"{ "id": "free", "match": { "prefix": "/free" }, "legacy": "old", "context": "free" }"#
        let (plan, table) = try plan(
            Self.reads + #" }, "free": { "keys": [], "mode": "stateless""#,
            [Self.route(""), free].joined(separator: ", "))
        let counted = table.document.routes.filter { plan.notesWrites(of: $0, in: table.document) }.map(\.id)
        #expect(counted == ["a0", "all"])
        let (off, unread) = try self.plan(Self.reads, Self.route("", to: ""))
        #expect(!unread.document.routes.contains { off.notesWrites(of: $0, in: unread.document) })
    }
}
