import AdminAPI
import AdminClient
import ControlKit
import Ledger
import Migration
import TestSupport
import Testing

@testable import DataMove
@testable import Operations

/// The router of this process as a move sees it, over its own socket.
@Suite struct RouterHoldsTests {
    private let router: LiveRouter
    private let owned: OwnedContext
    private let scratch: TemporaryFolder

    private static let document = """
        {
          "version": 1, "revision": 3, "listen": ["127.0.0.1:0"], "admin": { "unix": "admin.sock" },
          "upstreams": { "old": { "endpoints": ["127.0.0.1:9"] }, "new": { "endpoints": ["127.0.0.1:10"] } },
          "contexts": { "c": { "keys": ["header:x-user"], "mode": "owned" } },
          "routes": [
            { "id": "r", "match": { "prefix": "/r" }, "legacy": "old", "service": "new", "context": "c", "percent": 0 },
            { "id": "s", "match": { "prefix": "/s" }, "legacy": "old", "service": "new", "context": "c", "percent": 0 },
            { "id": "rest", "match": { "prefix": "/" }, "legacy": "old" }
          ]
        }
        """

    init() throws {
        router = try LiveRouter(Self.document)
        scratch = try TemporaryFolder()
        let data =
            #"{ "version": 1, "groups": { "c": { "mode": "owned", "source": "m.db", "target": "s.db", "tables": [ { "name": "t", "owner": "user" } ] } } }"#
        try FileSystem.replace(scratch.file("data.json"), with: Array(data.utf8))
        owned = try OwnedContext.find(
            "c", in: Array(Self.document.utf8), from: "routes.json", dataPath: scratch.file("data.json"))
    }

    private var holds: RouterHolds { RouterHolds(router.admin, owned, router.context()) }
    private let slice = MoveSlice(buckets: 0..<250_000, from: .monolith, epoch: 3)

    private func percents() async throws -> [Double] {
        let sketch = try #require(RoutesSketch(try await router.admin.routes()))
        return sketch.routes.prefix(2).map(\.percent)
    }

    @Test func `a hold is had, widened, seen and released`() async throws {
        let holds = holds
        #expect(await !holds.isHeld())
        try await holds.hold(slice, .writes)
        #expect(await holds.isHeld())
        try await holds.hold(slice, .all)
        #expect(try await router.admin.holds().value.holds.map(\.kind) == ["all"])
        try await holds.release()
        #expect(await !holds.isHeld())
        #expect(try await router.admin.holds().value.holds.isEmpty)
    }

    @Test func `a hold that somebody released is not relied on`() async throws {
        let holds = holds
        try await holds.hold(slice, .all)
        // Another coordinator tidies up.
        try await self.holds.release()
        #expect(await !holds.isHeld())
    }

    @Test func `every route of the context is published with the number of the move, and recorded`() async throws {
        let holds = holds
        try await holds.hold(slice, .all)
        try await holds.publish(ticks: slice.ticks, epoch: slice.epoch)
        try await holds.release()
        #expect(try await percents() == [25, 25])
        let text = String(decoding: try await router.admin.routes(), as: UTF8.self)
        #expect(text.contains("\"epoch\": 3"))
        #expect(try await router.admin.status().revision == 4)
        let entries = try router.context().ledger.open().entries(limit: 5)
        #expect(entries.first?.verb == "move" && entries.first?.revision == 4)
        // What is served already changes nothing.
        try await holds.publish(ticks: slice.ticks, epoch: slice.epoch)
        #expect(try await router.admin.status().revision == 4)
    }

    @Test func `without the number of a move no percentage changes`() async throws {
        let holds = holds
        try await holds.publish(ticks: 100_000, epoch: 3)
        await #expect(throws: MoveRoutersProblem.self) { try await holds.publish(ticks: 200_000, epoch: 3) }
        #expect(try await percents() == [10, 10])
    }

    @Test func `a router that is not there is a failure`() async throws {
        let away = RouterHolds(
            AdminClient(address: .unix("nowhere.sock")) { _ in
                throw OperationFailure(.unreachable, "no router answers")
            }, owned, router.context())
        await #expect(throws: MoveRoutersProblem.failed("no router answers")) { try await away.hold(slice, .writes) }
        await #expect(throws: MoveRoutersProblem.failed("no router answers")) { try await away.release() }
        #expect(await !away.isHeld())
    }
}
