package import EventLoop

/// Speaks HTTP/1.1 with every client.
final class HTTP1Acceptor: ConnectionAcceptor {
    private let settings: ServerSettings
    private let delegate: any ClientStreamDelegate

    init(_ options: ServerOptions, delegate: any ClientStreamDelegate) {
        settings = ServerSettings(options)
        self.delegate = delegate
    }

    func accept(_ transport: ByteTransport, from peer: SocketAddress, at listener: Listener) -> any AcceptedConnection {
        ServerConnection(transport, peer: peer, listener: listener, settings: settings, delegate: delegate)
    }

    var refusal: StaticString {
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    }
}

extension ServerOptions {
    /// What of them is the listener's.
    fileprivate var limits: ListenerLimits {
        var limits = ListenerLimits()
        limits.connections = connections
        limits.connectionsPerAddress = connectionsPerAddress
        limits.census = census
        limits.proxyPeers = proxyPeers
        limits.headerTimeout = Moment.Span(headerTimeout)
        return limits
    }
}

extension Listener {
    /// A listener for HTTP/1.1.
    /// - Parameter delegate: Of all connections; retained. The rest is that of the other initialiser.
    package convenience init(
        loop: Loop, address: SocketAddress, options: ServerOptions = ServerOptions(),
        delegate: any ClientStreamDelegate, tag: Int = 0, sharesAddress: Bool = true, adopted: Int32? = nil,
        isHeld: Bool = false
    ) throws(SystemError) {
        try self.init(
            loop: loop, address: address, limits: options.limits, acceptor: HTTP1Acceptor(options, delegate: delegate),
            tag: tag, sharesAddress: sharesAddress, adopted: adopted, isHeld: isHeld)
    }
}
