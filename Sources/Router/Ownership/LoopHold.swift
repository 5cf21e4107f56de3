import EventLoop
import Routing

/// A hold as one loop has it: who waits for its end, and how many it waits for. Confined to the loop.
final class LoopHold {
    /// Lives as long as the loop's worker, which never forgets a context.
    unowned let context: LoopContext
    /// Of the hold, within the process.
    let number: UInt64
    private(set) var cohort: HoldCohort
    private(set) var generation: UInt64
    private(set) var expiresAt: Moment
    /// Requests that wait for its end.
    var waiting = WaitingLine<Exchange>()
    /// Exchanges that began before it, and are under way at their upstream.
    private(set) var inFlight = 0
    /// It has ended, and nobody is told any more.
    private(set) var isOver = false

    init(_ order: LoopOrder, of context: LoopContext) {
        self.context = context
        number = order.number
        cohort = order.cohort
        generation = order.generation
        expiresAt = order.expiresAt
    }

    func renew(_ order: LoopOrder) {
        cohort = order.cohort
        generation = order.generation
        expiresAt = order.expiresAt
    }

    /// Counts the exchanges of its cohort that are under way, from among all of the loop, and keeps in mind which they
    /// are. Exact, as nothing begins or ends on the loop meanwhile.
    /// - Returns: the tunnels and streams among them, which it does not wait for.
    func count(_ exchanges: [Exchange]) -> Int {
        inFlight = 0
        var streams = 0
        for exchange in exchanges where exchange.isUnderWay && exchange.route?.owned === context {
            guard cohort.includes(bucket: exchange.bucket, isWrite: exchange.isWrite) else { continue }
            if exchange.machine.isUnderWayAtUpstream {
                inFlight += 1
                exchange.hold = self
            } else if exchange.machine.isLong || exchange.machine.isTunnel {
                streams += 1
            }
        }
        return streams
    }

    /// One that was counted has ended, or counts as a stream from now on. True when it was the last.
    func left() -> Bool {
        inFlight -= 1
        return inFlight == 0 && !isOver
    }

    func end() { isOver = true }
}

/// What the control loop tells each loop of a hold.
struct LoopOrder: Sendable {
    var number: UInt64
    var generation: UInt64
    var cohort: HoldCohort
    var expiresAt: Moment
    /// It stands already, so a loop on which it does not has let requests pass.
    var isRenewal: Bool
}

/// What a loop says to an order.
struct LoopReport: Sendable {
    var answer: HoldStateMachine.Acknowledgement
    var inFlight = 0
    var streams = 0
}
