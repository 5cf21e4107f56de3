package import EventLoop
package import HTTP

/// The upstream's end of one exchange: what an exchange asks of it, whatever version of HTTP the upstream speaks.
///
/// HTTP/1.1's is a whole connection for the time of the exchange; a version that carries several at once has one object
/// for each.
package protocol UpstreamStream: CoupledStream {
    /// False while its connection is being made: it stands for a stream that is still to come, which
    /// `upstreamConnected` hands over in its place. Until then it can only be given up.
    var isConnected: Bool { get }

    /// Begins the request. What `request` names is sent or copied on return.
    /// - Parameters:
    ///   - responseTimeout: From the end of the request to the first byte of the response.
    ///   - idleTimeout: Between bytes of the response, and between bytes that the upstream takes.
    func sendHead(_ request: OutgoingRequest, responseTimeout: Moment.Span, idleTimeout: Moment.Span)
    /// A piece of the request's body.
    func sendBody(_ bytes: UnsafeRawBufferPointer)
    /// The request is complete; in a tunnel: the client will send no more.
    func finishRequest()
    /// It will be under way for long, as a stream or a tunnel: from now on it counts among these, and is none of the
    /// exchanges that may be under way at once. False when there may be no more of these; it counts as before then.
    func countAsLong() -> Bool
    /// It belongs to one client's connection.
    var isBound: Bool { get }
    /// From now on it belongs to the client's connection that `owner` is of: it serves nobody else, and ends with it.
    func bind(to owner: BoundStreams)
    /// Nothing else is to be sent on its connection. Said before the head, the upstream learns it.
    func useOnce()
    /// Gives the exchange up, and tells nothing any more. Harmless when it is over.
    func cancel()
    /// Ends a tunnel from our side, and tells nothing any more: properly when everything went out, else broken off.
    func endTunnel()
}

/// Where the streams of one upstream address come from, for one loop. Which version the upstream speaks is known here
/// and nowhere above.
package protocol UpstreamStreamSource: AnyObject {
    /// Called when another loop gave up a connection for this one, which may be opened only within this call.
    var roomCame: (() -> Void)? { get set }
    /// Called when another loop wants a connection, before idle ones are closed for it.
    var isAskedToSpare: (() -> Void)? { get set }
    /// Connections that are open and can serve at once.
    var idleCount: Int { get }
    var busyCount: Int { get }
    /// Those that carry streams and tunnels; none of the busy ones.
    var longCount: Int { get }
    /// Whether a stream is at hand or may be opened.
    var hasRoom: Bool { get }
    /// Idle connections that the upstream closed, or sent something unasked on.
    var staleCount: UInt64 { get }

    /// A stream for one exchange; nil when all are busy and no more may be opened.
    ///
    /// Look at `isConnected`: if false, wait for `upstreamConnected`, which hands over the stream that this one stood
    /// for (or for `upstreamFailed`, which never comes from inside this call).
    /// - Parameters:
    ///   - fresh: Only on a new connection: for a retry, since idle ones may all be stale together.
    ///   - verify: Look once more whether an idle one is alive: for requests that must not be repeated. One system
    ///     call.
    func stream(
        for delegate: any UpstreamStreamDelegate, fresh: Bool, verify: Bool, connectTimeout: Moment.Span
    ) -> (any UpstreamStream)?
    /// More wait for a connection than `stream` was asked: another loop may have one to give up.
    func wantMore()
    /// Closes idle connections now and busy ones when they are done; gives out no more.
    func close()
}
