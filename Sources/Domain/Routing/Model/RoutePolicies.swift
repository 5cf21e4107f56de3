/// A copy of requests that legacy serves, sent to the service; its answer is thrown away.
package struct MirrorPolicy: Sendable, Equatable {
    package var percent: Percent
    /// Methods that are copied. Default `standardMethods`.
    package var methods: [String]
    /// Longest body that is copied; requests with more are counted as not mirrored. Default 64 KiB.
    package var bodyLimit: Int
    /// How long a copy may take in all. Default 5 s.
    package var timeout: Duration

    /// Those that change nothing: a copy of a write would be a second write.
    package static let standardMethods = ["GET", "HEAD"]
}

/// A header by which a request chooses its side: `legacy` or `service`.
package struct OverridePolicy: Sendable, Equatable {
    /// Lower case. Default `x-strangler-side`.
    package var header: String
    /// File with the secret that must come in `x-strangler-secret`; nil: none asked for.
    package var secretFile: String?
    /// Addresses that may choose; empty: all. When a secret is set too, either suffices.
    package var trusted: [AddressRange]
}

/// How long each wait on the way to an upstream may take.
package struct RouteTimeouts: Sendable, Equatable {
    /// To a connection. Default 2 s.
    package var connect: Duration
    /// To the first byte of the response. Default 30 s.
    package var response: Duration
    /// Between two pieces of a body. Default 30 s.
    package var idle: Duration
    /// The whole exchange; nil (default): no limit.
    package var request: Duration?
}

/// When a request is sent once more. Never after a byte of the response, never a method that is not idempotent once a
/// byte of it was sent.
package struct RetryPolicy: Sendable, Equatable {
    package struct Reasons: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        /// `connect-failure`: nothing was sent; any method may be repeated.
        package static let connectFailure = Reasons(rawValue: 1)
        /// `reset-before-response`: the connection ended before any byte of the response.
        package static let resetBeforeResponse = Reasons(rawValue: 2)
    }
    /// Further attempts after the first. Default 2; 0 is off.
    package var attempts: Int
    /// Default both.
    package var reasons: Reasons
    /// All attempts together begin within this time. Default 300 ms.
    package var window: Duration
    /// Retries may be at most this share of requests. Default 10 %.
    package var budget: Percent
}

/// When an upstream that fails is left alone for a while.
package struct BreakerPolicy: Sendable, Equatable {
    /// Failures in a row that open the breaker. Default 5; 0 is off.
    package var failures: Int
    /// How long it stays open before one probe is let through. Default 1 s.
    package var open: Duration
}

/// How the router asks an endpoint whether it is well.
package struct HealthPolicy: Sendable, Equatable {
    /// Path of the probe, perhaps with a query.
    package var path: String
    /// `Host` of the probe; nil: the endpoint's own.
    package var host: String? = nil
    /// Further fields of the probe, their names in lower case.
    package var headers: [Field] = []
    /// Codes that mean well. Default 200 to 399: a redirect is an answer of a process that works.
    package var expect: StatusRanges = .wellByDefault
    /// Default 1 s.
    package var interval: Duration
    /// Default 1 s.
    package var timeout: Duration
    /// Failures in a row before an endpoint is left out. Default 3.
    package var unhealthyAfter: Int
    /// Successes in a row before it is used again. Default 1.
    package var healthyAfter: Int
    /// Whether probes are sent; without, only requests tell. Default true.
    package var probes: Bool = true
    /// Of several endpoints, the share that failing requests may take out at once, but at least one; 0: none. Default 50.
    package var maxEjectedPercent: Int = 50
    /// How long an endpoint that comes back takes to get its whole share; nil: at once. Default 10 s.
    package var slowStart: Duration? = .seconds(10)

    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: String
    }
}

/// What a client may send, in bytes and pieces; each has its status code.
package struct EdgeLimits: Sendable, Equatable {
    /// 414 above. Default 8 KiB.
    package var requestLine: Int
    /// All header fields together; 431 above. Default 32 KiB.
    package var head: Int
    /// Number of header fields; 431 above. Default 128.
    package var fields: Int
    /// One header field; 431 above. Default 16 KiB.
    package var field: Int
    /// Request body, where a route does not say otherwise; 413 above. Default 16 MiB.
    package var body: Int
    /// Bytes a second that a request body must bring on average once it has taken 30 s; 408 below. Default 240, 0: no floor.
    package var bodyRate: Int
    /// Head of an upstream's response; 502 above. Default 64 KiB.
    package var responseHead: Int
    /// Client connections in all. Default 10,000.
    package var connections: Int
    /// Client connections from one address. Default 1,000.
    package var connectionsPerAddress: Int
    /// Requests on one connection before it is closed. Default 10,000.
    package var requestsPerConnection: Int
    /// Requests under way at once in the whole process; 503 above, and earlier for what matters less. Default 5,000.
    package var inFlight: Int
    /// Bytes held back for peers that do not take them, in the whole process; 503 above, and earlier for what matters less. Default 256 MiB.
    package var held: Int
}

/// How long the router waits for clients.
package struct EdgeTimeouts: Sendable, Equatable {
    /// From the first byte of a head to its last. Default 10 s.
    package var header: Duration
    /// Between two pieces of a request body, or while a client does not read. Default 30 s.
    package var clientIdle: Duration
    /// Between two requests of a connection. Default 75 s.
    package var keepAlive: Duration
    /// Longest wait for exchanges in flight at SIGTERM. Default 10 s.
    package var drain: Duration
}
