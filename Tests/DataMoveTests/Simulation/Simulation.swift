import DurableFiles
import Glibc
import Migration
import Routing
import SQLite
import TestSupport

@testable import DataMove

/// What an error of ours does to a simulation: each must be caught by what is checked.
struct Mistakes: OptionSet {
    let rawValue: Int
    /// The store goes on taking writes while the slice moves.
    static let fenceInRouterOnly = Mistakes(rawValue: 1)
    static let grantBeforeDrain = Mistakes(rawValue: 2)
    /// The position is read before the fence is written.
    static let positionReadEarly = Mistakes(rawValue: 4)
    /// A request goes on to the other side although its own is only fenced, so that it overtakes the routes.
    static let noEpoch = Mistakes(rawValue: 8)
    static let readsNotHeld = Mistakes(rawValue: 16)
    /// A new coordinator believes the journal, which says nothing of a grant.
    static let grantForgotten = Mistakes(rawValue: 32)
    /// Rows are not compared before the grant.
    static let noDigest = Mistakes(rawValue: 64)
}

/// The stores are made once: opening one costs more than a whole history.
final class SimulatedEstate {
    let folder: String
    private let scratch: TemporaryFolder?
    let monolith: SimulatedStore
    let service: SimulatedStore

    init() throws {
        // In memory where there is a file system for it: nothing here survives a loss of power anyway.
        var template = Array("/dev/shm/strangler-XXXXXX".utf8CString)
        if let made = mkdtemp(&template) {
            (folder, scratch) = (String(cString: made), nil)
        } else {
            let made = try TemporaryFolder()
            (folder, scratch) = (made.path, made)
        }
        monolith = try SimulatedStore(.monolith, folder: folder)
        service = try SimulatedStore(.service, folder: folder)
    }

    deinit {
        for name in ["A.db", "A.db-wal", "A.db-shm", "B.db", "B.db-wal", "B.db-shm", "moves"] { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }
}

/// One history, drawn from a seed: clients, routers, both feeds and coordinators that are killed.
///
/// Not Sendable in truth: everything happens in the task of the test, also what the journal's calls call back.
final class Simulation: @unchecked Sendable {
    struct Killed: Error {}
    struct Violation: Error, CustomStringConvertible { let description: String }

    final class Request {
        let work: SimulatedStore.Work
        let user: Int
        /// The client that waits for it; nil: nobody does any more.
        var session: Int?
        /// The router that counts it; nil: that router is gone.
        var router: Int?
        /// Where it is under way to; nil: it waits at its router.
        var side: StoreSide?
        var isRetry = false
        /// What the counter must show at least, because somebody had seen it before this request began.
        let floor: Int

        init(_ work: SimulatedStore.Work, user: Int, session: Int?, router: Int?, floor: Int) {
            (self.work, self.user, self.session, self.router, self.floor) = (work, user, session, router, floor)
        }
    }

    private let estate: SimulatedEstate
    let made: Mistakes
    private(set) var dice: SplitMix
    let routers: SimulatedRouters
    /// Whether the monolith says who owns a user instead of failing.
    private let isKit: Bool
    private(set) var now = 0
    private(set) var calm = false
    private var requests: [Request] = []
    private var busy: Set<Int> = []
    /// The coordinator dies at the next call that can tell it so.
    private var isDying = false
    private var isCarrying = false

    // What is checked.
    private var seen = Array(repeating: 0, count: SimulatedStore.users.count)
    private var counted: [Set<Int>] = Array(repeating: [], count: SimulatedStore.users.count)
    private var committed = Array(repeating: 0, count: SimulatedStore.users.count)
    /// Whether an item that was asked for is there.
    private var items: [String: Bool] = [:]
    private var serial = 0
    private var writers: [Int: StoreSide] = [:]
    private var epochs: [Int: Int] = [:]
    private(set) var statistics = Statistics()

    struct Statistics: Equatable {
        var kills = 0
        var moves = 0
        var aborts = 0
        var recoveries = 0
        var answered = 0
        var refused = 0
        var crashedRouters = 0
        var fullDisks = 0

        static func += (sum: inout Statistics, part: Statistics) {
            sum.kills += part.kills
            sum.moves += part.moves
            sum.aborts += part.aborts
            sum.recoveries += part.recoveries
            sum.answered += part.answered
            sum.refused += part.refused
            sum.crashedRouters += part.crashedRouters
            sum.fullDisks += part.fullDisks
        }
    }

    init(_ estate: SimulatedEstate, seed: UInt64, mistakes: Mistakes = []) throws {
        self.estate = estate
        made = mistakes
        dice = SplitMix(seed: seed)
        isKit = dice.below(2) == 0
        // A monolith that does not know the epoch can have one router only: see the decision on moves.
        routers = SimulatedRouters(count: isKit ? 2 : 1)
        // Some users come to be on the way.
        let listed = SimulatedStore.users.filter { _ in dice.below(4) > 0 }
        try estate.monolith.reset(listed: listed)
        try estate.service.reset(listed: listed)
        unlink(estate.folder + "/moves")
    }

    /// Runs the history and throws the first violation.
    func run() async throws {
        for _ in 0..<3 {
            for _ in 0..<(3 + dice.below(5)) { try turn() }
            do {
                try await coordinate(goal())
            } catch is Killed {
                statistics.kills += 1
                // Sometimes nobody notices for a while, and the holds run out.
                if dice.below(3) == 0 {
                    now += 6_000
                    try turns(8)
                }
            }
            try checkOwners()
        }
        calm = true
        try await coordinate(dice.below(2) == 0 ? 0 : goal())
        try finish()
    }

    /// A percentage beside a user's bucket, or an end.
    private func goal() -> Int {
        switch dice.below(6) {
        case 0: return 0
        case 1: return 1_000_000
        default: return SimulatedStore.buckets[dice.below(SimulatedStore.users.count)] + dice.below(2)
        }
    }

    // MARK: The coordinator

    private func coordinate(_ goal: Int) async throws {
        isDying = false
        let monolith = SimulatedMoveStore(self, of: estate.monolith)
        let service = SimulatedMoveStore(self, of: estate.service)
        let decision = MoveRecovery.decide(monolith: try monolith.ranges(), service: try service.ranges())
        if case .settled = decision {} else { statistics.recoveries += 1 }
        if made.contains(.grantForgotten), case .forward(let slice) = decision {
            try (slice.from == .monolith ? monolith : service).unfence(slice)
        }
        let coordinator = MoveCoordinator(
            group: SimulatedStore.group, monolith: monolith, service: service, routers: SimulatedMoveRouters(self),
            journal: MoveJournal(path: estate.folder + "/moves", calls: files()),
            clock: MoveClock(
                monotonic: { [unowned self] in .milliseconds(now) },
                // The wall clock says what it likes.
                wall: { [unowned self] in now + dice.below(7_200_000) - 3_600_000 },
                pause: { [unowned self] time in
                    now += Int(time.components.attoseconds / 1_000_000_000_000_000)
                    // Without a turn of its own nothing would ever drain; when one fails, the next call says so.
                    do { try turns(3) } catch { failure = error }
                }), mostKeys: 2, isCancelled: { false }, moved: { _ in })
        do {
            let report = try await coordinator.move(to: goal)
            try checkFailure()
            statistics.moves += report.slices
            statistics.aborts += report.givenUp
            guard report.stop != nil || report.ticks == goal else {
                throw Violation(description: "I12: it ended at \(report.ticks) and not at \(goal)")
            }
            if calm, report.stop != nil { throw Violation(description: "I9: \(report) with nothing in its way") }
            try checkRest(report.ticks)
        } catch let problem as MoveFailure {
            try checkFailure()
            if case .contradiction(let reason) = problem { throw Violation(description: "I5: \(reason)") }
            if calm { throw Violation(description: "I9: \(problem) with nothing in its way") }
        }
    }

    /// Thrown where nothing could be thrown; the next call does.
    var failure: (any Error)?

    private func checkFailure() throws {
        if let failure {
            self.failure = nil
            throw failure
        }
    }

    /// Between two calls of the coordinator: others have their turns, and it may die.
    func interrupt() throws {
        try checkFailure()
        if isDying { throw Killed() }
        try turns(dice.below(3))
        if !calm, dice.below(60) == 0 { throw Killed() }
    }

    /// Inside a transaction.
    func interruptCommit() throws {
        guard !calm else { return }
        switch dice.below(80) {
        case 0: throw Killed()
        case 1:
            statistics.fullDisks += 1
            throw SQLiteError(code: 13, message: "database or disk is full", sql: "COMMIT")
        default: break
        }
    }

    private func files() -> FileCalls {
        var files = FileCalls.kernel
        files.sync = { _ in 0 }
        files.write = { [unowned self] descriptor, bytes in
            guard !calm else { return write(descriptor, bytes.baseAddress, bytes.count) }
            switch dice.below(60) {
            case 0:
                statistics.fullDisks += 1
                return -Int(ENOSPC)
            case 1:
                // Dies in the middle of the line.
                isDying = true
                _ = write(descriptor, bytes.baseAddress, bytes.count / 2)
                return -Int(EIO)
            default: return write(descriptor, bytes.baseAddress, bytes.count)
            }
        }
        return files
    }

    // MARK: Routers

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

    // MARK: Everybody else

    func turns(_ count: Int) throws { for _ in 0..<count { try turn() } }

    private func turn() throws {
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

    private func ask() throws {
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
            let item = items.first { $0.value && $0.key.hasPrefix("\(user)-") && ($0.key.last?.wholeNumberValue ?? 1) % 2 == 0 }
            work = item.map { .delete(item: $0.key) } ?? .read
        }
        if case .add(let item) = work { items[item] = items[item] ?? false }
        let request = Request(
            work, user: user, session: session, router: dice.below(routers.all.count), floor: seen[user])
        requests.append(request)
        assign(request)
    }

    /// At its router: it goes to a side, waits, or is answered at once.
    private func assign(_ request: Request) {
        guard let router = request.router else { return }
        switch routers.assign(
            router, bucket: SimulatedStore.buckets[request.user], isWrite: request.work.isWrite, now: now)
        {
        case .to(let side): request.side = side
        case .waits: request.side = nil
        case .refused: end(request)
        }
    }

    private func deliver(_ request: Request) throws {
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
    private func refused(_ request: Request, by store: SimulatedStore) throws {
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

    private func end(_ request: Request) {
        requests.removeAll { $0 === request }
        if let session = request.session { busy.remove(session) }
        if request.session != nil { statistics.answered += 1 }
    }

    /// A router is gone: its clients see an error, and what it had sent may still arrive.
    private func restart(_ router: Int) {
        statistics.crashedRouters += 1
        routers.restart(router)
        for request in requests where request.router == router {
            if let session = request.session { busy.remove(session) }
            (request.session, request.router) = (nil, nil)
        }
        requests.removeAll { $0.router == nil && $0.side == nil }
    }

    private func carry(_ source: SimulatedStore, _ target: SimulatedStore) throws {
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

    // MARK: What must hold

    private func note(_ request: Request, _ value: Int, _ epoch: Int, at side: StoreSide) throws {
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

    private func checkOwners() throws {
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
    private func checkRest(_ ticks: Int) throws {
        let stores = try [estate.monolith, estate.service].map { try SimulatedMoveStore(self, of: $0).plain.ranges() }
        guard MoveRecovery.decide(monolith: stores[0], service: stores[1]) == .settled(ticks: ticks) else {
            throw Violation(description: "I12: it said \(ticks), and the stores say \(stores)")
        }
        guard routers.document == ticks, routers.all.allSatisfy({ $0.ticks == ticks }) else {
            throw Violation(description: "I13: the service owns \(ticks), and the routers serve \(routers.document)")
        }
    }

    /// Everything arrives; then both stores hold the same, and what was done is there once.
    private func finish() throws {
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
