import EventLoop
import HTTPTransport
import Routing

extension Exchange {
    // MARK: Load, health and circuit of the side

    /// Asks load, health and circuit of the side, then sends.
    ///
    /// Route, side and client are handed down from here on rather than read from the exchange again: each reading of a
    /// reference that could change is counted up and down, and these were a third of what a request took.
    func admit(_ route: LoopRoute, _ side: LoopSide, _ client: any ClientStream) {
        let now = nowMilliseconds
        let group = side.group
        let mayFallBack = machine.mayFallBack(route.retry)
        let load = worker.shedder.decide(
            route.priority, inFlight: worker.inFlight - 1, heldBytes: loop.heldBytes, queue: group.queueLoad,
            mayMove: mayFallBack && route.legacy.group.queueLoad < .raised)
        // Only of a request that is to be served: to ask ends an ejection whose time is over.
        var isUnwell = false
        if case .serve = load, mayFallBack { isUnwell = group.isUnhealthy(now: now) }
        switch machine.admit(load, isUnwell: isUnwell) {
        case .askCircuit: askCircuit(route, side, client, now)
        case .fallBack(let isShed):
            if isShed { worker.shed.count(.serviceShare) }
            fallBack(route, client)
        case .refuse(let reason): shed(reason, route)
        case .nothing: break
        }
    }

    private func askCircuit(_ route: LoopRoute, _ side: LoopSide, _ client: any ClientStream, _ now: Int64) {
        let answer = side.state.breaker.admit(
            now: now, settings: side.group.breakerSettings, hasAlternative: machine.mayFallBack(route.retry))
        if machine.passes(answer) { attempt(route, side, client) } else { heedCircuit(answer, route, side, client) }
    }

    /// Where the circuit is not closed.
    private func heedCircuit(
        _ answer: CircuitBreaker.Admission, _ route: LoopRoute, _ side: LoopSide, _ client: any ClientStream
    ) {
        if case .passAgain = answer { worker.circuitChanged(route, machine.side, side.state.breaker) }
        let delay = 20 + UInt32(truncatingIfNeeded: worker.random.next()) % 20
        switch machine.circuit(answer, delay: delay, longest: route.retry.longestWaitMilliseconds) {
        case .attempt(let held):
            letGo(of: held)
            attempt(route, side, client)
        case .fallBack(let held):
            letGo(of: held)
            fallBack(route, client)
        case .wait: waitForCircuit(delay, client)
        case .takePlace:
            if side.group.beginsWait() { waitForCircuit(delay, client) } else { refuse(.failure(.circuitOpen)) }
        case .refuse: refuse(.failure(.circuitOpen))
        case .nothing: break
        }
    }

    /// Nobody else could answer: rather than be refused the request waits for the circuit, as long as for repeats, and
    /// asks again and again.
    private func waitForCircuit(_ delay: UInt32, _ client: any ClientStream) {
        machine.waitForCircuit(delay)
        holdBody(client)
        wait(.milliseconds(UInt64(delay)))
    }

    /// Once more, on the side that was admitted; while its circuit is open, only if that lets it.
    func attemptAgain() {
        if let route, let serving, let client { askCircuit(route, serving, client, nowMilliseconds) }
    }

    /// To legacy. The machine is there already.
    func fallBack(_ route: LoopRoute, _ client: any ClientStream) {
        serving?.state.counters.inFlight -= 1
        serving?.state.counters.fallbacks += 1
        serving?.state.recentFallbacks.count(now: nowMilliseconds)
        serving = route.legacy
        route.legacy.state.counters.inFlight += 1
        admit(route, route.legacy, client)
    }

    // MARK: What came of it

    /// Tells the circuit of the side that served how the request ended there.
    func tell(_ report: ExchangeStateMachine.Report?) {
        guard let report, let serving else { return }
        let changed: Bool
        switch report.outcome {
        case .succeeded: changed = serving.state.breaker.succeeded(report.passage)
        case .failed:
            changed = serving.state.breaker.failed(
                report.passage, now: nowMilliseconds, settings: serving.group.breakerSettings)
        case .calledOff:
            serving.state.breaker.calledOff(report.passage, now: nowMilliseconds)
            changed = false
        }
        guard changed, let route else { return }
        worker.circuitChanged(route, serving === route.legacy ? .legacy : .service, serving.state.breaker)
    }
}
