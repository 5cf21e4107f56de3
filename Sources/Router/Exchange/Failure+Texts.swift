/// What a client and an operator read of a failure.
extension Failure {
    /// The status that the client gets, when no response has begun.
    var status: UInt16 {
        switch self {
        case .noRoute: 404
        case .requestTimeout: 408
        case .bodyTooLarge: 413
        case .connectRefused, .connectFailed, .closedUnsent, .closedUnanswered, .closedInHead, .malformedResponse,
            .responseCut:
            502
        case .inFlight, .memory, .holdFull, .heldTooLong, .misdirected, .noConnection, .queueFull, .noStream,
            .circuitOpen:
            503
        case .connectTimeout, .responseTimeout, .idleTimeout, .exchangeTimeout: 504
        }
    }

    /// Seconds for `Retry-After`; 0: none is sent.
    var retryAfterSeconds: UInt8 { status == 503 ? 1 : 0 }

    var title: StaticString {
        switch status {
        case 404: "No route"
        case 408: "Request timed out"
        case 413: "Body too large"
        case 502: "Bad gateway"
        case 503: "Service unavailable"
        default: "Gateway time-out"
        }
    }

    var detail: StaticString {
        switch self {
        case .noRoute: "No route of the configuration matches this request."
        case .bodyTooLarge: "The body is longer than this route accepts."
        case .requestTimeout: "The request did not arrive in time."
        case .inFlight: "The router serves as many requests as it may."
        case .memory: "The router holds as much for slow peers as it may."
        case .holdFull: "Too many requests wait while the user's data moves."
        case .heldTooLong: "The user's data is being moved, and that takes longer than a request may wait."
        case .misdirected: "The user's data has just been moved."
        case .exchangeTimeout: "The exchange took longer than this route allows."
        case .noConnection, .queueFull: "All connections to the upstream are in use."
        case .noStream: "All streams to the upstream are in use."
        case .circuitOpen: "The upstream failed repeatedly and is being spared."
        case .connectRefused: "The upstream refused the connection."
        case .connectFailed: "The upstream cannot be reached."
        case .connectTimeout: "The upstream did not accept the connection in time."
        case .closedUnsent, .closedUnanswered: "The upstream closed the connection before it answered."
        case .closedInHead: "The upstream closed the connection within the head of its answer."
        case .responseTimeout: "The upstream did not answer in time."
        case .idleTimeout: "The upstream stood still before it answered."
        case .malformedResponse: "The upstream's answer is not valid HTTP."
        case .responseCut: "The upstream's answer broke off."
        }
    }

    /// `reason` of the problem body, of the access log and of `strangler_upstream_failures_total`. Stable. Where a
    /// response broke a rule of HTTP, that rule's own label stands there instead of `malformed_response`.
    var reason: StaticString {
        switch self {
        case .noRoute: "no_route"
        case .bodyTooLarge: "body_too_large"
        case .requestTimeout: "request_timeout"
        case .inFlight: "in_flight"
        case .memory: "memory"
        case .holdFull: "hold_full"
        case .heldTooLong: "held_too_long"
        case .misdirected: "misdirected"
        case .exchangeTimeout: "exchange_timeout"
        case .noConnection: "upstream_connections"
        case .queueFull: "upstream_queue"
        case .noStream: "upstream_streams"
        case .circuitOpen: "circuit_open"
        case .connectRefused: "connection_refused"
        case .connectFailed: "connection_failed"
        case .connectTimeout: "connection_timeout"
        case .closedUnsent: "closed_unsent"
        case .closedUnanswered: "closed_unanswered"
        case .closedInHead: "closed_in_head"
        case .responseTimeout: "response_timeout"
        case .idleTimeout: "idle_timeout"
        case .malformedResponse: "malformed_response"
        case .responseCut: "response_cut"
        }
    }

    /// The key of the configuration that decides, as it stands in the route, in the upstream or at the top; nil: none
    /// does.
    var setting: StaticString? {
        switch self {
        case .bodyTooLarge: "limits.body"
        case .inFlight: "limits.inFlight"
        case .memory: "limits.held"
        case .exchangeTimeout: "timeouts.request"
        case .noConnection: "connections"
        case .queueFull: "pending"
        case .noStream: "streams"
        case .circuitOpen: "breaker"
        case .connectTimeout: "timeouts.connect"
        case .responseTimeout: "timeouts.response"
        case .idleTimeout: "timeouts.idle"
        case .noRoute, .requestTimeout, .holdFull, .heldTooLong, .misdirected, .connectRefused, .connectFailed,
            .closedUnsent, .closedUnanswered,
            .closedInHead,
            .malformedResponse, .responseCut:
            nil
        }
    }
}
