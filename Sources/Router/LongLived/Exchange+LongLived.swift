import EventLoop
import HTTP
import HTTPTransport
import Routing

extension Exchange {
    /// Whether the exchange has a side, and its end has not been reported.
    var isUnderWay: Bool { client != nil && serving != nil }

    /// How far it has come.
    var kind: LongLivedPolicy.Kind {
        if progress.status == 101 { return .tunnel }
        if !progress.requestEnded { return .upload }
        guard progress.responseBegun, let client else { return .waiting }
        return client.sendsUnboundedBody ? .stream : .download
    }

    /// Ends a tunnel or a stream whose key is the other side's now, so that its client sees the end and comes back.
    func endAsMoved() {
        guard let client else { return }
        progress.isMoved = true
        guard progress.status == 101 else {
            // The response is aborted and not ended: a stream that was cut must not look whole.
            client.breakOffUnbounded()
            return
        }
        guard let upstream, upstream.unsentCount == 0, client.unsentCount == 0 else {
            // Bytes that are stuck will not be sent any more.
            client.abort()
            return
        }
        self.upstream = nil
        upstream.endTunnel()
        leaveGroup()
        client.finish()
    }

    /// Counts the exchange as a stream of the upstream and of the router from now on, and no longer as a request. False
    /// when the upstream may have no more streams.
    func becomesStream(_ upstream: any UpstreamStream) -> Bool {
        guard upstream.countAsLong() else { return false }
        if !progress.isLong {
            progress.isLong = true
            worker.inFlight -= 1
            worker.streams += 1
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
