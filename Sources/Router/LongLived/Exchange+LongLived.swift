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
        guard progress.answerBegun, let client else { return .waiting }
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
}
