import Migration
import SQLite
import TestSupport

@testable import DataMove

extension Simulation {
    func hold(_ slice: MoveSlice, _ kind: MoveHold) throws {
        try interrupt()
        routers.hold(slice.buckets, made.contains(.readsNotHeld) ? .writes : kind, now: now)
        for _ in 0..<6 {
            let left = requests.filter { request in
                request.router != nil && request.side != nil && (kind == .all || request.work.isWrite)
                    && slice.buckets.contains(SimulatedStore.buckets[request.user])
            }
            if left.isEmpty { return }
            now += dice.below(4)
            for request in left where dice.below(4) > 0 { try deliver(request) }
        }
        routers.release()
        throw MoveRoutersProblem.requestsRemained
    }

    func publish(_ ticks: Int) throws {
        if !calm, dice.below(40) == 0 { throw MoveRoutersProblem.failed("away") }
        routers.write(ticks)
        for router in routers.all.indices {
            if router > 0 {
                try turns(dice.below(3))
                // It dies before the last router has heard of it, or that one does not answer.
                if !calm, dice.below(60) == 0 { isDying = true }
                if isDying || (!calm && dice.below(40) == 0) { throw MoveRoutersProblem.failed("away") }
            }
            routers.flip(router)
        }
    }

    func release() throws {
        try interrupt()
        routers.release()
    }

    func isHeld() -> Bool { routers.isHeld(now: now) }
}
