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
    let scratch: TemporaryFolder?
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
        for name in ["A.db", "A.db-wal", "A.db-shm", "B.db", "B.db-wal", "B.db-shm", "moves"] {
            unlink("\(folder)/\(name)")
        }
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

    let estate: SimulatedEstate
    let made: Mistakes
    var dice: SplitMix
    let routers: SimulatedRouters
    /// Whether the monolith says who owns a user instead of failing.
    let isKit: Bool
    var now = 0
    var calm = false
    var requests: [Request] = []
    var busy: Set<Int> = []
    /// The coordinator dies at the next call that can tell it so.
    var isDying = false
    var isCarrying = false

    // What is checked.
    var seen = Array(repeating: 0, count: SimulatedStore.users.count)
    var counted: [Set<Int>] = Array(repeating: [], count: SimulatedStore.users.count)
    var committed = Array(repeating: 0, count: SimulatedStore.users.count)
    /// Whether an item that was asked for is there.
    var items: [String: Bool] = [:]
    var serial = 0
    var writers: [Int: StoreSide] = [:]
    var epochs: [Int: Int] = [:]
    var statistics = Statistics()

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
    func goal() -> Int {
        switch dice.below(6) {
        case 0: return 0
        case 1: return 1_000_000
        default: return SimulatedStore.buckets[dice.below(SimulatedStore.users.count)] + dice.below(2)
        }
    }

    // MARK: The coordinator

    func coordinate(_ goal: Int) async throws {
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

    func checkFailure() throws {
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

    func files() -> FileCalls {
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
}
