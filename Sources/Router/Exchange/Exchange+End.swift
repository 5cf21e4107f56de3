import EventLoop
import HTTP
import HTTPTransport
import Routing
import Telemetry

extension Exchange {
    /// Counts, logs, lets go.
    func exchangeEnded(_ stream: any ClientStream, _ end: ExchangeEnd) {
        if observer != nil { dismissObserver(isWhole: false) }
        let settlement = machine.endClient()
        letGo(of: settlement.held)
        clearDeadline()
        if writer.isWrite { endWrite() }
        if let serving {
            settle(serving, settlement, end)
        } else {
            // Refused before it had a side: not found, or too large by its head.
            worker.unrouted.count(method: method.rawValue, code: machine.status)
        }
        if worker.isWatched { worker.log(self, end) }
        worker.recycle(self)
    }

    private func settle(_ side: LoopSide, _ settlement: ExchangeStateMachine.Settlement, _ end: ExchangeEnd) {
        if let passage = settlement.calledOff { side.state.breaker.calledOff(passage, now: nowMilliseconds) }
        count(side, end)
        if willMirror, !machine.requestEnded { route?.state.mirror.skip(.requestAborted) }
        if bucket >= 0 { settleKey() }
    }

    private func settleKey() {
        if case .service = machine.assigned { route?.state.lingering?.ended(bucket) }
        if let hold { hold.context.left(self) }
    }

    private func count(_ side: LoopSide, _ end: ExchangeEnd) {
        // 499 as nginx has it: the client left before there was a response.
        let status = machine.status == 0 ? 499 : machine.status
        side.state.counters.inFlight -= 1
        if machine.isLong { worker.streams -= 1 } else { worker.inFlight -= 1 }
        side.state.counters.responses.count(method: method.rawValue, code: status)
        let isCut = if case .aborted = end { status < 400 && !machine.isMoved } else { false }
        if status >= 500 || isCut { countFault(side, isCut ? .cut : .error) }
        side.state.counters.latency.record(microseconds: loop.now.since(startedAt).nanoseconds / 1000)
        side.state.counters.lastEndedNanoseconds = loop.now.nanoseconds
    }

    private func countFault(_ side: LoopSide, _ kind: FaultWindow.Kind) {
        let state = side.state
        state.counters.errors &+= 1
        if kind == .cut { state.counters.cut &+= 1 }
        guard !machine.isOwnRefusal, let route else { return }
        if state.alarm.fault(kind, now: nowMilliseconds, total: state.counters.responses.total) {
            worker.faults.raised(route, machine.side, state)
        }
    }

    /// A copy for the other side. Begins when the request is whole, and has no way back to this exchange.
    func startMirror() {
        guard let route, let mirror = route.mirror, machine.side == .legacy || route.hasService else { return }
        willMirror = false
        guard machine.bodyKept, body.count <= mirror.bodyLimit else {
            route.state.mirror.skip(.bodyTooLarge)
            return
        }
        worker.mirror(self, route: route, mirror: mirror)
    }
}
