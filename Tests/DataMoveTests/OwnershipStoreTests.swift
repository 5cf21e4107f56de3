import DataSync
import DurableFiles
import SQLite
import TestSupport
import Testing

@testable import DataMove
@testable import Migration

/// The steps of a move in stores with the real triggers.
@Suite struct OwnershipStoreTests {
    private let stores: MovingStores
    private let pair: StorePair

    init() throws {
        stores = try MovingStores()
        try stores.carry()
        pair = try StorePair(stores.group)
    }

    private func slice(epoch: Int) -> MoveSlice { MoveSlice(buckets: 0..<500_000, from: .monolith, epoch: epoch) }
    private var low: [Int] { (0..<10).filter { stores.bucket($0) < 500_000 } }
    private var high: [Int] { (0..<10).filter { stores.bucket($0) >= 500_000 } }

    @Test func `a fence refuses the slice's writes in any program, and no others`() throws {
        let epoch = try pair.monolith.ranges().epoch + 1
        let position = try pair.monolith.fence(slice(epoch: epoch))
        #expect(try position == stores.monolith.int("SELECT n FROM _sf_clk"))
        for user in low { #expect(try !stores.accepts(user, stores.monolith)) }
        for user in high { #expect(try stores.accepts(user, stores.monolith)) }
        try pair.monolith.unfence(slice(epoch: epoch))
        for user in low { #expect(try stores.accepts(user, stores.monolith)) }
    }

    @Test func `a fence waits for no writer for longer than its time, and changes nothing then`() throws {
        let before = try pair.monolith.ranges()
        try stores.monolith.script("BEGIN IMMEDIATE")
        #expect(throws: SQLiteError.self) { try pair.monolith.fence(slice(epoch: before.epoch + 1)) }
        try stores.monolith.script("COMMIT")
        #expect(try pair.monolith.ranges() == before)
    }

    @Test func `a grant lets the service write, and tells what it rests on`() throws {
        let slice = slice(epoch: try pair.monolith.ranges().epoch + 1)
        let position = try pair.monolith.fence(slice)
        for user in low { #expect(try !stores.accepts(user, stores.service)) }
        for _ in 0..<2 { try pair.service.grant(slice, position: position) }
        try pair.monolith.follow(slice)
        for user in low { #expect(try stores.accepts(user, stores.service) && !stores.accepts(user, stores.monolith)) }
        for user in high { #expect(try !stores.accepts(user, stores.service) && stores.accepts(user, stores.monolith)) }
        let notes = try [stores.monolith, stores.service].map { store in
            try store.query("SELECT id, phase, f FROM _sf_move") { "\($0.text(0)) \($0.text(1)) \($0.int(2))" }
        }
        #expect(notes == [["g/\(slice.epoch) done \(position)"], ["g/\(slice.epoch) granted \(position)"]])
    }

    @Test func `a step that is interrupted before its commit has not happened, and may be made again`() throws {
        struct Interrupted: Error {}
        let slice = slice(epoch: try pair.monolith.ranges().epoch + 1)
        var faults = MoveFaults()
        faults.reached = { place in if place == .beforeCommit { throw Interrupted() } }
        let failing = OwnershipStore(
            stores.monolith, side: .monolith, group: "g", tables: [], now: { 0 }, faults: faults)
        let before = try failing.ranges()
        #expect(throws: Interrupted.self) { try failing.fence(slice) }
        #expect(try pair.monolith.ranges() == before)
        #expect(throws: Never.self) { try pair.monolith.fence(slice) }
    }

    @Test func `the digest of users is the same on both sides until a row differs`() throws {
        let keys = try pair.monolith.keys(in: 0..<1_000_000)
        #expect(keys.count == 10)
        let digest = try pair.monolith.digest(of: keys)
        #expect(digest.rows == 10)
        #expect(try digest == pair.service.digest(of: keys))
        try stores.service.script(
            "INSERT INTO _sf_ctx VALUES('x'); UPDATE papers SET body = 'other' WHERE id = 'n3'; DELETE FROM _sf_ctx")
        #expect(try digest != pair.service.digest(of: keys))
        #expect(try pair.monolith.digest(of: ["u4"]) == pair.service.digest(of: ["u4"]))
    }

    @Test func `users ahead come in the direction of travel`() throws {
        let buckets = (0..<10).map { stores.bucket($0) }.sorted()
        #expect(try pair.monolith.bucketsAhead(from: 0, to: 1_000_000, limit: 3) == Array(buckets.prefix(3)))
        #expect(try pair.service.bucketsAhead(from: 1_000_000, to: 0, limit: 3) == Array(buckets.reversed().prefix(3)))
        #expect(try pair.monolith.bucketsAhead(from: buckets[2], to: buckets[5], limit: 99) == Array(buckets[2..<5]))
    }

    @Test func `changes count as drained when none of the group is beyond the position`() throws {
        let position = try pair.service.position()
        #expect(try stores.accepts(1, stores.monolith))
        let last = try stores.monolith.int("SELECT n FROM _sf_clk") ?? 0
        #expect(try pair.monolith.undrained(after: position, upTo: last) == 1)
        // A change of another group moves the clock, and is not waited for.
        try stores.monolith.script("UPDATE _sf_clk SET n = n + 1")
        #expect(try pair.monolith.undrained(after: last, upTo: last + 1) == 0)
        #expect(try pair.monolith.undrained(after: .max, upTo: last) == 0)
    }

    /// The whole way with the real agent, which carries whenever the coordinator waits.
    @Test func `slices move with the real agent, and what the store says is what the routers serve`() async throws {
        let routers = StandingRouters()
        let folder = try TemporaryFolder()
        #expect(try stores.accepts(low[0], stores.monolith))
        let stream = try SyncStream(stores.group)
        let time = Elapsed()
        let coordinator = MoveCoordinator(
            group: "g", monolith: pair.monolith, service: pair.service, routers: routers,
            journal: MoveJournal(path: folder.file("moves")),
            clock: MoveClock(
                monotonic: { time.waited }, wall: { 0 },
                pause: { duration in
                    time.waited += duration
                    _ = try? stream.step()
                }), mostKeys: 2, isCancelled: { false }, moved: { _ in })
        let report = try await coordinator.move(to: 500_000)
        #expect(report.ticks == 500_000 && report.stop == nil && report.givenUp == 0)
        #expect(report.slices == (low.count + 1) / 2 || report.slices == (low.count + 2) / 2)
        #expect(routers.served.last == 500_000)
        #expect(routers.served == routers.served.sorted())
        for user in low { #expect(try stores.accepts(user, stores.service) && !stores.accepts(user, stores.monolith)) }
        for user in high { #expect(try stores.accepts(user, stores.monolith) && !stores.accepts(user, stores.service)) }
    }

    @Test func `a slice whose rows differ is given up, and its owner goes on`() async throws {
        try stores.service.script(
            "INSERT INTO _sf_ctx VALUES('x'); UPDATE papers SET body = 'other'; DELETE FROM _sf_ctx")
        let routers = StandingRouters()
        let folder = try TemporaryFolder()
        let coordinator = MoveCoordinator(
            group: "g", monolith: pair.monolith, service: pair.service, routers: routers,
            journal: MoveJournal(path: folder.file("moves")),
            clock: MoveClock(monotonic: { .zero }, wall: { 0 }, pause: { _ in }), isCancelled: { false },
            moved: { _ in })
        let report = try await coordinator.move(to: 1_000_000)
        #expect(report.stop == .different && report.ticks == 0 && report.slices == 0)
        #expect(routers.served == [0])
        for user in low + high { #expect(try stores.accepts(user, stores.monolith)) }
    }
}

/// Routers that do as they are told, at once.
private final class StandingRouters: MoveRouters {
    private(set) var served: [Int] = []

    func hold(_ slice: MoveSlice, _ kind: MoveHold) async throws(MoveRoutersProblem) {}
    func isHeld() async -> Bool { true }
    func publish(ticks: Int, epoch: Int) async throws(MoveRoutersProblem) { served.append(ticks) }
    func release() async throws(MoveRoutersProblem) {}
}

/// How long a coordinator has waited.
private final class Elapsed {
    var waited: Duration = .zero
}
