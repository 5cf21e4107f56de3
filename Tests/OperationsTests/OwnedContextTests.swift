import ControlKit
import Migration
import TestSupport
import Testing

@testable import Operations

/// What is asked of a context before anything of it moves.
@Suite struct OwnedContextTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func find(
        _ name: String = "profile", mode: String = "owned", percents: [String] = ["0", "0"], salt: String = "",
        group: String = #""mode": "owned", "#, groupSalt: String = "", service: String = #""service": "new", "#
    ) throws -> OwnedContext {
        let routes = percents.enumerated().map { index, percent in
            #"{ "id": "r\#(index)", "match": { "prefix": "/p\#(index)" }, "legacy": "old", \#(service)"context": "profile", "percent": \#(percent) }"#
        }
        let document = """
            { "version": 1, "listen": ["127.0.0.1:1"],
              "upstreams": { "old": { "endpoints": ["127.0.0.1:9"] }, "new": { "endpoints": ["127.0.0.1:10"] } },
              "contexts": { "profile": { "keys": ["header:x-user"], "salt": "\(salt)", "mode": "\(mode)" } },
              "routes": [ \(routes.joined(separator: ", ")), { "id": "rest", "match": { "prefix": "/" }, "legacy": "old" } ] }
            """
        let owner = group.isEmpty ? "" : #", "owner": "user""#
        let data = """
            { "version": 1, "groups": { "profile": { \(group)"salt": "\(groupSalt)", "source": "m.db", "target": "s.db",
              "tables": [ { "name": "notes"\(owner) } ] } } }
            """
        try FileSystem.replace(folder.file("data.json"), with: Array(data.utf8))
        return try OwnedContext.find(
            name, in: Array(document.utf8), from: "routes.json", dataPath: folder.file("data.json"))
    }

    @Test func `a context is found with its routes, sides and group`() throws {
        let context = try find(percents: ["12.5", "12.5"])
        #expect(context.routes == ["r0", "r1"] && context.legacy == "old" && context.service == "new")
        #expect(context.served == 125_000 && context.group.name == "profile")
    }

    @Test func `what a move cannot keep is refused, and names what to change`() {
        func message(_ body: () throws -> OwnedContext) -> String {
            let failure = #expect(throws: OperationFailure.self) { try body() }
            return failure.map { "\($0.message) | \($0.fixes.joined(separator: " | "))" } ?? ""
        }
        #expect(message { try find("profil") }.contains("did you mean profile?"))
        #expect(message { try find(mode: "reads") }.contains("has the mode \"reads\""))
        #expect(message { try find(percents: ["5", "10"]) }.contains("\"r0\" 5 %, \"r1\" 10 %"))
        #expect(message { try find(service: "") }.contains("has a service to move users to"))
        #expect(message { try find(group: "") }.contains("has the mode \"reads\" in"))
        #expect(message { try find(salt: "a", groupSalt: "b") }.contains("\"salt\": \"a\" in the group of"))
    }
}
