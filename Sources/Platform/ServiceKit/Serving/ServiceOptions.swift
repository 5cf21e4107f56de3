package import EventLoop

/// Where and how a service serves.
package struct ServiceOptions: Sendable {
    /// For threads and logs.
    package var name: String
    /// Addresses to listen on; port 0 takes a free one, which the `listening on` line names.
    package var listen: [SocketAddress]
    /// Largest request body, in bytes. Default 16 MiB: the handler's `collect(limit:)` may be stricter.
    package var bodyLimit: UInt64 = 16 << 20
    /// Whether `/metrics` answers a request that a proxy passed on. Default false: a proxy's default route would show
    /// it to everybody.
    package var metricsBehindProxies = false
    /// A body must come at no less than so many bytes a second on average, once `bodyRateGrace` is over; a slower one
    /// is a 408. Default 4 KiB/s after 15 s: the largest body that a handler may take comes within 68 minutes, and most
    /// bodies come within the grace.
    package var bodyRate: UInt64 = 4 << 10
    package var bodyRateGrace: Duration = .seconds(15)
    /// How long SIGTERM waits for responses under way. Default 10 s.
    package var drain: Duration = .seconds(10)

    package init(name: String, listen: [SocketAddress]) {
        self.name = name
        self.listen = listen
    }
}

/// What a service does beside answering.
package struct ServiceHooks: Sendable {
    /// Lines added to `/metrics`, in the text format of Prometheus.
    package var metrics: @Sendable () async -> String = { "" }
    /// Nil when ready, else what it waits for (`/readyz` answers 503 with it).
    package var notReady: @Sendable () async -> String? = { nil }
    /// Called once when the listeners are open, on the loop, with their addresses.
    package var onListening: @Sendable ([SocketAddress]) -> Void = { _ in }
    /// Called on SIGTERM after the last response: stop workers, close stores.
    package var onDrained: @Sendable () async -> Void = {}

    package init() {}
}
