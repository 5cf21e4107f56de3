package import EventLoop
package import HTTP

/// Limits and time-outs of a listener. The defaults are safe on the open internet.
package struct ServerOptions: Sendable {
    /// Of request heads.
    package var headLimits = HeadLimits()
    /// Fields whose name begins with it are `.reserved` in the field table. Lower case. Default: none.
    package var reservedPrefix: StaticString = ""
    /// Largest request body unless `ServerConnection.limitBody` says otherwise. Default 16 MiB.
    package var bodyLimit: UInt64 = 16 << 20
    /// From the accept or the first byte of a head to its last. Default 10 s.
    package var headerTimeout: Duration = .seconds(10)
    /// How long a connection may wait for its next request. Default 75 s.
    package var keepAliveTimeout: Duration = .seconds(75)
    /// How long a client may send nothing inside a body, or take nothing of a response. Default 30 s.
    package var idleTimeout: Duration = .seconds(30)
    /// A body must come at no less than so many bytes a second on average, once `bodyRateGrace` is over. Default 1
    /// KiB/s after 10 s.
    package var bodyRate: UInt64 = 1024
    package var bodyRateGrace: Duration = .seconds(10)
    /// How long, after the last byte of a response that ends the connection, what the client still sends is read and
    /// thrown away, so that it can read the response before a reset destroys it (RFC 9112 9.6). Default 2 s.
    package var lingerTimeout: Duration = .seconds(2)
    /// Requests on one connection. Default 10,000.
    package var requestsPerConnection = 10_000
    /// Client connections of all listeners that share a census. Default 10,000.
    package var connections = 10_000
    /// Client connections per address. Default 1,000. Unix sockets are not counted.
    package var connectionsPerAddress = 1_000
    /// Counts the connections; give several listeners the same one. Default: one per listener.
    package var census: ConnectionCensus?

    /// Whose connections begin with a PROXY header (version 2), which then names the client; everybody else's do not. A
    /// header that is accepted from anyone would let anyone choose an address. Default nil: nobody's. Asked once per
    /// connection.
    package var proxyPeers: (@Sendable (SocketAddress) -> Bool)?

    package init() {}
}

/// `ServerOptions`, with times as the loop counts them. One per listener, shared by its connections.
final class ServerSettings {
    let options: ServerOptions
    let headerTimeout: Moment.Span
    let keepAliveTimeout: Moment.Span
    let idleTimeout: Moment.Span
    let bodyRateGrace: Moment.Span
    let lingerTimeout: Moment.Span
    let parser: RequestHeadParser

    init(_ options: ServerOptions) {
        self.options = options
        headerTimeout = Moment.Span(options.headerTimeout)
        keepAliveTimeout = Moment.Span(options.keepAliveTimeout)
        idleTimeout = Moment.Span(options.idleTimeout)
        bodyRateGrace = Moment.Span(options.bodyRateGrace)
        lingerTimeout = Moment.Span(options.lingerTimeout)
        parser = RequestHeadParser(limits: options.headLimits, reservedPrefix: options.reservedPrefix)
    }
}
