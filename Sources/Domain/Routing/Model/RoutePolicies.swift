/// A copy of requests that legacy serves, sent to the service; its response is thrown away.
package struct MirrorPolicy: Sendable, Equatable {
    package var percent: Percent
    /// Methods that are copied.
    package var methods: [String]
    /// Longest body that is copied; requests with more are counted as not mirrored.
    package var bodyLimit: Int
    /// How long a copy may take in all.
    package var timeout: Duration
}

/// A header by which a request chooses its side: `legacy` or `service`.
package struct OverridePolicy: Sendable, Equatable {
    /// Lower case.
    package var header: String
    /// File with the secret that must come in `x-strangler-secret`; nil: none asked for.
    package var secretFile: String?
    /// Addresses that may choose; empty: all. When a secret is set too, either suffices.
    package var trusted: [AddressRange]
}

/// How long each wait on the way to an upstream may take.
package struct RouteTimeouts: Sendable, Equatable {
    /// To a connection.
    package var connect: Duration
    /// To the first byte of the response.
    package var response: Duration
    /// Between two pieces of a body.
    package var idle: Duration
    /// The whole exchange; nil: no limit.
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
    /// Further attempts after the first; 0 is off.
    package var attempts: Int
    /// Which failures are repeated.
    package var reasons: Reasons
    /// All attempts together begin within this time.
    package var window: Duration
    /// Retries may be at most this share of requests.
    package var budget: Percent
}

/// When an upstream that fails is left alone for a while.
package struct BreakerPolicy: Sendable, Equatable {
    /// Failures in a row that open the breaker; 0 is off.
    package var failures: Int
    /// How long it stays open before one probe is let through.
    package var open: Duration
}

/// How the router asks an endpoint whether it is well.
package struct HealthPolicy: Sendable, Equatable {
    /// Path of the probe, perhaps with a query.
    package var path: String
    /// `Host` of the probe; nil: the endpoint's own.
    package var host: String?
    /// Further fields of the probe, their names in lower case.
    package var headers: [Field]
    /// Codes that mean well. A redirect is one: it is a response of a process that works.
    package var expect: StatusRanges
    /// Between two probes.
    package var interval: Duration
    /// Of one probe.
    package var timeout: Duration
    /// Failures in a row before an endpoint is left out.
    package var unhealthyAfter: Int
    /// Successes in a row before it is used again.
    package var healthyAfter: Int
    /// Whether probes are sent; without, only requests tell.
    package var probes: Bool
    /// Of several endpoints, the share that failing requests may take out at once, but at least one; 0: none.
    package var maxEjectedPercent: Int
    /// How long an endpoint that comes back takes to get its whole share; nil: at once.
    package var slowStart: Duration?

    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: String
    }
}

/// What a client may send, in bytes and pieces; each has its status code.
package struct EdgeLimits: Sendable, Equatable {
    /// 414 above.
    package var requestLine: Int
    /// All header fields together; 431 above.
    package var head: Int
    /// Number of header fields; 431 above.
    package var fields: Int
    /// One header field; 431 above.
    package var field: Int
    /// Request body, where a route does not say otherwise; 413 above.
    package var body: Int
    /// Bytes a second that a request body must bring on average once it has taken 30 s; 408 below. 0: no floor.
    package var bodyRate: Int
    /// Head of an upstream's response; 502 above.
    package var responseHead: Int
    /// Client connections in all.
    package var connections: Int
    /// Client connections from one address.
    package var connectionsPerAddress: Int
    /// Requests on one connection before it is closed.
    package var requestsPerConnection: Int
    /// Requests under way at once in the whole process; 503 above, and earlier for what matters less.
    package var inFlight: Int
    /// Bytes held back for peers that do not take them, in the whole process; 503 above, and earlier for what matters
    /// less.
    package var held: Int
}

/// How long the router waits for clients.
package struct EdgeTimeouts: Sendable, Equatable {
    /// From the first byte of a head to its last.
    package var header: Duration
    /// Between two pieces of a request body, or while a client does not read.
    package var clientIdle: Duration
    /// Between two requests of a connection.
    package var keepAlive: Duration
    /// Longest wait for exchanges in flight at SIGTERM.
    package var drain: Duration
}
