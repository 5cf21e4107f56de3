package import EventLoop
import HTTP

/// The upstream connections that belong to one client's connection alone: a log-in like NTLM's is one of the
/// connection, not of the request, so whoever else sent on it would be that user. They wait here between requests, and
/// end with the client's connection, as it does with them.
package final class BoundStreams {
    private var connections: [UpstreamConnection] = []
    private var isEnding = false
    private let lost: () -> Void

    /// - Parameter lost: One of them has ended, and with it the log-in that the client counts on.
    init(lost: @escaping () -> Void) { self.lost = lost }

    package var count: Int { connections.count }

    /// Whether one leads to `address`.
    package func leads(to address: SocketAddress) -> Bool { connections.contains { $0.address == address } }

    /// The one to `address`, for the next request; nil when there is none, or when it turned out to have ended.
    /// - Parameter verify: Look once more whether it is alive: for requests that must not be repeated.
    package func take(
        to address: SocketAddress, for delegate: any UpstreamStreamDelegate, verify: Bool
    ) -> (any UpstreamStream)? {
        guard let connection = connections.first(where: { $0.state.isIdle && $0.address == address }) else {
            return nil
        }
        if verify, !connection.isQuiet {
            connection.discardIdle(stale: true)
            return nil
        }
        connection.pool.leavesBound(connection)
        connection.reuse(for: delegate)
        return connection
    }

    func add(_ connection: UpstreamConnection) { connections.append(connection) }

    /// It has been closed.
    func remove(_ connection: UpstreamConnection) {
        connections.removeAll { $0 === connection }
        if !isEnding { lost() }
    }

    /// The client's connection is closed.
    func close() {
        isEnding = true
        for connection in connections where connection.state.isIdle { connection.discardIdle(stale: false) }
    }
}
