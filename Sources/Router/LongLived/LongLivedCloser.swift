import EventLoop
import HTTP
import Routing

/// Ends the tunnels and streams of one loop whose key a change of the percentage has moved to the other side, when the
/// route's `longLived` policy says so. Costs nothing until a percentage of such a route changes. Confined to its loop.
final class LongLivedCloser: Timed {
    private struct Mark {
        /// The object is reused when the exchange has ended; `identity` tells whether it is still the same exchange.
        let exchange: Exchange
        let identity: RequestIdentity
        let route: RouteState
        let policy: LongLivedPolicy
        var dueAt: Moment

        var isAlive: Bool { exchange.isUnderWay && exchange.identity == identity }
    }

    /// Sorted with the latest first, so that those that are due are taken from the end.
    private var marks: [Mark] = []
    private var keys = KeptKeys()
    private var random = LoopRandom()

    /// How many are ended before other events have their turn.
    private static let endsPerTurn = 256

    /// The bucket of an exchange by the keys and the salt of `route`; nil when it has no key.
    func bucket(of exchange: Exchange, by route: LoopRoute) -> Int32? { keys.bucket(of: exchange, by: route) }

    /// Called when a table replaces another: marks exchanges whose key has moved, and removes marks that no longer
    /// hold.
    func flipped(from old: LoopTable, to new: LoopTable, of worker: Worker) {
        let wasIdle = marks.isEmpty
        var kept: Set<ObjectIdentifier> = []
        // A route that never had a request has nothing to end.
        for (id, state) in worker.states {
            guard let place = new.shared.places[id] else { continue }
            let policy = new.shared.document.routes[place]
            guard policy.longLived.action != .pin else { continue }
            kept.insert(ObjectIdentifier(state))
            guard let earlier = old.shared.places[id] else { continue }
            let before = old.shared.document.routes[earlier].servicePercent
            if before != policy.servicePercent { moved(new.route(place, of: worker), from: before, worker.exchanges) }
        }
        guard !wasIdle || !marks.isEmpty else { return }
        marks.removeAll { !$0.isAlive || !kept.contains(ObjectIdentifier($0.route)) }
        marks.sort { $0.dueAt > $1.dueAt }
        rearm()
    }

    private func moved(_ route: LoopRoute, from before: Percent, _ exchanges: [Exchange]) {
        let policy = route.longLived
        let marked = Dictionary(
            marks.lazy.filter { $0.route === route.state && $0.isAlive }
                .map { (ObjectIdentifier($0.exchange), $0.dueAt) }, uniquingKeysWith: { first, _ in first })
        marks.removeAll { $0.route === route.state }
        var lost: [Exchange] = []
        var share = ShareAccumulator()
        for exchange in exchanges where exchange.isUnderWay && exchange.route?.state === route.state {
            let dueAt = marked[ObjectIdentifier(exchange)]
            let situation = LongLivedPolicy.Situation(
                side: exchange.machine.side,
                keySide: route.keySide(ofBucket: keys.bucket(of: exchange, by: route)),
                isApart: exchange.wasChosen || exchange.machine.fellBack || exchange.machine.isRedirected
                    || exchange.followsWrite,
                isMarked: dueAt != nil)
            switch policy.flipped(situation, from: before, to: route.percent, share: &share) {
            case .leave: break
            case .keepMark: mark(exchange, route, dueAt ?? loop.now)
            case .mark: lost.append(exchange)
            }
        }
        for (place, exchange) in lost.enumerated() {
            let draw = UInt32(truncatingIfNeeded: random.next())
            mark(exchange, route, loop.now + Moment.Span(policy.wait(place: place, of: lost.count, draw: draw)))
        }
    }

    private func mark(_ exchange: Exchange, _ route: LoopRoute, _ dueAt: Moment) {
        marks.append(
            Mark(
                exchange: exchange, identity: exchange.identity, route: route.state, policy: route.longLived,
                dueAt: dueAt))
    }

    private func rearm() {
        if let next = marks.last { setDeadline(next.dueAt) } else { clearDeadline() }
    }

    override func deadlineReached() {
        var again: [Mark] = []
        var ended = 0
        while let mark = marks.last, mark.dueAt <= loop.now, ended < Self.endsPerTurn {
            marks.removeLast()
            guard mark.isAlive else { continue }
            let age = Duration.nanoseconds(Int64(clamping: loop.now.since(mark.exchange.startedAt).nanoseconds))
            switch mark.policy.due(mark.exchange.kind, age: age) {
            case .end:
                ended += 1
                mark.exchange.endAsMoved()
            case .lookAgain(let after):
                var later = mark
                later.dueAt = loop.now + Moment.Span(after)
                again.append(later)
            case .leave: break
            }
        }
        if !again.isEmpty {
            marks += again
            marks.sort { $0.dueAt > $1.dueAt }
        }
        rearm()
    }

    /// When each marked exchange is to be ended.
    func dueMoments() -> [ObjectIdentifier: Moment] {
        Dictionary(
            marks.lazy.filter(\.isAlive).map { (ObjectIdentifier($0.exchange), $0.dueAt) },
            uniquingKeysWith: { first, _ in first })
    }
}
