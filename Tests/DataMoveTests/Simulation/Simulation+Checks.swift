import Migration
import SQLite
import TestSupport

@testable import DataMove

extension Simulation {
    func note(_ request: Request, _ value: Int, _ epoch: Int, at side: StoreSide) throws {
        let user = request.user
        switch request.work {
        case .add(let item): items[item] = true
        case .delete(let item): items[item] = nil
        case .count:
            committed[user] += 1
            guard counted[user].insert(value).inserted else {
                throw Violation(description: "I2: two writes of \(SimulatedStore.users[user]) both counted \(value)")
            }
            // Of keys that are not listed, both sides have nothing: they are the monolith's.
            if epoch > 1 {
                let place = epoch * 100 + user
                guard writers[place] ?? side == side else {
                    throw Violation(description: "I2: both sides wrote in epoch \(epoch)")
                }
                writers[place] = side
            }
        case .read: break
        }
        guard request.session != nil, request.work == .count || request.work == .read else { return }
        guard value >= request.floor else {
            throw Violation(
                description: "I3: \(request.work) of \(SimulatedStore.users[user]) at \(side.rawValue) saw \(value), "
                    + "and somebody had seen \(request.floor)")
        }
        seen[user] = max(seen[user], value)
    }

    func checkOwners() throws {
        for (place, bucket) in SimulatedStore.buckets.enumerated() {
            var owners = 0
            for store in [estate.monolith, estate.service] {
                let row = try store.connection.first(
                    "SELECT state, epoch FROM _sf_own WHERE grp = 'g' AND lo <= ? ORDER BY lo DESC LIMIT 1", bucket
                ) { (state: $0.text(0), epoch: $0.int(1)) }
                if row?.state == "own" { owners += 1 }
                let index = place * 2 + (store.side == .monolith ? 0 : 1)
                guard row?.epoch ?? 0 >= epochs[index] ?? 0 else {
                    throw Violation(description: "I5: the epoch of \(bucket) went back")
                }
                epochs[index] = row?.epoch
            }
            guard owners <= 1 else { throw Violation(description: "I5: bucket \(bucket) has two owners") }
        }
    }

    /// After a coordinator has said that it is done.
    func checkRest(_ ticks: Int) throws {
        let stores = try [estate.monolith, estate.service].map { try SimulatedMoveStore(self, of: $0).plain.ranges() }
        guard MoveRecovery.decide(monolith: stores[0], service: stores[1]) == .settled(ticks: ticks) else {
            throw Violation(description: "I12: it said \(ticks), and the stores say \(stores)")
        }
        guard routers.document == ticks, routers.all.allSatisfy({ $0.ticks == ticks }) else {
            throw Violation(description: "I13: the service owns \(ticks), and the routers serve \(routers.document)")
        }
    }

    /// Everything arrives; then both stores hold the same, and what was done is there once.
    func finish() throws {
        for _ in 0..<20 { for request in requests { try deliver(request) } }
        guard requests.isEmpty else { throw Violation(description: "I9: \(requests.count) requests wait for ever") }
        for (user, bucket) in SimulatedStore.buckets.enumerated() {
            let side: StoreSide = bucket < routers.document ? .service : .monolith
            let store = side == .monolith ? estate.monolith : estate.service
            for _ in 0..<3 {
                try carry(estate.monolith, estate.service)
                let (result, epoch) = try store.perform(.count, for: SimulatedStore.users[user])
                guard case .done(let value) = result else { continue }
                let request = Request(.count, user: user, session: 0, router: 0, floor: seen[user])
                try note(request, value, epoch, at: side)
                break
            }
        }
        for _ in 0..<3 {
            try carry(estate.monolith, estate.service)
            try carry(estate.service, estate.monolith)
        }
        let (left, right) = (try estate.monolith.rows(), try estate.service.rows())
        guard left == right else { throw Violation(description: "I8: \(left) and \(right)") }
        let counts = zip(SimulatedStore.users, committed).filter { $0.1 > 0 }.map { "\($0.0)=\($0.1)" }
        let kept = items.filter(\.value).map { item in
            let user = item.key.first?.wholeNumberValue ?? 0
            return "\(item.key)@\(SimulatedStore.users[user])"
        }
        guard left.sorted() == (counts + kept).sorted() else {
            throw Violation(description: "I1, I6, I10: \(left.sorted()) instead of \((counts + kept).sorted())")
        }
    }
}
