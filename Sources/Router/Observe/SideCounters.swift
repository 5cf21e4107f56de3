import Telemetry

/// What one loop counts for one side of one route. A value: reading it elsewhere means sending a copy.
struct SideCounters: Sendable {
    var responses = ResponseCounts()
    var latency = LatencyHistogram()
    /// Making of connections for requests of this side.
    var connects = LatencyHistogram()
    /// Responses of 5xx, errors made by the router, and responses that were cut.
    var errors: UInt64 = 0
    /// Of these: responses that were cut.
    var cut: UInt64 = 0
    var inFlight: Int64 = 0
    /// Requests meant for this side that the other answered.
    var fallbacks: UInt64 = 0
    var retries: UInt64 = 0
    /// Nanoseconds on the monotonic clock when the last exchange ended; 0: none yet.
    var lastEndedNanoseconds: UInt64 = 0

    mutating func add(_ other: SideCounters) {
        responses.add(other.responses)
        latency.add(other.latency)
        connects.add(other.connects)
        errors &+= other.errors
        cut &+= other.cut
        inFlight &+= other.inFlight
        fallbacks &+= other.fallbacks
        retries &+= other.retries
        lastEndedNanoseconds = max(lastEndedNanoseconds, other.lastEndedNanoseconds)
    }
}

/// Why a request that the mirror was meant for was not copied.
enum MirrorSkip: UInt8, CaseIterable, Sendable {
    /// The body is longer than what is kept for it.
    case bodyTooLarge
    /// As many copies are under way as may be.
    case busy
    /// The other side is known to be unwell.
    case unhealthy
    /// The client left before its request was whole.
    case requestAborted
    /// The router or the other side had enough to do with users.
    case overloaded
    /// The request brought a log-in of its connection, which copies share.
    case connectionLogin
    /// Its user has written what the service is not known to have: the responses would differ.
    case recentWrite

    var name: StaticString {
        switch self {
        case .bodyTooLarge: "skipped_body_too_large"
        case .busy: "skipped_busy"
        case .unhealthy: "skipped_unhealthy"
        case .requestAborted: "skipped_request_aborted"
        case .overloaded: "skipped_overloaded"
        case .connectionLogin: "skipped_connection_login"
        case .recentWrite: "skipped_recent_write"
        }
    }
}

/// What one loop counts for the mirror of one route.
struct MirrorCounters: Sendable {
    var sent: UInt64 = 0
    var answered: UInt64 = 0
    /// Of these: by class of their status, 1xx to 5xx.
    var classes = InlineArray<5, UInt64>(repeating: 0)
    var failed: UInt64 = 0
    var inFlight: Int64 = 0
    /// By `MirrorSkip`.
    var skipped = InlineArray<7, UInt64>(repeating: 0)

    mutating func countResponse(_ status: UInt16) {
        answered &+= 1
        classes[min(4, max(0, Int(status) / 100 - 1))] &+= 1
    }

    mutating func skip(_ reason: MirrorSkip) { skipped[Int(reason.rawValue)] &+= 1 }
    func count(_ reason: MirrorSkip) -> UInt64 { skipped[Int(reason.rawValue)] }

    mutating func add(_ other: MirrorCounters) {
        sent &+= other.sent
        answered &+= other.answered
        for index in 0..<5 { classes[index] &+= other.classes[index] }
        failed &+= other.failed
        inFlight &+= other.inFlight
        for index in 0..<7 { skipped[index] &+= other.skipped[index] }
    }
}
