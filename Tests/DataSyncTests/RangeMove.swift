import SQLite
import TestSupport

@testable import Migration

/// Moves the border between the owners as a move does, one step at a time, by plain SQL: fence at the owner, drain,
/// grant at the new owner, follow.
struct RangeMove {
    private enum Phase {
        case rest
        case fenced(low: Int, high: Int, from: StoreSide, epoch: Int, mark: Int)
        case granted(low: Int, high: Int, from: StoreSide, epoch: Int)
    }

    private let stores: OwnedStores
    private var phase = Phase.rest
    /// The service owns the buckets below.
    private var ticks = 0
    private var epoch = 2
    private(set) var finished = 0

    init(_ stores: OwnedStores) { self.stores = stores }

    private func store(_ side: StoreSide) -> DatabaseConnection { side == .monolith ? stores.hub : stores.service }

    /// The next step, if it can be made now. A store that is locked is asked again later.
    mutating func advance(_ dice: inout SplitMix) throws {
        do {
            switch phase {
            case .rest:
                guard try stores.service.text("SELECT state FROM _sf_stream WHERE grp = 'g'") == "running",
                    try stores.hub.text("SELECT state FROM _sf_stream WHERE grp = 'g'") == "running"
                else { return }
                let next = [0, 200_000, 500_000, 800_000, 1_000_000][dice.below(5)]
                if next != ticks { try fence(next) }
            case .fenced, .granted: try goOn()
            }
        } catch let error as SQLiteError where error.isBusy {
        }
    }

    /// Makes the steps that are left; whether there is still one.
    mutating func finish() throws -> Bool {
        if case .rest = phase { return false }
        try goOn()
        return true
    }

    private mutating func fence(_ next: Int) throws {
        let from: StoreSide = next > ticks ? .monolith : .service
        let (low, high) = (min(ticks, next), max(ticks, next) - 1)
        let owner = store(from)
        let mark = try owner.transaction { owner in
            try Self.set(owner, low, high, owner: from, state: "fenced", epoch: epoch + 1)
            return try owner.int("SELECT n FROM _sf_clk") ?? 0
        }
        epoch += 1
        ticks = next
        phase = .fenced(low: low, high: high, from: from, epoch: epoch, mark: mark)
    }

    private mutating func goOn() throws {
        switch phase {
        case .rest: return
        case .fenced(let low, let high, let from, let epoch, let mark):
            let to: StoreSide = from == .monolith ? .service : .monolith
            // Drained: the other side has everything up to the fence.
            guard try store(to).int("SELECT seq FROM _sf_pos WHERE peer = 'g'") ?? 0 >= mark else { return }
            try store(to).transaction { try Self.set($0, low, high, owner: to, state: "own", epoch: epoch) }
            phase = .granted(low: low, high: high, from: from, epoch: epoch)
        case .granted(let low, let high, let from, let epoch):
            let to: StoreSide = from == .monolith ? .service : .monolith
            try store(from).transaction { try Self.set($0, low, high, owner: to, state: "follow", epoch: epoch) }
            finished += 1
            phase = .rest
        }
    }

    /// Changes the buckets from `low` to `high`, which are one owner's, and leaves the others as they are.
    private static func set(
        _ store: DatabaseConnection, _ low: Int, _ high: Int, owner: StoreSide, state: String, epoch: Int
    ) throws {
        for border in [low, high + 1] where border <= CaptureSQL.lastBucket {
            try store.execute(
                "INSERT OR IGNORE INTO _sf_own SELECT grp, ?1, hi, owner, epoch, state FROM _sf_own WHERE grp = 'g' AND lo < ?1 AND hi >= ?1",
                border)
            try store.execute("UPDATE _sf_own SET hi = ?1 - 1 WHERE grp = 'g' AND lo < ?1 AND hi >= ?1", border)
        }
        try store.execute(
            "UPDATE _sf_own SET owner = ?, state = ?, epoch = ? WHERE grp = 'g' AND lo >= ? AND hi <= ?",
            owner.rawValue,
            state, epoch, low, high)
    }
}
