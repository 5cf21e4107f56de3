/// Cuts one side of one route off when it keeps failing, and lets a single request through to see whether it is back.
///
/// Counts final outcomes (after retries), never single attempts: a process that is away for 100 ms is the retries'
/// business, and a breaker that opened on it would turn a hiccup into an outage. One breaker per route and side and
/// loop: a stuck service uses at most its own pool and never takes a neighbour route with it.
struct CircuitBreaker: Equatable {
    /// When to open and when to try again.
    struct Settings: Equatable, Sendable {
        /// Failures in a row that open the circuit. Default 5; 0 switches the breaker off.
        var consecutiveFailures: UInt32 = 5
        /// Milliseconds from opening to the probe, default 500; never above 1000, so that recovery is seen within a second.
        var probeAfterMilliseconds: UInt32 = 500
    }

    enum State: Equatable {
        /// Everything passes. Next: `open`.
        case closed
        /// Nothing passes until `probeAt`. Next: `halfOpen`, or `closed` when nobody asks for long.
        case open(probeAt: Int64)
        /// One probe is out. Next: `closed` on success, `open` on failure or when the probe was called off.
        case halfOpen(probeStartedAt: Int64)
    }

    /// What a request may do.
    enum Admission: Equatable {
        case pass
        /// Pass, and report the outcome with `probe: true`.
        case probe
        /// Pass, as does everybody from now on: what was known is too old, and this closed the circuit.
        case passAgain
        /// Refuse; `retryAfterMilliseconds` until the next probe.
        case refuse(retryAfterMilliseconds: UInt32)
    }

    private(set) var state: State = .closed
    private(set) var failures: UInt32 = 0

    /// A probe that neither succeeded nor failed within this time no longer bars the next one.
    static let probePatienceMilliseconds: Int64 = 1000

    /// What an open circuit knows is forgotten when nobody has asked since its probe was due, for this long: after a shift to 0 % and
    /// back, the users of a side that has long recovered must not be refused beside a first probe. Before that, one probe is the price.
    static let memoryMilliseconds: Int64 = 2000

    /// Asks for passage at `now` (milliseconds, monotonic).
    mutating func admit(now: Int64, settings: Settings) -> Admission {
        switch state {
        case .closed:
            return .pass
        case .open(let probeAt):
            guard now >= probeAt else { return .refuse(retryAfterMilliseconds: UInt32(clamping: probeAt - now)) }
            if now - probeAt >= Self.memoryMilliseconds {
                forget(settings)
                return .passAgain
            }
            state = .halfOpen(probeStartedAt: now)
            return .probe
        case .halfOpen(let startedAt):
            guard now - startedAt >= Self.probePatienceMilliseconds else {
                return .refuse(retryAfterMilliseconds: settings.probeAfterMilliseconds)
            }
            state = .halfOpen(probeStartedAt: now)
            return .probe
        }
    }

    /// Closed, but on its last warning: the first failure opens it again.
    private mutating func forget(_ settings: Settings) {
        state = .closed
        failures = settings.consecutiveFailures > 0 ? settings.consecutiveFailures - 1 : 0
    }

    /// A request ended well (any answer below 500, or a 5xx that the application gave of its own).
    /// - Returns: true when this closed the circuit.
    mutating func succeeded() -> Bool {
        failures = 0
        switch state {
        case .closed: return false
        case .open: return false  // an old request; only a probe closes
        case .halfOpen:
            state = .closed
            return true
        }
    }

    /// A request failed for good in the way that counts: refused, reset, time-out, garbage.
    /// - Returns: true when this opened the circuit.
    mutating func failed(now: Int64, settings: Settings) -> Bool {
        failures = failures == .max ? .max : failures + 1
        let probeAt = now + Int64(min(settings.probeAfterMilliseconds, 1000))
        switch state {
        case .closed:
            guard settings.consecutiveFailures > 0, failures >= settings.consecutiveFailures else { return false }
            state = .open(probeAt: probeAt)
            return true
        case .open:
            return false
        case .halfOpen:
            state = .open(probeAt: probeAt)
            return true
        }
    }

    /// The probe ended without telling anything (its client left): the next request may probe at once.
    mutating func probeCalledOff(now: Int64) {
        if case .halfOpen = state { state = .open(probeAt: now) }
    }
}
