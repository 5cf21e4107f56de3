import EventLoop
import HTTPTransport
import Routing
import Telemetry

/// One context of the mode `owned` on one loop: the holds that stand, who waits for their end, and what is counted. It
/// outlives reloads, and is found by the context's name. Confined to the loop.
///
/// Each loop ends a hold itself when its lease runs out, so that nobody is parked for longer by a control loop that
/// waits for its disk.
final class LoopContext: Timed {
    let name: String
    /// Of all loops together.
    let places: SharedLimit
    let bounds: HoldBounds
    /// Called when the last exchange that a hold waits for has ended.
    private let emptied: (_ number: UInt64, _ generation: UInt64) -> Void
    private(set) var holds: [LoopHold] = []
    var counts = OwnedFigures()

    /// As many requests of a context may wait at once, over all loops.
    static let mostHeld = 1000

    init(
        _ name: String, loop: Loop, places: SharedLimit, bounds: HoldBounds,
        emptied: @escaping (_ number: UInt64, _ generation: UInt64) -> Void
    ) {
        self.name = name
        self.places = places
        self.bounds = bounds
        self.emptied = emptied
        super.init(loop: loop)
    }

    // MARK: Holds

    /// Holds from now on. An order that comes again counts anew.
    func hold(_ order: LoopOrder, _ exchanges: [Exchange]) -> LoopReport {
        let hold: LoopHold
        if let standing = holds.first(where: { $0.number == order.number }) {
            standing.renew(order)
            hold = standing
        } else {
            guard !order.isRenewal, order.expiresAt > loop.now else { return LoopReport(answer: .gone) }
            hold = LoopHold(order, of: self)
            holds.append(hold)
        }
        let streams = hold.count(exchanges)
        rearm()
        return LoopReport(answer: hold.inFlight == 0 ? .empty : .busy, inFlight: hold.inFlight, streams: streams)
    }

    /// Ends a hold, and sends whoever waits for it. One that has ended has nobody.
    /// - Returns: how many had waited.
    func end(_ number: UInt64) -> Int {
        guard let index = holds.firstIndex(where: { $0.number == number }) else { return 0 }
        let hold = holds.remove(at: index)
        hold.end()
        rearm()
        var released = 0
        // One by one: whoever is sent may end, and so may others of the same connection.
        while let exchange = hold.waiting.next() {
            places.giveBack()
            released += 1
            exchange.released(from: self)
        }
        return released
    }

    private func rearm() {
        if let next = holds.lazy.map(\.expiresAt).min() { setDeadline(next) } else { clearDeadline() }
    }

    override func deadlineReached() {
        while let hold = holds.first(where: { $0.expiresAt <= loop.now }) { _ = end(hold.number) }
        rearm()
    }

    /// The hold that a request has to wait for; nil: none.
    func hold(of exchange: Exchange) -> LoopHold? {
        guard !holds.isEmpty, exchange.bucket >= 0 else { return nil }
        return holds.first { $0.cohort.includes(bucket: exchange.bucket, isWrite: exchange.isWrite) }
    }

    // MARK: Exchanges

    /// False when all places are taken.
    func takePlace(_ exchange: Exchange, for hold: LoopHold, _ priority: Route.Priority) -> Bool {
        guard places.take() else { return false }
        hold.waiting.append(exchange, priority)
        exchange.hold = hold
        return true
    }

    /// An exchange that is parked goes without having been released.
    func withdraw(_ exchange: Exchange, _ priority: Route.Priority) {
        guard let hold = exchange.hold, hold.waiting.withdraw(exchange, priority) else { return }
        exchange.hold = nil
        places.giveBack()
    }

    /// An exchange that a hold waits for is no longer under way, as far as that is concerned.
    func left(_ exchange: Exchange) {
        guard let hold = exchange.hold else { return }
        exchange.hold = nil
        if hold.left() { emptied(hold.number, hold.generation) }
    }
}

/// What one loop, or all of them, counted of an owned context.
struct OwnedFigures: Sendable {
    enum Outcome: Int, CaseIterable, Sendable {
        case released, full, tooLong, clientGone

        var name: String {
            switch self {
            case .released: "released"
            case .full: "hold_full"
            case .tooLong: "held_too_long"
            case .clientGone: "client_gone"
            }
        }
    }

    /// Requests that wait now.
    var waiting = 0
    private var outcomes = InlineArray<4, UInt64>(repeating: 0)
    /// Writes that had no key.
    var unkeyedWrites: UInt64 = 0
    /// Requests that one side had refused, by whether they were sent to the other.
    var redirected: UInt64 = 0
    var misdirected: UInt64 = 0
    /// How long those waited that were released.
    var waits = LatencyHistogram()

    subscript(outcome: Outcome) -> UInt64 {
        get { outcomes[outcome.rawValue] }
        set { outcomes[outcome.rawValue] = newValue }
    }

    /// Of all loops, by the context's name.
    static func sums(_ parts: [[String: OwnedFigures]]) -> [String: OwnedFigures] {
        var sums: [String: OwnedFigures] = [:]
        for (context, figures) in parts.joined() { sums[context, default: OwnedFigures()].add(figures) }
        return sums
    }

    mutating func add(_ other: OwnedFigures) {
        waiting += other.waiting
        for outcome in Outcome.allCases { self[outcome] &+= other[outcome] }
        unkeyedWrites &+= other.unkeyedWrites
        redirected &+= other.redirected
        misdirected &+= other.misdirected
        waits.add(other.waits)
    }
}
