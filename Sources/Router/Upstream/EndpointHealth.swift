/// Whether one endpoint of an upstream is worth sending to: active probes and passive observation in one place.
///
/// An endpoint is innocent until proved guilty: `unknown` is used like `healthy`. When every endpoint of an upstream is
/// unhealthy the pool still tries one (panic mode), so a wrong probe path can never take the whole site down.
struct EndpointHealth: Equatable {
    struct Settings: Equatable, Sendable {
        /// Milliseconds between probes, default 1000.
        var intervalMilliseconds: UInt32 = 1000
        /// Milliseconds until a probe has failed, default 1000.
        var timeoutMilliseconds: UInt32 = 1000
        /// Probe failures in a row that make it unhealthy, default 2.
        var unhealthyAfter: UInt32 = 2
        /// Probe successes in a row that make it healthy again, default 2.
        var healthyAfter: UInt32 = 2
        /// Failures in a row of real requests that make it unhealthy, default 5; 0: only probes decide.
        var passiveFailures: UInt32 = 5
        /// Milliseconds until an endpoint ejected by real requests is tried again, default 1000; times the number of ejections that are
        /// not yet forgotten, as Envoy's outlier detection has it.
        var ejectionMilliseconds: UInt32 = 1000
        /// The longest ejection, default 30 s.
        var longestEjectionMilliseconds: UInt32 = 30_000
        /// Milliseconds in service that make one ejection forgotten, default 10 s.
        var forgivenessMilliseconds: UInt32 = 10_000
        /// Milliseconds in which an endpoint that returns gets its whole share, default 10 s; 0: at once.
        var slowStartMilliseconds: UInt32 = 10_000
    }

    /// Weight of an endpoint with its whole share.
    static let wholeWeight: Int32 = 100
    /// What an endpoint gets at once when it returns: enough to be seen, too little to be missed.
    static let leastWeight: Int32 = 10

    enum Reason: String, Equatable, Sendable {
        case probeRefused = "probe-refused"
        case probeStatus = "probe-status"
        case probeTimeout = "probe-timeout"
        case passiveFailures = "passive-failures"
    }

    enum State: Equatable, Sendable {
        /// Nothing seen yet. Next: `healthy`, `unhealthy`.
        case unknown
        /// Next: `unhealthy`.
        case healthy
        /// Next: `healthy` by probes, or `unknown` when `until` has come: never, when probes found it out.
        case unhealthy(Reason, until: Int64)
    }

    private(set) var state: State = .unknown
    private(set) var probeSuccesses: UInt32 = 0
    private(set) var probeFailures: UInt32 = 0
    private(set) var requestFailures: UInt32 = 0
    /// Ejections by requests, less those that are forgotten.
    private(set) var ejections: UInt32 = 0
    /// When it came back into service, milliseconds, monotonic; far back: it was always there.
    private(set) var returnedAt: Int64 = .min / 2

    init() {}

    /// One that joins others which are at work: it begins slowly.
    init(joiningAt now: Int64) { returnedAt = now }

    var isUnhealthy: Bool {
        if case .unhealthy = state { return true }
        return false
    }

    /// Whether a request may be sent there at `now` (milliseconds, monotonic).
    mutating func isUsable(now: Int64) -> Bool {
        guard case .unhealthy(_, let until) = state else { return true }
        guard now >= until else { return false }
        returned(to: .unknown, now: now)
        return true
    }

    /// Ejected by requests, and still out.
    func isEjected(now: Int64) -> Bool {
        if case .unhealthy(.passiveFailures, let until) = state { return now < until }
        return false
    }

    /// Its share among usable endpoints: rises in a straight line from the least weight after its return.
    func weight(now: Int64, settings: Settings) -> Int32 {
        let age = now - returnedAt
        let whole = Int64(settings.slowStartMilliseconds)
        guard age < whole else { return Self.wholeWeight }
        return max(Self.leastWeight, Int32(truncatingIfNeeded: max(0, age) * Int64(Self.wholeWeight) / whole))
    }

    private mutating func returned(to next: State, now: Int64) {
        state = next
        requestFailures = 0
        returnedAt = now
    }

    /// A probe was answered 2xx or 3xx. Returns true when the state changed.
    mutating func probeSucceeded(settings: Settings) -> Bool {
        probeFailures = 0
        probeSuccesses = probeSuccesses == .max ? .max : probeSuccesses + 1
        switch state {
        case .healthy: return false
        case .unknown:
            state = .healthy
            return true
        case .unhealthy:
            guard probeSuccesses >= settings.healthyAfter else { return false }
            state = .healthy
            requestFailures = 0
            return true
        }
    }

    /// A probe failed. Returns true when the state changed.
    mutating func probeFailed(_ reason: Reason, settings: Settings) -> Bool {
        probeSuccesses = 0
        probeFailures = probeFailures == .max ? .max : probeFailures + 1
        guard probeFailures >= settings.unhealthyAfter else { return false }
        switch state {
        case .unknown, .healthy:
            state = .unhealthy(reason, until: .max)
            return true
        case .unhealthy: return false
        }
    }

    /// A real request got an answer from it: proof enough against failures of requests, but not against a probe.
    /// - Returns: true when the state changed.
    mutating func requestSucceeded(now: @autoclosure () -> Int64) -> Bool {
        requestFailures = 0
        guard case .unhealthy(.passiveFailures, _) = state else { return false }
        returned(to: .unknown, now: now())
        return true
    }

    /// A real request failed there (refused, reset, time-out, garbage). Returns true when the state changed.
    /// - Parameter mayEject: whether the others can do without it.
    mutating func requestFailed(now: Int64, settings: Settings, mayEject: Bool = true) -> Bool {
        requestFailures = requestFailures == .max ? .max : requestFailures + 1
        guard settings.passiveFailures > 0, requestFailures >= settings.passiveFailures else { return false }
        switch state {
        case .unknown, .healthy:
            guard mayEject else { return false }
            // With probes too the ejection ends by time: a prober that never saw it unwell has nothing to take back.
            let forgotten = max(0, now - returnedAt) / max(1, Int64(settings.forgivenessMilliseconds))
            ejections = UInt32(clamping: Int64(ejections) - min(forgotten, Int64(ejections)) + 1)
            let time = min(
                UInt64(ejections) * UInt64(settings.ejectionMilliseconds),
                UInt64(settings.longestEjectionMilliseconds))
            probeSuccesses = 0
            state = .unhealthy(.passiveFailures, until: now + Int64(time))
            return true
        case .unhealthy: return false
        }
    }

    /// Takes over what another loop's prober found out. Returns true when the state changed.
    mutating func adopt(healthy: Bool, reason: Reason, now: Int64) -> Bool {
        switch (state, healthy) {
        case (.healthy, true): return false
        case (.unhealthy(.passiveFailures, _), true):
            // Requests threw it out while probes were content: it comes back when its time is over.
            return false
        case (.unhealthy(.passiveFailures, _), false):
            // Known already, but from now on it is for the probes to say when it is well.
            state = .unhealthy(reason, until: .max)
            return false
        case (.unhealthy, false): return false
        case (.unknown, true): state = .healthy
        case (.unhealthy, true): returned(to: .healthy, now: now)
        case (.unknown, false), (.healthy, false): state = .unhealthy(reason, until: .max)
        }
        return true
    }
}

/// How many of a group's endpoints may be out at once because requests failed there: one that fails is spared, but when many do it
/// is not them, and those that are left would be buried (Envoy's `max_ejection_percent`).
struct EjectionLimit: Equatable {
    /// Default 50; 0: none is ever taken out.
    var percent: Int

    /// Whether one more of `count` may go. At least one may, or nothing would come of the limit in small groups.
    func allows(ejected: Int, of count: Int) -> Bool {
        guard percent > 0 else { return false }
        return ejected < max(1, count * percent / 100)
    }
}
