package import JSON

/// `routes.json` as it was decoded: everything in it is valid, and the defaults of `RoutesShape`, which are written
/// nowhere else, are folded in.
///
/// Upstreams, contexts and routes refer to each other by index. The text itself is kept, so that one value can be
/// changed and every other byte stays as its author wrote it.
package struct RoutesDocument: Sendable {
    /// The text and its parse.
    package internal(set) var json: JSONDocument
    /// Name of the file, for messages; relative paths in the document are relative to its folder.
    package let file: String
    /// Counted up by the router with every change it makes; nil when the author left it out.
    package var revision: Int?
    /// Where the data plane listens: `HOST:PORT` or `unix:PATH`.
    package var listen: [String]
    package var admin: AdminSettings
    package var upstreams: [Upstream]
    package var contexts: [RoutingContext]
    /// In the order of the file, which decides between routes that are otherwise equal.
    package var routes: [Route]
    package var limits: EdgeLimits
    package var timeouts: EdgeTimeouts
    /// Peers whose forwarded headers are kept. Empty: nobody's.
    package var trustedPeers: [AddressRange]
    /// Peers whose connections begin with a PROXY protocol header, which names the client. Empty: nobody's.
    package var proxyPeers: [AddressRange]
    /// Where a line for each exchange goes; nil is off.
    package var accessLog: AccessLogPolicy?
    /// Whether responses name route, side and revision in `x-strangler-*` headers.
    package var exposesDecision: Bool
    /// Whether `//` in a path is matched and forwarded as `/`.
    package var mergesSlashes: Bool
    /// What becomes of `%2F` and `%5C` in a path.
    package var escapedSlashes: EscapedSlashes
    /// What becomes of fields whose name has a `_`.
    package var underscores: Underscores
    /// What a request without a valid `traceparent` gets.
    package var tracing: TracePolicy
    /// What is allowed but probably not meant.
    package var warnings: [Diagnostic] = []

    /// Index of the route with that id.
    package func route(_ id: String) -> Int? { routes.firstIndex { $0.id == id } }
}

/// Where the admin API is served.
package struct AdminSettings: Sendable, Equatable {
    /// Path of a unix socket, guarded by file permission.
    package var unix: String?
    /// `HOST:PORT`; off by default, and outside loopback only together with a token.
    package var listen: String?
    /// File with the bearer token.
    package var tokenFile: String?
}

/// A group of interchangeable endpoints.
package struct Upstream: Sendable, Equatable {
    package var name: String
    package var endpoints: [Endpoint]
    /// Active probes and ejection; nil: no probes, and the defaults of ejection.
    package var health: HealthPolicy?
    package var breaker: BreakerPolicy
    /// Most connections of one process to the whole upstream, without those of streams.
    package var connections: Int
    /// Most streams and tunnels of one process on the whole upstream.
    package var streams: Int
    /// Most requests of one process waiting for a connection before 503.
    package var pending: Int
    /// How long an idle connection is kept: less than the service's own keep-alive.
    package var idle: Duration
    /// How often names among the endpoints are looked up again; nil: only when the configuration is read.
    package var resolve: Duration?
    /// How its answers are read.
    package var tolerance: ResponseTolerance
}

/// One address of an upstream.
package enum Endpoint: Sendable, Equatable, Hashable, CustomStringConvertible {
    /// A name or address without brackets, and a port.
    case tcp(host: String, port: UInt16)
    case unix(path: String)

    package var description: String {
        switch self {
        case .tcp(let host, let port): host.utf8.contains(0x3A) ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
