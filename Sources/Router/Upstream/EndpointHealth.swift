import Routing

/// Whether one endpoint of an upstream is worth sending to: active probes and passive observation in one place.
///
/// An endpoint is innocent until proved guilty: `unknown` is used like `healthy`. When every endpoint of an upstream is
/// unhealthy the pool still tries one (panic mode), so a wrong probe path can never take the whole site down.
struct EndpointHealth: Equatable {
    struct Settings: Equatable, Sendable {
        /// Probe failures in a row that make it unhealthy.
        var unhealthyAfter = UInt32(clamping: HealthPolicy.standard.unhealthyAfter)
        /// Probe successes in a row that make it healthy again.
        var healthyAfter = UInt32(clamping: HealthPolicy.standard.healthyAfter)
        /// Failures in a row of real requests that make it unhealthy, default 5; 0: only probes decide.
        var passiveFailures: UInt32 = 5
        /// Milliseconds until an endpoint ejected by real requests is tried again, default 1000; times the number of
        /// ejections that are not yet forgotten, as Envoy's outlier detection has it.
        var ejectionMilliseconds: UInt32 = 1000
        /// The longest ejection, default 30 s.
        var longestEjectionMilliseconds: UInt32 = 30_000
        /// Milliseconds in service that make one ejection forgotten, default 10 s.
        var forgivenessMilliseconds: UInt32 = 10_000
        /// Milliseconds in which an endpoint that returns gets its whole share; 0: at once.
        var slowStartMilliseconds = UInt32(clamping: HealthPolicy.standard.slowStart?.milliseconds ?? 0)
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
        /// Responses that broke off after their head.
        case brokenResponses = "broken-answers"
        /// Why it is well again.
        case probeAnswered = "probe-answered"
        case requestAnswered = "request-answered"

        /// Requests found it out: their ejections end by time.
        var isOfRequests: Bool { self == .passiveFailures || self == .brokenResponses }
    }

    enum State: Equatable, Sendable {
        /// Nothing seen yet, or nothing since an ejection ended. Next: `healthy`, `unhealthy`.
        case unknown
        /// Next: `unhealthy`.
        case healthy
        /// Next: `healthy` by probes or a request that is answered; or, when `until` has come (never, when probes found
        /// it out), what the probes say, and `unknown` without any.
        case unhealthy(Reason, until: Int64)
    }

    private(set) var state: State = .unknown
    private(set) var probeSuccesses: UInt32 = 0
    private(set) var probeFailures: UInt32 = 0
    private(set) var requestFailures: UInt32 = 0
    /// Ejections by requests, less those that are forgotten.
    private(set) var ejections: UInt32 = 0
    /// Heads of responses so far.
    private var responses: UInt64 = 0
    /// Of these, the ones that broke off.
    private var broken = FaultWindow()
    /// What the probes said last; false: nothing good, or there are none.
    private var probesAreContent = false
    /// It was out, and nobody has been told yet that it is well again.
    private var wasOut = false
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
        returned(to: probesAreContent ? .healthy : .unknown, now: now)
        return true
    }

    /// Ejected by requests, and still out.
    func isEjected(now: Int64) -> Bool {
        if case .unhealthy(let reason, let until) = state { return reason.isOfRequests && now < until }
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

    /// A real request got a response's head from it: proof enough against failures of requests, but not against a
    /// probe, and not against responses that break off.
    /// - Returns: true when somebody should be told that it is well again.
    mutating func requestSucceeded(now: @autoclosure () -> Int64) -> Bool {
        requestFailures = 0
        responses &+= 1
        switch state {
        case .healthy: break
        case .unknown: state = .healthy
        case .unhealthy(.passiveFailures, _): returned(to: .healthy, now: now())
        case .unhealthy: return false
        }
        guard wasOut else { return false }
        wasOut = false
        return true
    }

    /// A response broke off after its head. Returns true when the state changed: when at least five did of late, and
    /// they are half of all.
    mutating func responseBroke(now: Int64, settings: Settings, mayEject: Bool) -> Bool {
        broken.fault(.cut, now: now, total: max(responses, 1))
        let figures = broken.figures(now: now, total: responses)
        guard settings.passiveFailures > 0, figures.cut >= UInt64(settings.passiveFailures),
            figures.cut * 2 >= figures.responses
        else { return false }
        return eject(.brokenResponses, now: now, settings: settings, mayEject: mayEject)
    }

    /// A real request failed there (refused, reset, time-out, garbage). Returns true when the state changed.
    /// - Parameter mayEject: whether the others can do without it.
    mutating func requestFailed(now: Int64, settings: Settings, mayEject: Bool = true) -> Bool {
        requestFailures = requestFailures == .max ? .max : requestFailures + 1
        guard settings.passiveFailures > 0, requestFailures >= settings.passiveFailures else { return false }
        return eject(.passiveFailures, now: now, settings: settings, mayEject: mayEject)
    }

    private mutating func eject(_ reason: Reason, now: Int64, settings: Settings, mayEject: Bool) -> Bool {
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
            broken = FaultWindow()
            wasOut = true
            state = .unhealthy(reason, until: now + Int64(time))
            return true
        case .unhealthy: return false
        }
    }

    /// Takes over what another loop's prober found out. Returns true when the state changed.
    mutating func adopt(healthy: Bool, reason: Reason, now: Int64) -> Bool {
        probesAreContent = healthy
        switch (state, healthy) {
        case (.healthy, true): return false
        case (.unhealthy(let found, _), true) where found.isOfRequests:
            // Requests threw it out while probes were content: it comes back when its time is over.
            return false
        case (.unhealthy(let found, _), false) where found.isOfRequests:
            // Known already, but from now on it is for the probes to say when it is well.
            state = .unhealthy(reason, until: .max)
            return false
        case (.unhealthy, false): return false
        case (.unknown, true): state = .healthy
        case (.unhealthy, true): returned(to: .healthy, now: now)
        case (.unknown, false), (.healthy, false): state = .unhealthy(reason, until: .max)
        }
        // The prober has told it.
        wasOut = false
        return true
    }
}

/// How many of a group's endpoints may be out at once because requests failed there: one that fails is spared, but when
/// many do it is not them, and those that are left would be buried (Envoy's `max_ejection_percent`).
struct EjectionLimit: Equatable {
    /// 0: none is ever taken out.
    var percent: Int

    /// Whether one more of `count` may go. At least one may, or nothing would come of the limit in small groups.
    func allows(ejected: Int, of count: Int) -> Bool {
        guard percent > 0 else { return false }
        return ejected < max(1, count * percent / 100)
    }
}

extension EndpointHealth.Settings {
    init(_ policy: HealthPolicy) {
        self.init(
            unhealthyAfter: UInt32(clamping: policy.unhealthyAfter),
            healthyAfter: UInt32(clamping: policy.healthyAfter),
            slowStartMilliseconds: UInt32(clamping: policy.slowStart?.milliseconds ?? 0))
    }
}
