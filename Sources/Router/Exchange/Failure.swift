import HTTPTransport

/// Why a request did not get the whole of an upstream's response: the one vocabulary of the retry rule, of the client,
/// of the log and of the metrics.
///
/// Each failure says where it arose, how far the request had come, what the client gets, and what an operator reads.
/// What happened on the wire is an `UpstreamFailure` of the transport, which becomes one of these in one place. The
/// texts for clients are general: never an address, a name of an upstream or a byte of the request.
enum Failure: UInt8, CaseIterable, Sendable {
    // Of the client.
    /// The body is longer than the route allows. 413.
    case bodyTooLarge
    /// The body came slower than allowed, or stopped. 408.
    case requestTimeout

    // Of the configuration.
    /// No route matches. 404.
    case noRoute

    // Of the router.
    /// The router serves as many requests as it may. 503.
    case inFlight
    /// The router holds as many bytes for slow peers as it may. 503.
    case memory
    /// The user's data changes sides, and as many requests wait for that as may. 503.
    case holdFull
    /// The user's data changes sides, and that took longer than a request may wait. 503.
    case heldTooLong
    /// The side says that the user's data is the other side's, and the request cannot be sent there as well. 503.
    case misdirected
    /// The whole exchange took longer than `timeouts.request`. 504.
    case exchangeTimeout

    // Of an upstream, before an attempt.
    /// All connections to the upstream are taken, and none was free in time. 503.
    case noConnection
    /// All connections to the upstream are taken, and too many requests wait already. 503.
    case queueFull
    /// As many streams and tunnels to the upstream are under way as may be. 503.
    case noStream
    /// The circuit to the upstream is open. 503.
    case circuitOpen

    // Of an upstream, in an attempt.
    /// Nobody listens there. 502.
    case connectRefused
    /// Its address cannot be reached. 502.
    case connectFailed
    /// No connection within the connect time-out. 504.
    case connectTimeout
    /// The connection ended before any of the request had left. 502.
    case closedUnsent
    /// The connection ended before the first byte of a response; some of the request had left. 502.
    case closedUnanswered
    /// The connection ended within the head of the response. 502.
    case closedInHead
    /// No first byte within the response time-out. 504.
    case responseTimeout
    /// It stood still before the response's head was whole: it no longer took the request, or the head stopped. 504.
    case idleTimeout
    /// The response is no valid HTTP, or an upgrade nobody asked for. 502.
    case malformedResponse
    /// The response broke off after its head. The client's connection is cut, or 502 when nothing had gone to it.
    case responseCut
}

extension Failure {
    /// Where it arose, and so who can do something about it.
    enum Origin: Sendable {
        case client, configuration, router, upstream
    }

    /// How far the request had come at the upstream: what a repetition is decided by.
    enum Reach: Sendable {
        /// Not one byte was sent.
        case nothing
        /// The upstream may have acted on it.
        case request
        /// Some of a response came.
        case response
    }

    var origin: Origin {
        switch self {
        case .bodyTooLarge, .requestTimeout: .client
        case .noRoute: .configuration
        case .inFlight, .memory, .holdFull, .heldTooLong, .misdirected, .exchangeTimeout: .router
        case .noConnection, .queueFull, .noStream, .circuitOpen, .connectRefused, .connectFailed, .connectTimeout,
            .closedUnsent, .closedUnanswered, .closedInHead, .responseTimeout, .idleTimeout, .malformedResponse,
            .responseCut:
            .upstream
        }
    }

    var reach: Reach {
        switch self {
        case .bodyTooLarge, .requestTimeout, .noRoute, .inFlight, .memory, .holdFull, .heldTooLong, .noConnection,
            .queueFull, .noStream, .circuitOpen, .connectRefused, .connectFailed, .connectTimeout, .closedUnsent:
            .nothing
        case .exchangeTimeout, .closedUnanswered, .responseTimeout, .idleTimeout: .request
        case .misdirected, .closedInHead, .malformedResponse, .responseCut: .response
        }
    }

    /// Which of an upstream's limits there was too little of.
    var lack: UpstreamLack? {
        switch self {
        case .noConnection: .connections
        case .queueFull: .pending
        case .noStream: .streams
        default: nil
        }
    }

    /// Whether an attempt was made and the upstream failed in it: this counts as a failure of its side. What is refused
    /// in an upstream's name before an attempt, for want of room or by its circuit, is a 503.
    var blamesUpstream: Bool {
        if case .upstream = origin { status != 503 } else { false }
    }

    init(_ failure: UpstreamFailure) {
        let isCut = failure.headDelivered
        switch failure.kind {
        case .connectRefused: self = .connectRefused
        case .connectFailed: self = .connectFailed
        case .connectTimedOut: self = .connectTimeout
        case .reset, .closedEarly:
            if isCut {
                self = .responseCut
            } else if failure.anyResponseByte {
                // A connection that closed within its response's head has answered something: not safe to repeat.
                self = .closedInHead
            } else {
                self = failure.requestBytesSent > 0 ? .closedUnanswered : .closedUnsent
            }
        case .responseTimedOut: self = .responseTimeout
        case .idleTimedOut: self = isCut ? .responseCut : .idleTimeout
        case .malformed, .unexpectedUpgrade, .tooManyInformational: self = isCut ? .responseCut : .malformedResponse
        case .requestBodyMismatch: self = .responseCut
        }
    }
}
