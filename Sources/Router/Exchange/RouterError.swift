/// An answer that the router makes itself instead of passing one on.
///
/// Its text says what happened in general terms: never an address, a name of an upstream or a byte of the request.
enum RouterError: UInt8, CaseIterable, Sendable {
    /// No route matches. 404.
    case noRoute
    /// `OPTIONS` that may go no further: no error, but an answer of our own. 200.
    case lastRecipient
    /// The body is longer than the route allows. 413.
    case bodyTooLarge
    /// The body came slower than allowed, or stopped. 408.
    case requestTimeout
    /// The upstream refuses connections. 502.
    case connectRefused
    /// The upstream closed the connection without an answer. 502.
    case upstreamClosed
    /// The upstream's answer is no strict HTTP, or an upgrade nobody asked for. 502.
    case upstreamMalformed
    /// No connection to the upstream within the connect time-out. 504.
    case connectTimeout
    /// No first byte within the response time-out. 504.
    case responseTimeout
    /// The whole exchange took longer than `timeouts.request`. 504.
    case exchangeTimeout
    /// All connections to the upstream are taken and the queue is full. 503.
    case noCapacity
    /// As many streams and tunnels to the upstream are under way as may be. 503.
    case noStreams
    /// The circuit to the upstream is open. 503.
    case circuitOpen
    /// A loop serves more exchanges than it can. 503.
    case overloaded
    /// Something that must not happen inside the router. 500.
    case internalFailure

    var status: UInt16 {
        switch self {
        case .noRoute: 404
        case .lastRecipient: 200
        case .bodyTooLarge: 413
        case .requestTimeout: 408
        case .connectRefused, .upstreamClosed, .upstreamMalformed: 502
        case .noCapacity, .noStreams, .circuitOpen, .overloaded: 503
        case .connectTimeout, .responseTimeout, .exchangeTimeout: 504
        case .internalFailure: 500
        }
    }

    /// Seconds for `Retry-After`; 0: none is sent.
    var retryAfterSeconds: UInt8 {
        switch self {
        case .noCapacity, .noStreams, .circuitOpen, .overloaded: 1
        default: 0
        }
    }

    /// Whether the upstream, and not the client, is to blame: counts as failure of its side.
    var blamesUpstream: Bool {
        switch self {
        case .connectRefused, .upstreamClosed, .upstreamMalformed, .connectTimeout, .responseTimeout: true
        case .noRoute, .lastRecipient, .bodyTooLarge, .requestTimeout, .exchangeTimeout, .noCapacity, .noStreams,
            .circuitOpen, .overloaded, .internalFailure:
            false
        }
    }

    var title: StaticString {
        switch self {
        case .noRoute: "No route"
        case .lastRecipient: "OK"
        case .bodyTooLarge: "Body too large"
        case .requestTimeout: "Request timed out"
        case .connectRefused, .upstreamClosed, .upstreamMalformed: "Bad gateway"
        case .connectTimeout, .responseTimeout, .exchangeTimeout: "Gateway time-out"
        case .noCapacity, .noStreams, .circuitOpen, .overloaded: "Service unavailable"
        case .internalFailure: "Internal error"
        }
    }

    var detail: StaticString {
        switch self {
        case .noRoute: "No route of the configuration matches this request."
        case .lastRecipient: ""
        case .bodyTooLarge: "The body is longer than this route accepts."
        case .requestTimeout: "The request did not arrive in time."
        case .connectRefused: "The upstream refused the connection."
        case .upstreamClosed: "The upstream closed the connection before it answered."
        case .upstreamMalformed: "The upstream's answer is not valid HTTP."
        case .connectTimeout: "The upstream did not accept the connection in time."
        case .responseTimeout: "The upstream did not answer in time."
        case .exchangeTimeout: "The exchange took longer than this route allows."
        case .noCapacity: "All connections to the upstream are in use."
        case .noStreams: "All streams to the upstream are in use."
        case .circuitOpen: "The upstream failed repeatedly and is being spared."
        case .overloaded: "The router is at its limit."
        case .internalFailure: "The router failed."
        }
    }

    init(_ failure: AttemptFailure) {
        switch failure {
        case .connectRefused: self = .connectRefused
        case .connectTimeout: self = .connectTimeout
        case .closedBeforeAnswer, .answerCut: self = .upstreamClosed
        case .responseTimeout: self = .responseTimeout
        case .malformedAnswer: self = .upstreamMalformed
        case .noCapacity: self = .noCapacity
        }
    }
}
