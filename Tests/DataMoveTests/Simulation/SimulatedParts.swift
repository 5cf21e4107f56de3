import DataMove
import Migration
import SQLite
import TestSupport

/// The real store of a move, with interruptions and mistakes around it.
final class SimulatedMoveStore: MoveStore {
    private let simulation: Simulation
    private let store: SimulatedStore
    let plain: OwnershipStore

    init(_ simulation: Simulation, of store: SimulatedStore) {
        self.simulation = simulation
        self.store = store
        var faults = MoveFaults()
        faults.reached = { [unowned simulation] _ in try simulation.interruptCommit() }
        plain = OwnershipStore(
            store.connection, side: store.side, group: SimulatedStore.group,
            tables: [
                SliceTable(name: "users", owner: "id", terms: ["id", "n"]),
                SliceTable(name: "items", owner: "owner", terms: ["id", "owner"]),
            ], now: { 0 }, faults: faults)
    }

    private var mistakes: Mistakes { simulation.made }

    func ranges() throws -> OwnershipRanges { try plain.ranges() }

    func fence(_ slice: MoveSlice) throws -> Int {
        try simulation.interrupt()
        if mistakes.contains(.fenceInRouterOnly) {
            return try store.connection.int("SELECT n FROM _sf_clk") ?? 0
        }
        guard mistakes.contains(.positionReadEarly) else { return try plain.fence(slice) }
        let early = try store.connection.int("SELECT n FROM _sf_clk") ?? 0
        try simulation.turns(6)
        _ = try plain.fence(slice)
        return early
    }

    func unfence(_ slice: MoveSlice) throws {
        try simulation.interrupt()
        try plain.unfence(slice)
    }

    func grant(_ slice: MoveSlice, position: Int) throws {
        try simulation.interrupt()
        try plain.grant(slice, position: position)
    }

    func follow(_ slice: MoveSlice) throws {
        try simulation.interrupt()
        if mistakes.contains(.fenceInRouterOnly) { _ = try plain.fence(slice) }
        try plain.follow(slice)
    }

    func position() throws -> Int {
        try simulation.interrupt()
        return mistakes.contains(.grantBeforeDrain) ? .max : try plain.position()
    }

    func undrained(after position: Int, upTo last: Int) throws -> Int {
        try plain.undrained(after: position, upTo: last)
    }

    func keys(in buckets: Range<Int>) throws -> [String] { try plain.keys(in: buckets) }

    func digest(of keys: [String]) throws -> TableDigest {
        try simulation.interrupt()
        return mistakes.contains(.noDigest) ? TableDigest() : try plain.digest(of: keys)
    }

    func bucketsAhead(from ticks: Int, to goal: Int, limit: Int) throws -> [Int] {
        try simulation.interrupt()
        return try plain.bucketsAhead(from: ticks, to: goal, limit: limit)
    }
}

/// The routers as a move sees them. What a call cannot throw, the next call of a store does.
struct SimulatedMoveRouters: MoveRouters {
    private unowned let simulation: Simulation

    init(_ simulation: Simulation) { self.simulation = simulation }

    private func attempt(_ body: () throws -> Void) throws(MoveRoutersProblem) {
        do {
            try body()
        } catch let problem as MoveRoutersProblem {
            throw problem
        } catch {
            simulation.failure = error
            throw .failed("it was interrupted")
        }
    }

    func hold(_ slice: MoveSlice, _ kind: MoveHold) async throws(MoveRoutersProblem) {
        try attempt { try simulation.hold(slice, kind) }
    }

    func isHeld() async -> Bool { simulation.isHeld() }

    func publish(ticks: Int, epoch: Int) async throws(MoveRoutersProblem) {
        try attempt { try simulation.publish(ticks) }
    }

    func release() async throws(MoveRoutersProblem) { try attempt { try simulation.release() } }
}

extension SplitMix {
    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
}
