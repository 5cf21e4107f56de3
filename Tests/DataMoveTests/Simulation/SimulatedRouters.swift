import DataMove
import Migration

/// Routers that share one document, each with its own table, holds and requests under way.
final class SimulatedRouters {
    struct Router {
        /// How many buckets, from 0 on, it sends to the service.
        var ticks = 0
        var hold: Hold?
    }

    struct Hold {
        var buckets: Range<Int>
        var kind: MoveHold
        /// On the clock of the simulation.
        var expires: Int
    }

    static let lease = 5_000

    private(set) var all: [Router]
    /// What is on the disk: a router that starts serves it.
    private(set) var document = 0

    init(count: Int) { all = Array(repeating: Router(), count: count) }

    enum Assignment: Equatable {
        case to(StoreSide)
        case waits
        /// Its hold of all requests ran out, and other routers may have moved on meanwhile: nobody knows the owner.
        case refused
    }

    func assign(_ router: Int, bucket: Int, isWrite: Bool, now: Int) -> Assignment {
        if let hold = all[router].hold, hold.buckets.contains(bucket), hold.kind == .all || isWrite {
            if now < hold.expires { return .waits }
            // With one router nobody else can have moved on.
            if hold.kind == .all, all.count > 1 { return .refused }
        }
        return .to(bucket < all[router].ticks ? .service : .monolith)
    }

    /// Starts again: it serves the document, and knows nothing of holds.
    func restart(_ router: Int) { all[router] = Router(ticks: document) }

    func hold(_ buckets: Range<Int>, _ kind: MoveHold, now: Int) {
        for router in all.indices {
            all[router].hold = Hold(buckets: buckets, kind: kind, expires: now + Self.lease)
        }
    }

    func isHeld(now: Int) -> Bool { all.allSatisfy { $0.hold.map { now + 1_000 < $0.expires } ?? false } }

    func release() { for router in all.indices { all[router].hold = nil } }

    func write(_ ticks: Int) { document = ticks }

    func flip(_ router: Int) { all[router].ticks = document }
}
