import EventLoop
import HTTPTransport
import Routing

extension Exchange {
    // MARK: Load, health and circuit of the side

    /// Asks the side's circuit for passage, then sends.
    ///
    /// Route, side and client are handed down from here on rather than read from the exchange again: each reading of a
    /// reference that could change is counted up and down, and these were a third of what a request took.
    func admit(_ route: LoopRoute, _ side: LoopSide, _ client: any ClientStream) {
        let now = nowMilliseconds
        let group = side.group
        switch worker.shedder.decide(
            route.priority, inFlight: worker.inFlight - 1, heldBytes: loop.heldBytes, queue: group.queueLoad,
            mayMove: hasAlternative(route) && route.legacy.group.queueLoad < .raised)
        {
        case .serve: break
        case .serveByLegacy:
            worker.shed.count(.serviceShare)
            fallBack(route, client)
            return
        case .refuse(let reason):
            shed(reason, route)
            return
        }
        if hasAlternative(route), group.isUnhealthy(now: now) {
            fallBack(route, client)
            return
        }
        askCircuit(route, side, client, now)
    }

    /// The other side would answer instead.
    private func hasAlternative(_ route: LoopRoute) -> Bool {
        mayFallBack && isRead && route.retry.fallsBackForReads
    }

    private func askCircuit(_ route: LoopRoute, _ side: LoopSide, _ client: any ClientStream, _ now: Int64) {
        switch side.state.breaker.admit(
            now: now, settings: side.group.breakerSettings, hasAlternative: hasAlternative(route))
        {
        case .pass: break
        case .attempt(let passage):
            progress.passage = passage
            // An idle connection that ends would tell nothing.
            progress.needsFreshConnection = true
        case .passAgain: worker.circuitChanged(route, progress.side, side.state.breaker)
        case .refuse:
            fallBack(route, client)
            return
        case .wait:
            waitForCircuit(route, side, client)
            return
        }
        leaveCircuit(side)
        attempt(route, side, client)
    }

    /// Nobody else could answer: rather than be refused the request waits for the circuit, as long as for repeats, and
    /// asks again and again.
    private func waitForCircuit(_ route: LoopRoute, _ side: LoopSide, _ client: any ClientStream) {
        let delay = 20 + UInt32(truncatingIfNeeded: worker.random.next()) % 20
        // A deadline may come a tick later, and there may be a dozen of them.
        let charged = delay + 4
        guard progress.waited + charged <= route.retry.longestWaitMilliseconds,
            progress.waitsForCircuit || side.group.beginsWait()
        else {
            leaveCircuit(side)
            refuseOrGiveUp(.circuitOpen)
            return
        }
        progress.waitsForCircuit = true
        progress.waited += charged
        holdBody(client)
        waitFor(.retry, .milliseconds(UInt64(delay)))
    }

    func leaveCircuit(_ side: LoopSide) {
        guard progress.waitsForCircuit else { return }
        progress.waitsForCircuit = false
        side.group.endsWait()
    }

    /// Once more, on the side that was admitted; while its circuit is open, only if that lets it.
    func attemptAgain() {
        if let route, let serving, let client { askCircuit(route, serving, client, nowMilliseconds) }
    }

    // MARK: What came of it

    /// What a request's end says about its side.
    enum Outcome {
        case succeeded, failed
        /// Nothing.
        case unknown
    }

    /// Tells the side's circuit how this request ended, once.
    func tell(_ outcome: Outcome) {
        guard !progress.outcomeTold, let serving else { return }
        progress.outcomeTold = true
        let changed: Bool
        switch outcome {
        case .succeeded: changed = serving.state.breaker.succeeded(progress.passage)
        case .failed:
            changed = serving.state.breaker.failed(
                progress.passage, now: nowMilliseconds, settings: serving.group.breakerSettings)
        case .unknown:
            serving.state.breaker.calledOff(progress.passage, now: nowMilliseconds)
            changed = false
        }
        if changed, let route { worker.circuitChanged(route, progress.side, serving.state.breaker) }
    }
}
