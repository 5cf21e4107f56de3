package import EventLoop
package import HTTP
import HTTPTransport

/// A small asynchronous client over the transport's pooled connections, for tools and services.
///
/// Responses are collected whole, up to a limit the caller names. Redirects are never followed, and a request is sent a
/// second time only when it is idempotent and a pooled connection turned out to be dead before any byte of a response.
package final class HTTPClient: @unchecked Sendable {
    // @unchecked: `pools` is touched only on `loop`'s thread.

    private let loop: Loop
    private let thread: LoopThread?
    /// The limit of connections to one address, busy and idle.
    private let connections: Int
    private var pools: [SocketAddress: UpstreamPool] = [:]

    /// A client on a loop that serves already, such as a service's own.
    package init(loop: Loop) {
        self.loop = loop
        thread = nil
        connections = UpstreamOptions().maxConnections
    }

    /// A client with a thread of its own; `shutdown` ends it.
    ///
    /// - Parameter connections: the limit of connections to one address at once. Default 256.
    package init(name: String = "client", connections: Int = 256) throws(SystemError) {
        self.connections = connections
        let thread = try LoopThread(name: name)
        self.thread = thread
        loop = thread.loop
    }

    /// Closes the connections and ends the thread, if it is the client's own. Nothing may be under way.
    package func shutdown() {
        loop.execute { [self] in
            for pool in pools.values { pool.close() }
            pools = [:]
        }
        thread?.stopAndJoin()
    }

    /// Sends `request` to `address` and returns the whole response.
    ///
    /// - Parameters:
    ///   - timeout: for the whole exchange. Default 10 s.
    ///   - limit: largest body taken, in bytes. Default 16 MiB.
    ///   - fresh: never use a pooled connection.
    ///   - receive: gets the body of a 2xx answer piece by piece, on the client's thread, instead of it being
    ///     collected. Nothing is read while it works, so a slow one holds the server back. `timeout` then ends with the
    ///     response's head, and `limit` does not count.
    package func send(
        _ request: HTTPRequest, to address: SocketAddress, timeout: Duration = .seconds(10), limit: Int = 16 << 20,
        fresh: Bool = false, receive: (@Sendable ([UInt8]) -> Void)? = nil
    ) async throws(HTTPClientError) -> HTTPResponse {
        let call = ClientCall(request: request, address: address, limit: limit, receive: receive)
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<ClientCall.Outcome, Never>) in
                loop.execute { [self] in
                    call.begin(on: loop, pool: pool(for: address), timeout: timeout, fresh: fresh) {
                        continuation.resume(returning: $0)
                    }
                }
            }
        } onCancel: {
            loop.execute { call.fail(.cancelled, "cancelled") }
        }
        return try result.get()
    }

    private func pool(for address: SocketAddress) -> UpstreamPool {
        if let found = pools[address] { return found }
        var options = UpstreamOptions()
        options.maxConnections = connections
        options.maxIdle = connections
        let made = UpstreamPool(loop: loop, address: address, options: options)
        pools[address] = made
        return made
    }
}
