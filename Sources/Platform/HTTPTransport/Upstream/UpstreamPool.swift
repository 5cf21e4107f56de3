package import EventLoop
import Glibc
package import HTTP

/// Limits of a pool.
package struct UpstreamOptions: Sendable {
    /// Of response heads. Default 64 KiB in all.
    package var headLimits = HeadLimits.response
    /// Fields whose name begins with it are `.reserved`. Default: none.
    package var reservedPrefix: StaticString = ""
    /// Connections of this pool, busy and idle. Default 256.
    package var maxConnections = 256
    /// Idle ones that are kept. Default 256.
    package var maxIdle = 256
    /// How long an idle one is kept: less than the upstream keeps it, or a request meets its close. Default 50 s.
    package var idleTimeout: Duration = .seconds(50)
    /// Requests on one connection. Default: no limit.
    package var requestsPerConnection = Int.max

    package init() {}
}

/// Connections of one loop to one upstream address that speaks HTTP/1.1. The one used last is used next, so that the fewest stay open and the warmest serve.
package final class UpstreamPool: UpstreamStreamSource {
    package let address: SocketAddress
    package let options: UpstreamOptions
    /// As in the options until it is set; what is open above it stays open until it is done.
    package var maxConnections: Int
    let loop: Loop
    let parser: ResponseHeadParser
    let idleSpan: Moment.Span
    private var idle: [UpstreamConnection] = []
    private var isClosed = false

    /// Connections, busy and idle.
    package private(set) var openCount = 0
    package var idleCount: Int { idle.count }
    package var busyCount: Int { openCount - idle.count }
    /// Whether a connection is at hand or may be opened.
    package var hasRoom: Bool { !idle.isEmpty || openCount < maxConnections }
    /// Connections begun since the start.
    package private(set) var connectCount: UInt64 = 0
    /// Idle ones that the upstream closed, or sent something unasked on.
    package private(set) var staleCount: UInt64 = 0

    package init(loop: Loop, address: SocketAddress, options: UpstreamOptions = UpstreamOptions()) {
        self.loop = loop
        self.address = address
        self.options = options
        maxConnections = options.maxConnections
        idleSpan = Moment.Span(options.idleTimeout)
        parser = ResponseHeadParser(limits: options.headLimits, reservedPrefix: options.reservedPrefix)
    }

    /// A connection for one exchange; nil when all are busy and no more may be opened.
    ///
    /// Look at `isConnected`: if false, wait for `upstreamConnected` (or `upstreamFailed`, which never comes from inside this call).
    /// - Parameters:
    ///   - fresh: Only a new connection: for a retry, since idle ones may all be stale together.
    ///   - verify: Look once more whether an idle one is alive: for requests that must not be repeated. One system call.
    package func acquire(
        for delegate: any UpstreamStreamDelegate, fresh: Bool = false, verify: Bool = false,
        connectTimeout: Moment.Span
    ) -> UpstreamConnection? {
        if !fresh {
            while let connection = idle.popLast() {
                if verify, !connection.isQuiet {
                    connection.discardIdle()
                    continue
                }
                connection.reuse(for: delegate)
                return connection
            }
        }
        if openCount >= maxConnections {
            // A fresh one may take the place of the coldest idle one.
            guard !idle.isEmpty else { return nil }
            idle.removeFirst().discardIdle(removed: true)
        }
        guard !isClosed else { return nil }
        openCount += 1
        connectCount += 1
        return UpstreamConnection(pool: self, delegate: delegate, connectTimeout: connectTimeout)
    }

    package func stream(
        for delegate: any UpstreamStreamDelegate, fresh: Bool, verify: Bool, connectTimeout: Moment.Span
    ) -> (any UpstreamStream)? {
        acquire(for: delegate, fresh: fresh, verify: verify, connectTimeout: connectTimeout)
    }

    /// Whether `connection` was taken in.
    func takeBack(_ connection: UpstreamConnection) -> Bool {
        guard !isClosed, idle.count < options.maxIdle else { return false }
        idle.append(connection)
        return true
    }

    func closed(_ connection: UpstreamConnection) { openCount -= 1 }

    /// An idle connection is no good any more.
    func dropIdle(_ connection: UpstreamConnection, stale: Bool) {
        if stale { staleCount += 1 }
        // From the end: what is dropped is mostly what was used lately, and the list is short.
        if let index = idle.lastIndex(where: { $0 === connection }) { idle.remove(at: index) }
    }

    /// Closes idle connections now and busy ones when they are done; gives out no more.
    package func close() {
        isClosed = true
        let all = idle
        idle.removeAll()
        for connection in all { connection.discardIdle(removed: true) }
    }
}
