import EventLoop
import HTTP
import HTTPTransport
import Routing

extension Exchange {
    /// Whether the exchange has a side, and its end has not been reported.
    var isUnderWay: Bool { client != nil && serving != nil }

    /// How far it has come.
    var kind: LongLivedPolicy.Kind {
        if machine.isTunnel { return .tunnel }
        if !machine.requestEnded { return .upload }
        guard machine.responseBegun, let client else { return .waiting }
        return client.sendsUnboundedBody ? .stream : .download
    }

    /// Ends a tunnel or a stream whose key is the other side's now, so that its client sees the end and comes back.
    func endAsMoved() {
        guard let client else { return }
        let isStuck = client.unsentCount > 0 || upstream.map { $0.unsentCount > 0 } ?? true
        switch machine.move(isStuck: isStuck) {
        case .breakOff: breakOffResponse(on: client)
        case .abort: abortResponse(on: client)
        case .endTunnel:
            let ended = upstream
            upstream = nil
            ended?.endTunnel()
            leaveGroup()
            finishResponse(on: client)
        case .nothing: break
        }
    }

    /// Counts the exchange as a stream of the upstream and of the router from now on, and no longer as a request. False
    /// when the upstream may have no more streams.
    func becomesStream(_ upstream: any UpstreamStream) -> Bool {
        guard upstream.countAsLong() else { return false }
        if machine.becomeLong() {
            worker.inFlight -= 1
            worker.streams += 1
            if let hold { hold.context.left(self) }
        }
        return true
    }

    /// The exchange began as a request and is a stream by now: counts it as one from now on, if there may be one more.
    func countAsStream() {
        guard let route, kind == .stream, loop.now.since(startedAt) > route.longAfter else { return }
        if let upstream { _ = becomesStream(upstream) }
    }
}

extension Worker {
    /// Looks for exchanges of a group that have turned out to be streams: responses without a length that run for
    /// longer than `longLived.after`. This is done only when the group's connections run out.
    func sortOutStreams(of group: UpstreamGroup) {
        for exchange in exchanges where exchange.isUnderWay && exchange.serving?.group === group {
            exchange.countAsStream()
        }
    }
}
