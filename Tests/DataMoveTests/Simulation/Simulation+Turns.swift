import Migration
import SQLite
import TestSupport

@testable import DataMove

extension Simulation {
    func turns(_ count: Int) throws { for _ in 0..<count { try turn() } }

    func turn() throws {
        switch dice.below(100) {
        case 0..<32: try ask()
        case 32..<68: if let request = requests.randomElement(using: &dice) { try deliver(request) }
        case 68..<78: try carry(estate.monolith, estate.service)
        case 78..<88: try carry(estate.service, estate.monolith)
        case 88..<95: now += dice.below(20)
        case 95: if !calm { now += 600 }
        case 96: if !calm { now += 6_000 }
        case 97: if !calm { restart(dice.below(routers.all.count)) }
        default: try checkOwners()
        }
    }

    func ask() throws {
        let session = dice.below(4)
        guard !busy.contains(session) else { return }
        busy.insert(session)
        let user = dice.below(SimulatedStore.users.count)
        let work: SimulatedStore.Work
        switch dice.below(10) {
        case 0..<4: work = .count
        case 4..<8: work = .read
        case 8:
            // Items with an even number may be deleted, and are added once; the others may arrive twice.
            serial += 1
            work = .add(item: "\(user)-\(serial)")
        default:
            let item = items.first {
                $0.value && $0.key.hasPrefix("\(user)-") && ($0.key.last?.wholeNumberValue ?? 1) % 2 == 0
            }
            work = item.map { .delete(item: $0.key) } ?? .read
        }
        if case .add(let item) = work { items[item] = items[item] ?? false }
        let request = Request(
            work, user: user, session: session, router: dice.below(routers.all.count), floor: seen[user])
        requests.append(request)
        assign(request)
    }

    /// At its router: it goes to a side, waits, or is answered at once.
    func assign(_ request: Request) {
        guard let router = request.router else { return }
        switch routers.assign(
            router, bucket: SimulatedStore.buckets[request.user], isWrite: request.work.isWrite, now: now)
        {
        case .to(let side): request.side = side
        case .waits: request.side = nil
        case .refused: end(request)
        }
    }

    func deliver(_ request: Request) throws {
        guard let side = request.side else { return assign(request) }
        let store = side == .monolith ? estate.monolith : estate.service
        let user = SimulatedStore.users[request.user]
        // A service that does not list the user knows nothing of him, also when it is asked for what it has.
        if side == .service, try !store.lists(user) { return try refused(request, by: store) }
        let (result, epoch) = try store.perform(request.work, for: user)
        guard case .done(let value) = result else { return try refused(request, by: store) }
        try note(request, value, epoch, at: side)
        if case .add(let item) = request.work, (item.last?.wholeNumberValue ?? 0) % 2 == 1, dice.below(4) == 0 {
            // Nobody waits for the copy, which may arrive at any time.
            let copy = Request(request.work, user: request.user, session: nil, router: nil, floor: 0)
            copy.side = side
            requests.append(copy)
        }
        end(request)
    }

    /// A side that follows names the owner, and the router asks there once. One that is fenced does not know it.
    func refused(_ request: Request, by store: SimulatedStore) throws {
        let knows = store.side == .service || isKit
        let isOthers =
            try store.state(of: request.user) == .follow
            || store.side == .service && !store.lists(SimulatedStore.users[request.user])
        if knows, request.router != nil, !request.isRetry, isOthers || made.contains(.noEpoch) {
            request.isRetry = true
            request.side = store.side.other
            return
        }
        statistics.refused += 1
        end(request)
    }

    func end(_ request: Request) {
        requests.removeAll { $0 === request }
        if let session = request.session { busy.remove(session) }
        if request.session != nil { statistics.answered += 1 }
    }

    /// A router is gone: its clients see an error, and what it had sent may still arrive.
    func restart(_ router: Int) {
        statistics.crashedRouters += 1
        routers.restart(router)
        for request in requests where request.router == router {
            if let session = request.session { busy.remove(session) }
            (request.session, request.router) = (nil, nil)
        }
        requests.removeAll { $0.router == nil && $0.side == nil }
    }

    func carry(_ source: SimulatedStore, _ target: SimulatedStore) throws {
        guard !isCarrying else { return }
        isCarrying = true
        defer { isCarrying = false }
        let feed = SimulatedFeed(source: source, target: target)
        do {
            let snapshot = try feed.read()
            if !calm, dice.below(4) == 0 { try turns(1 + dice.below(2)) }
            try feed.apply(snapshot) { try interruptCommit() }
        } catch is Killed {
            // The agent, this time.
        } catch let error as SQLiteError where error.isFull {
        } catch is SimulatedFeed.NewerThanOwner {
            throw Violation(description: "I2: a version came for rows that \(target.side.rawValue) writes itself")
        }
    }
}
