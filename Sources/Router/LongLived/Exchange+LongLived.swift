import EventLoop
import HTTP
import HTTPTransport
import Routing

extension Exchange {
    /// It has a side, and its end has not been told.
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
            // Broken off, never ended: a stream that was cut must not look whole.
            client.breakOffUnbounded()
            return
        }
        guard let upstream, upstream.unsentCount == 0, client.unsentCount == 0 else {
            // What is stuck will not go out.
            client.abort()
            return
        }
        self.upstream = nil
        upstream.endTunnel()
        leaveGroup()
        client.finish()
    }

    /// Counts among the streams from now on, of the upstream and of the router, and no more among the requests. False
    /// when the upstream may have no more of them.
    func becomesStream(_ upstream: any UpstreamStream) -> Bool {
        guard upstream.countAsLong() else { return false }
        if !progress.isLong {
            progress.isLong = true
            worker.inFlight -= 1
            worker.streams += 1
        }
        return true
    }

    /// Begun as a request, and by now a stream: counted among these from now on, when there may be one more.
    func countAsStream() {
        guard let route, kind == .stream, loop.now.since(startedAt) > route.longAfter else { return }
        if let upstream { _ = becomesStream(upstream) }
    }
}

extension Worker {
    /// Looks for exchanges of a group that have turned out to be streams: answers without a length that run for longer
    /// than `longLived.after`. Only done when its connections run out.
    func sortOutStreams(of group: UpstreamGroup) {
        for exchange in exchanges where exchange.isUnderWay && exchange.serving?.group === group {
            exchange.countAsStream()
        }
    }
}
