package import EventLoop

/// Makes of an accepted connection what is spoken on it.
package protocol ConnectionAcceptor: AnyObject {
    /// A connection that counts as one of `listener`'s until it calls `dismissed`.
    func accept(_ transport: ByteTransport, from peer: SocketAddress, at listener: Listener) -> any AcceptedConnection
    /// What a client is told for whom there is no place; it must fit a socket's buffer. Empty: nothing.
    var refusal: StaticString { get }
}

/// A connection as its listener knows it. It may only be used on the listener's loop.
package protocol AcceptedConnection: AnyObject {
    /// Its place in the listener's list, which is the listener's to set.
    var place: Int { get set }
    /// Whose it is in the census: the peer's address as 16 bytes.
    var peerBytes: (high: UInt64, low: UInt64) { get }
    var isUnix: Bool { get }

    /// It is counted: read what may be there already.
    func start()
    /// Close, if nobody would miss it: nothing is under way, and all is sent.
    func closeIfIdle()
    /// Close at once, in a way that the peer cannot take for a proper end.
    func cutOff()
}

/// How many connections a listener accepts, and from whom.
package struct ListenerLimits: Sendable {
    /// Of all listeners that share a census. Default 10,000.
    package var connections = 10_000
    /// For each address; unix sockets are not counted. Default 1,000.
    package var connectionsPerAddress = 1_000
    /// Counts the connections; give several listeners the same one. Default: one per listener.
    package var census: ConnectionCensus?
    /// Whose connections begin with a PROXY header (version 2), which then names the client; nil: nobody's.
    package var proxyPeers: (@Sendable (SocketAddress) -> Bool)?
    /// How long that header may take. Default 10 s.
    package var headerTimeout = Moment.Span.seconds(10)

    package init() {}
}
