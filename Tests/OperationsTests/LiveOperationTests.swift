import AdminAPI
import AdminClient
import ControlKit
import Ledger
import Operations
import Testing

/// What a dashboard or a controller does with a router that runs.
@Suite struct LiveOperationTests {
    private let router: LiveRouter

    private static func document(_ percent: Int) -> String {
        """
        {
          "version": 1, "revision": 7,
          "listen": ["127.0.0.1:0"],
          "admin": { "unix": "admin.sock" },
          "upstreams": {
            "old": { "endpoints": ["127.0.0.1:9"], "health": { "probes": false } },
            "new": { "endpoints": ["127.0.0.1:10"], "health": { "probes": false } }
          },
          "contexts": { "all": { "keys": ["cookie:id"], "mode": "stateless" } },
          "routes": [
            { "id": "reads", "match": { "prefix": "/", "methods": ["GET"] }, "legacy": "old", "service": "new", "context": "all", "percent": \(percent) }
          ]
        }

        """
    }

    init() throws { router = try LiveRouter(Self.document(5)) }

    private func percent() async throws -> Double? { try await router.admin.status().route("reads")?.percent }

    private func recorded() throws -> [String] {
        try Ledger(path: router.ledger).entries(limit: 10).map { "\($0.verb) \($0.actor) \($0.summary) \($0.revision)" }
    }

    @Test func `a shift is served by every loop, and recorded with the router's revision`() async throws {
        let writer = try await RouteWriter.open(router.context())
        #expect(writer.isLive && writer.shiftable.map(\.id) == ["reads"])
        let change = try await writer.shift("reads", from: 5, to: 25, compareRevision: true)
        #expect(change.changed && change.loops == 1 && change.previousRevision == 7 && change.revision == 8)
        #expect(try await percent() == 25)
        #expect(try recorded() == ["shift controller 5% -> 25% 8"])
        let ledger = try Ledger(path: router.ledger)
        #expect(try ledger.document(revision: 7) == Array(Self.document(5).utf8))
        #expect(try await ledger.document(revision: 8) == router.admin.routes())
    }

    @Test func `a dry run and a change that is served already leave no record`() async throws {
        let dry = try await RouteWriter.open(router.context(dryRun: true))
            .shift("reads", from: 5, to: 25, compareRevision: false)
        #expect(dry.changed && dry.dryRun)
        let same = try await RouteWriter.open(router.context()).shift("reads", from: 5, to: 5, compareRevision: false)
        #expect(!same.changed)
        #expect(try await percent() == 5)
        #expect(!FileSystem.exists(router.ledger))
    }

    @Test func `a step that rests on an older revision is refused`() async throws {
        let early = try await RouteWriter.open(router.context())
        _ = try await RouteWriter.open(router.context(as: "somebody")).mirror("reads", from: 0, to: 10, methods: nil)
        let failure = await #expect(throws: OperationFailure.self) {
            try await early.shift("reads", from: 5, to: 25, compareRevision: true)
        }
        #expect(failure?.kind == .conflict)
        #expect(try await percent() == 5)
        #expect(try recorded() == ["mirror somebody mirror - -> 10% 8"])
    }

    @Test func `a change of another caller that was not recorded is noted before the next one`() async throws {
        _ = try await router.admin.shift("reads", to: 10, dryRun: false, .init(actor: "somebody", reason: nil))
        try Ledger(path: router.ledger).keep(Array(Self.document(5).utf8), revision: 7, at: "2026-01-01T00:00:00Z")
        _ = try await RouteWriter.open(router.context()).shift("reads", from: 10, to: 25, compareRevision: true)
        #expect(try recorded() == ["shift controller 10% -> 25% 9", "shift somebody 5% -> 10% 8"])
    }

    @Test func `a rollback, an undo of it and a document go the same way`() async throws {
        guard case .served(let rollback, _) = try await RollbackOperation.make(nil, drain: false, router.context())
        else {
            Issue.record("the router did not do it")
            return
        }
        #expect(rollback.isChanged && rollback.routes.map(\.before) == [5])
        #expect(try await percent() == 0)
        let back = try await DocumentChange.undo(to: nil, overRollback: false, router.context())
        #expect(back.name == "revision 7" && back.present.isLive && back.present.revision == 8)
        #expect(try await back.make().loops == 1)
        #expect(try await percent() == 5)
        let wish = try await DocumentChange(
            to: Array(Self.document(50).utf8), named: "next.json", verb: "apply", ifRevision: 9, overRollback: false,
            router.context())
        #expect(try await wish.make().revision == 10)
        #expect(
            try recorded() == [
                "apply controller 5% -> 50% 10", "undo controller 0% -> 5% 9", "rollback controller 5% -> 0% 8",
            ])
    }

    @Test func `a preview says who would move, and changes nothing`() async throws {
        let next = Array(Self.document(25).utf8)
        let preview = try await DocumentPreview.of(next, file: "next.json", router.context())
        #expect(preview.present.isLive && preview.present.revision == 7)
        #expect(preview.plan.changes == [RouteChange(route: "reads", field: "percent", before: 5, after: 25)])
        #expect(preview.advice.map(\.action) == [.apply(file: "next.json", ifRevision: 7)])
        #expect(try preview.warnings == RoutesCheck.check(next, file: "next.json"))
        #expect(preview.gate.map { $0.failure == nil } == true)
        let own = try await DocumentPreview.ofFile(router.context())
        #expect(own.plan.isEmpty && own.advice.isEmpty && own.gate == nil)
        #expect(try await percent() == 5)
        #expect(!FileSystem.exists(router.ledger))
    }

    @Test func `a file that was edited is previewed beside what is served`() async throws {
        try FileSystem.replace(router.config, with: Array(Self.document(25).utf8))
        let preview = try await DocumentPreview.ofFile(router.context())
        #expect(preview.plan.changes.map(\.after) == [25])
        #expect(preview.advice.map(\.action) == [.apply(file: router.config, ifRevision: nil)])
    }

    @Test func `the state is judged as a value, with what may be done next`() async throws {
        let status = try await router.admin.status()
        let judgement = StatusJudgement(StatusFacts.read(status, router.context()))
        #expect(judgement.position.hasPrefix("1 moving (reads at 5%) of 1 movable route"))
        #expect(judgement.severity == nil && judgement.findings.isEmpty)
        #expect(
            judgement.next.map(\.action) == [.shift(route: "reads", percent: 10), .rollback(route: "reads")])
    }
}
