import AdminAPI
import EventLoop

/// The holds of the process: asks every loop, keeps their times, and tells who asked for them. Confined to the control
/// loop.
final class HoldDesk {
    private unowned let router: RouterProcess
    /// The oldest first.
    private(set) var standing: [StandingHold] = []
    private var number: UInt64 = 0
    private var totals: [HoldTotal: UInt64] = [:]
    /// Called when no hold stands any more; until then no new one is taken.
    private var whenEmpty: (() -> Void)?

    /// As many may stand at once, over all contexts.
    static let most = 64

    init(_ router: RouterProcess) { self.router = router }

    /// Why a hold is not to be had.
    enum Refusal: Error {
        /// - Parameter sentence: about the one that stands.
        case overlaps(sentence: String)
        case tooMany
        case takenOver
        case draining
    }

    /// What somebody asks for.
    struct Order {
        var cohort: HoldCohort
        var lease: Moment.Span
        var drain: Moment.Span
        var actor: String
    }

    // MARK: Asking

    /// Holds, or renews and widens the hold that stands for the same buckets. `done` is called once.
    func ask(_ order: Order, _ done: @escaping (StandingHold, StandingHold.Outcome) -> Void) throws(Refusal) {
        let expiresAt = router.loop.now + order.lease
        if let same = standing.first(where: {
            $0.cohort.context == order.cohort.context && $0.cohort.buckets == order.cohort.buckets
        }) {
            if order.cohort.kind == .all { same.cohort.kind = .all }
            same.actor = order.actor
            same.expiresAt = expiresAt
            same.waiters.append { [unowned same] in done(same, $0) }
            guard case .tellLoops = same.machine.askedAgain(loops: router.workers.count) else { return }
            tellLoops(same, order, isRenewal: true)
            return
        }
        guard !router.isDraining else { throw .draining }
        guard whenEmpty == nil, !router.refusesChanges else { throw .takenOver }
        if let other = standing.first(where: { $0.cohort.overlaps(order.cohort) }) {
            throw .overlaps(sentence: other.sentence(now: router.loop.now))
        }
        guard standing.count < Self.most else { throw .tooMany }
        number += 1
        let number = number
        let made = StandingHold(
            number: number, id: String(router.startedAt, radix: 36) + "-\(number)", cohort: order.cohort,
            actor: order.actor, loops: router.workers.count, expiresAt: expiresAt, loop: router.loop,
            leasePassed: { [unowned self] in leasePassed(number) },
            drainTimePassed: { [unowned self] in drainTimePassed(number) })
        made.waiters.append { [unowned made] in done(made, $0) }
        standing.append(made)
        tellLoops(made, order, isRenewal: false)
    }

    private func tellLoops(_ hold: StandingHold, _ order: Order, isRenewal: Bool) {
        hold.streams = 0
        hold.armTimers(drain: order.drain)
        let told = hold.order(isRenewal: isRenewal)
        for worker in router.workers {
            worker.run { [router, loop = router.loop] instance in
                let report = instance.hold(told)
                loop.execute { router.holds.acknowledged(told, report) }
            }
        }
    }

    private func find(_ number: UInt64) -> StandingHold? { standing.first { $0.number == number } }

    private func acknowledged(_ order: LoopOrder, _ report: LoopReport) {
        guard let hold = find(order.number) else { return }
        if order.generation == hold.machine.generation { hold.streams += report.streams }
        follow(hold, hold.machine.acknowledged(report.answer, of: order.generation))
    }

    /// A loop says that nothing that began before is under way there any more.
    func emptied(_ number: UInt64, generation: UInt64) {
        guard let hold = find(number) else { return }
        follow(hold, hold.machine.emptied(of: generation))
    }

    private func follow(_ hold: StandingHold, _ progress: HoldStateMachine.Progress) {
        switch progress {
        case .wait: break
        case .drained:
            publish(hold, "drained")
            hold.tell(.drained)
        case .expired: end(hold, .expired)
        }
    }

    // MARK: Ending

    private func leasePassed(_ number: UInt64) {
        guard let hold = find(number), case .release = hold.machine.leasePassed() else { return }
        end(hold, .expired)
    }

    private func drainTimePassed(_ number: UInt64) {
        guard let hold = find(number), case .release = hold.machine.drainTimePassed() else { return }
        router.collect({ $0.holdLoads()[number] ?? HoldLoad() }) { [self] loads in
            end(hold, .undrained(inFlight: loads.reduce(0) { $0 + $1.inFlight }))
        }
    }

    /// Releases a hold. nil: it has ended, or never was.
    func release(_ id: String, _ done: @escaping (_ hold: StandingHold?, _ released: Int) -> Void) {
        guard let hold = standing.first(where: { $0.id == id }), case .release = hold.machine.releaseAsked() else {
            return done(nil, 0)
        }
        end(hold, .released) { done(hold, $0) }
    }

    /// Every loop sends who waits; then everybody is told.
    private func end(
        _ hold: StandingHold, _ outcome: StandingHold.Outcome, _ done: @escaping (_ released: Int) -> Void = { _ in }
    ) {
        hold.cancelTimers()
        standing.removeAll { $0 === hold }
        let (number, context) = (hold.number, hold.cohort.context)
        router.collect({ $0.endHold(number, of: context) }) { [self] counts in
            let released = counts.reduce(0, +)
            totals[HoldTotal(context: context, outcome: outcome.word), default: 0] += 1
            if case .expired = outcome {
                RouterLog.write(
                    .warning, "a hold ran out, and its requests go on",
                    ["hold": hold.cohort.name, "kind": hold.cohort.kind.word, "by": hold.actor])
            }
            publish(hold, outcome.word)
            hold.tell(outcome)
            done(released)
            router.keepAsGoodAfterTurn()
            guard standing.isEmpty, let empty = whenEmpty else { return }
            whenEmpty = nil
            empty()
        }
    }

    private func publish(_ hold: StandingHold, _ became: String) {
        router.events.publish(
            HoldEvent(
                at: WallClock.now(), id: hold.id, context: hold.cohort.context,
                from: Int(hold.cohort.buckets.lowerBound), to: Int(hold.cohort.buckets.upperBound),
                kind: hold.cohort.kind.word, became: became, actor: hold.actor))
    }

    // MARK: Handing over

    /// Takes no new hold from now on, and calls `done` when none stands; at most a lease later. Who took one can finish
    /// what it was taken for.
    func whenNoneStands(_ done: @escaping () -> Void) {
        guard !standing.isEmpty else { return done() }
        whenEmpty = done
    }

    /// It is not handed over after all.
    func acceptAgain() { whenEmpty = nil }

    // MARK: Reading

    /// How holds ended since the start.
    var ended: [(total: HoldTotal, count: UInt64)] {
        totals.sorted { ($0.key.context, $0.key.outcome) < ($1.key.context, $1.key.outcome) }
            .map { ($0.key, $0.value) }
    }
}

/// The labels of `strangler_holds_total`.
struct HoldTotal: Hashable {
    let context: String
    let outcome: String
}

extension StandingHold.Outcome {
    /// One of `HoldEvent.states`.
    fileprivate var word: String {
        switch self {
        case .drained: "drained"
        case .undrained: "undrained"
        case .expired: "expired"
        case .released: "released"
        }
    }
}
