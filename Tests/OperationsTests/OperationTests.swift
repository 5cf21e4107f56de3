import AdminAPI
import AdminClient
import ControlKit
import Foundation
import Ledger
import Operations
import Synchronization
import TestSupport
import Testing

/// What a dashboard or a controller would do: changes of routes without a command line, a console or a terminal.
@Suite struct OperationTests {
    private let folder: TemporaryFolder
    private var config: String { folder.path + "/routes.json" }
    private var ledger: String { folder.path + "/ledger.db" }

    private static let document = """
        {
          "version": 1,
          "listen": ["127.0.0.1:0"],
          "upstreams": { "old": { "endpoints": ["127.0.0.1:9"] }, "new": { "endpoints": ["127.0.0.1:10"] } },
          "contexts": { "all": { "keys": ["cookie:id"], "mode": "stateless" } },
          "routes": [
            { "id": "reads", "match": { "prefix": "/", "methods": ["GET"] }, "legacy": "old", "service": "new", "context": "all", "percent": 5 }
          ]
        }

        """

    init() throws {
        folder = try TemporaryFolder()
        try Self.document.write(toFile: config, atomically: true, encoding: .utf8)
    }

    private final class Remarks: Sendable {
        let all = Mutex<[String]>([])
    }

    /// A caller that knows of no router: nothing answers, so that the file is changed.
    private func context(dryRun: Bool = false, isRouterNamed: Bool = false, remarks: Remarks = Remarks())
        -> OperationContext
    {
        OperationContext(
            configPath: config,
            admin: {
                AdminClient(address: .unix("nowhere.sock")) { _ in
                    throw OperationFailure(.unreachable, "no router answers")
                }
            },
            isRouterNamed: isRouterNamed, isDryRun: dryRun, despiteData: false,
            author: .init(actor: "controller", reason: "the evidence says so"), dataPath: folder.path + "/data.json",
            isDataNamed: false,
            ledger: LedgerBook(
                path: ledger, actor: "controller", now: { "2026-01-01T00:00:00Z" }, warn: { Issue.record("\($0)") }),
            remark: { text in remarks.all.withLock { $0.append(text) } }, waits: {})
    }

    private func written() throws -> String { try String(contentsOfFile: config, encoding: .utf8) }
    private func recorded() throws -> [String] {
        try Ledger(path: ledger).entries(limit: 10).map { "\($0.verb) \($0.actor) \($0.summary) \($0.revision)" }
    }

    @Test func `a shift is written and recorded`() async throws {
        let remarks = Remarks()
        let writer = try await RouteWriter.open(context(remarks: remarks))
        #expect(!writer.isLive && writer.shiftable.map(\.id) == ["reads"])
        let gate = try await writer.gate("reads", to: 25)
        #expect(gate.failure == nil && gate.warnings.isEmpty)
        let change = try await writer.shift("reads", from: 5, to: 25, compareRevision: false)
        // A document that says no revision is revision 1, as a router serves it.
        #expect(change.changed && !change.dryRun && change.revision == 2)
        #expect(try written().contains(#""percent": 25"#))
        #expect(try recorded() == ["shift controller 5% -> 25% 2"])
        #expect(remarks.all.withLock { $0.count } == 1)
    }

    @Test func `a dry run changes and records nothing`() async throws {
        let change = try await RouteWriter.open(context(dryRun: true))
            .shift("reads", from: 5, to: 25, compareRevision: false)
        #expect(change.changed && change.dryRun)
        #expect(try written() == Self.document)
        #expect(!FileSystem.exists(ledger))
    }

    @Test func `a mirror, a rollback and a whole document go the same way`() async throws {
        let change = try await RouteWriter.open(context()).mirror("reads", from: 0, to: 10, methods: nil)
        #expect(change.changed)
        guard case .written(let back) = try await RollbackOperation.make(nil, drain: false, context()) else {
            Issue.record("a router was found")
            return
        }
        #expect(back.changes.map(\.after) == [0])
        let wish = try await DocumentChange(
            to: Array(Self.document.utf8), named: "before.json", verb: "undo", ifRevision: nil, overRollback: false,
            context())
        #expect(Set(wish.plan.changes.map(\.field)).isSuperset(of: ["mirror", "percent"]))
        #expect(try await wish.make().changed)
        #expect(
            try recorded().reversed().map { $0.split(separator: " ").first.map(String.init) }
                == ["mirror", "rollback", "undo"])
        #expect(try written().contains(#""percent": 5"#))
    }

    @Test func `an undo leads back and can be undone`() async throws {
        _ = try await RouteWriter.open(context()).shift("reads", from: 5, to: 25, compareRevision: false)
        let back = try await DocumentChange.undo(to: nil, overRollback: false, context())
        #expect(back.name == "revision 1" && back.plan.changes.map(\.after) == [5])
        #expect(try await back.make().revision == 3)
        #expect(try written().contains(#""percent": 5"#))
        let again = try await DocumentChange.undo(to: 2, overRollback: false, context())
        #expect(try await again.make().changed)
        #expect(try written().contains(#""percent": 25"#))
        #expect(
            try recorded() == [
                "undo controller 5% -> 25% 4", "undo controller 25% -> 5% 3", "shift controller 5% -> 25% 2",
            ])
        let failure = await #expect(throws: OperationFailure.self) {
            _ = try await DocumentChange.undo(to: 7, overRollback: false, context())
        }
        #expect(failure?.message == "revision 7 is neither in the ledger nor kept by the router")
    }

    @Test func `a router that was named is not replaced by the file`() async throws {
        let failure = await #expect(throws: OperationFailure.self) {
            _ = try await RouteWriter.open(context(isRouterNamed: true))
        }
        #expect(failure?.kind == .unreachable)
        await #expect(throws: OperationFailure.self) {
            _ = try await RollbackOperation.make(nil, drain: false, context(isRouterNamed: true))
        }
        #expect(try written() == Self.document)
    }

    @Test func `a rollback that the file cannot take is kept beside it`() async throws {
        try "{ not JSON".write(toFile: config, atomically: true, encoding: .utf8)
        // Nothing says what the next start would serve: the caller hears that no router answered.
        let failure = await #expect(throws: OperationFailure.self) {
            _ = try await RollbackOperation.make("reads", drain: false, context())
        }
        #expect(failure?.kind == .unreachable)
        #expect(try written() == "{ not JSON")
    }
}
