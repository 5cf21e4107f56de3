import AdminAPI
import EventLoop
import JSON
import Routing

/// `POST /v1/rollback`: back to legacy, first in memory, then on disk; answered with the moment when the service had
/// its last request.
///
/// It needs nothing but a living router: a full disk, an edited file or another change under way make a warning or a
/// wait of milliseconds, not a refusal.
struct RollbackRun {
    let router: RouterProcess

    init(_ router: RouterProcess) { self.router = router }

    func run(_ request: AdminRequest, _ reply: @escaping (AdminAnswer) -> Void) {
        let began = Moment.read()
        let order: RollbackOrder
        do throws(AdminAnswerError) {
            order = try RollbackOrder(request)
        } catch {
            return reply(error.answer)
        }
        router.rollBack(order, isDryRun: request.isDryRun) { [router] result in
            switch result {
            case .failure(let error): reply(error.answer)
            case .success(let done):
                var watch = RollbackProgress(
                    mode: order.drains ? "drain" : "evacuate", began: began, before: done.before, routes: done.routes,
                    dryRun: request.isDryRun, changed: done.isChange, loops: router.workers.count,
                    waitMilliseconds: order.wait)
                watch.after = done.after
                watch.warnings = done.warnings
                follow(watch, flipped: done.flipped, reply)
            }
        }
    }

    /// Looks every few milliseconds whether the services are empty; answers when they are, when the wait is over, or
    /// when nothing is left but tunnels that nobody is going to end.
    private func follow(_ watch: RollbackProgress, flipped: Moment, _ reply: @escaping (AdminAnswer) -> Void) {
        let ids = watch.ids
        // Seldom: it walks everything that is open.
        let looksAround = Moment.read() >= watch.nextLookAround
        router.collect({ ($0.serviceLoad(ids), looksAround ? $0.longLivedInventory() : nil) }) { [router] parts in
            var next = watch
            next.flipped = flipped
            next.take(parts.map(\.0))
            if looksAround { next.lookAround(LongLivedInventory(parts.compactMap(\.1))) }
            let isOver = Moment.read().since(watch.began).nanoseconds >= UInt64(watch.waitMilliseconds) * 1_000_000
            guard next.inFlight > 0, !isOver, !watch.dryRun, !next.hasOnlyTunnels else {
                router.collect({ $0.longLivedInventory() }) { reply(next.answer(LongLivedInventory($0))) }
                return
            }
            let timer = Timer(loop: router.loop) { follow(next, flipped: flipped, reply) }
            timer.fire(after: .milliseconds(4))
        }
    }
}

/// What a rollback has seen so far.
struct RollbackProgress {
    let mode: String
    let began: Moment
    let before: ServedTable
    /// Indices into `before`.
    let routes: [Int]
    let dryRun: Bool
    let changed: Bool
    let loops: Int
    let waitMilliseconds: Int64
    var after: ServedTable?
    var flipped: Moment = .never
    var warnings: [String] = []
    /// When to see again what kind of exchanges is left.
    private(set) var nextLookAround = Moment(nanoseconds: 0)
    /// What is left are tunnels that will not end by themselves or by a policy.
    private(set) var hasOnlyTunnels = false
    private var atFlip: [String: Int64]?
    private var now: [String: (inFlight: Int64, lastEnded: UInt64)] = [:]

    init(
        mode: String, began: Moment, before: ServedTable, routes: [Int], dryRun: Bool, changed: Bool, loops: Int,
        waitMilliseconds: Int64
    ) {
        self.mode = mode
        self.began = began
        self.before = before
        self.routes = routes
        self.dryRun = dryRun
        self.changed = changed
        self.loops = loops
        self.waitMilliseconds = waitMilliseconds
    }

    var ids: Set<String> { Set(routes.map { before.document.routes[$0].id }) }
    var inFlight: Int64 { now.values.reduce(0) { $0 + $1.inFlight } }

    mutating func take(_ loads: [[String: (inFlight: Int64, lastEnded: UInt64)]]) {
        now = [:]
        for load in loads {
            for (id, value) in load {
                let sum = now[id] ?? (0, 0)
                now[id] = (sum.inFlight + value.inFlight, max(sum.lastEnded, value.lastEnded))
            }
        }
        if atFlip == nil { atFlip = now.mapValues(\.inFlight) }
    }

    mutating func lookAround(_ inventory: LongLivedInventory) {
        nextLookAround = Moment.read() + .milliseconds(100)
        let counts = ids.map { inventory.routes[$0, default: .init()].service }
        let tunnels = counts.reduce(0) { $0 + $1.count(.tunnel) }
        hasOnlyTunnels = inFlight > 0 && tunnels == inFlight && counts.allSatisfy { $0.closing == 0 }
    }

    private func lastEnded(_ id: String) -> Double? {
        guard let value = now[id], value.inFlight == 0 else { return nil }
        // Ended before the command: it was empty already.
        return value.lastEnded > began.nanoseconds ? Double(value.lastEnded - began.nanoseconds) / 1e6 : 0
    }

    func answer(_ longLived: LongLivedInventory) -> AdminAnswer {
        let isComplete = inFlight == 0
        let last = isComplete ? ids.compactMap { lastEnded($0) }.max() : nil
        var notes = warnings
        if !isComplete { notes.append("\(inFlight) requests still run on the service") }
        let rows = routes.map { index in
            let route = before.document.routes[index]
            return RollbackResponse.Route(
                id: route.id, before: route.percent.number, after: 0, inFlight: Int(now[route.id]?.inFlight ?? 0),
                inFlightAtFlip: Int(atFlip?[route.id] ?? 0),
                lastRequestMilliseconds: lastEnded(route.id)?.inThousandths,
                longLived: LongLivedLeft(longLived, route, losing: .service))
        }
        let response = RollbackResponse(
            mode: mode, revision: Int(clamping: after?.revision ?? before.revision),
            previousRevision: Int(clamping: before.revision), isDryRun: dryRun, isChanged: changed, loops: loops,
            flipMilliseconds: flipped.since(began).wireMilliseconds, isComplete: isComplete, inFlight: Int(inFlight),
            lastRequestMilliseconds: last?.inThousandths, routes: rows,
            tookMilliseconds: Moment.read().since(began).wireMilliseconds, warnings: notes,
            nextSteps: ["strangler status", "strangler history"])
        return .json(response, tag: response.revision)
    }
}
