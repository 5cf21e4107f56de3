import AdminAPI
import EventLoop
import Formats

/// One hold on the control loop: its machine, its times, and who waits to be told.
final class StandingHold {
    /// What becomes of a request to hold.
    enum Outcome {
        case drained
        /// Some requests that began before were still under way.
        case undrained(inFlight: Int)
        case expired
        /// Somebody released it meanwhile.
        case released
    }

    let number: UInt64
    /// Unlike the number, another one in each process.
    let id: String
    var cohort: HoldCohort
    /// Who asked for it last.
    var actor: String
    var machine: HoldStateMachine
    /// Milliseconds since 1970.
    let since = WallClock.milliseconds()
    var expiresAt: Moment
    /// Requests that began before, as the loops said when they were told.
    var streams = 0
    var waiters: [(Outcome) -> Void] = []
    private let lease: Timer
    private let drain: Timer

    /// - Parameters:
    ///   - leasePassed: called when the lease runs out.
    ///   - drainTimePassed: called when requests under way have had their time.
    init(
        number: UInt64, id: String, cohort: HoldCohort, actor: String, loops: Int, expiresAt: Moment, loop: Loop,
        leasePassed: @escaping () -> Void, drainTimePassed: @escaping () -> Void
    ) {
        self.number = number
        self.id = id
        self.cohort = cohort
        self.actor = actor
        self.expiresAt = expiresAt
        machine = HoldStateMachine(loops: loops)
        lease = Timer(loop: loop, action: leasePassed)
        drain = Timer(loop: loop, action: drainTimePassed)
    }

    func armTimers(drain span: Moment.Span) {
        lease.setDeadline(expiresAt)
        drain.fire(after: span)
    }

    func cancelTimers() {
        lease.cancel()
        drain.cancel()
    }

    func order(isRenewal: Bool) -> LoopOrder {
        LoopOrder(
            number: number, generation: machine.generation, cohort: cohort, expiresAt: expiresAt, isRenewal: isRenewal)
    }

    /// Tells everybody who waits.
    func tell(_ outcome: Outcome) {
        let told = waiters
        waiters = []
        for waiter in told { waiter(outcome) }
    }

    func left(at now: Moment) -> Duration { .nanoseconds(Int64(clamping: expiresAt.since(now).nanoseconds)) }

    /// `requests of profile [0,10000) are held by unix, 0.8 s left`.
    func sentence(now: Moment) -> String {
        let words = cohort.kind == .writes ? "writes" : "requests"
        let left = DurationText.tenths(ofMilliseconds: left(at: now).milliseconds)
        return "\(words) of \(cohort.name) are held by \(actor), \(left) left"
    }

    func described(_ load: HoldLoad, now: Moment) -> Hold {
        let left = left(at: now).milliseconds
        return Hold(
            id: id, context: cohort.context, from: Int(cohort.buckets.lowerBound), to: Int(cohort.buckets.upperBound),
            kind: cohort.kind.word, state: machine.word, held: load.held, inFlight: load.inFlight, streams: streams,
            actor: actor, since: WallClock.text(since), expires: WallClock.text(WallClock.milliseconds() + left),
            expiresInMilliseconds: Int(clamping: left))
    }
}

extension HoldStateMachine {
    /// One of `Hold.states`; a hold that has ended is not described.
    fileprivate var word: String {
        switch state {
        case .requested, .released, .expired: "requested"
        case .holding: "holding"
        case .drained: "drained"
        }
    }
}
