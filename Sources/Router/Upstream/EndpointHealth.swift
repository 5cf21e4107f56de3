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
        /// Without probes, milliseconds until an endpoint ejected by real requests is tried again, default 1000.
        var ejectionMilliseconds: UInt32 = 1000
        /// Whether probes are sent at all.
        var probes: Bool = false
    }

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
        /// Next: `healthy` by probes, or `unknown` when the ejection time is over and there are no probes.
        case unhealthy(Reason, until: Int64)
    }

    private(set) var state: State = .unknown
    private(set) var probeSuccesses: UInt32 = 0
    private(set) var probeFailures: UInt32 = 0
    private(set) var requestFailures: UInt32 = 0

    var isUnhealthy: Bool {
        if case .unhealthy = state { return true }
        return false
    }

    /// Whether a request may be sent there at `now` (milliseconds, monotonic).
    mutating func isUsable(now: Int64) -> Bool {
        guard case .unhealthy(_, let until) = state else { return true }
        guard now >= until else { return false }
        state = .unknown
        requestFailures = 0
        return true
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
    mutating func requestSucceeded() -> Bool {
        requestFailures = 0
        guard case .unhealthy(.passiveFailures, _) = state else { return false }
        state = .unknown
        return true
    }

    /// A real request failed there (refused, reset, time-out, garbage). Returns true when the state changed.
    mutating func requestFailed(now: Int64, settings: Settings) -> Bool {
        requestFailures = requestFailures == .max ? .max : requestFailures + 1
        guard settings.passiveFailures > 0, requestFailures >= settings.passiveFailures else { return false }
        switch state {
        case .unknown, .healthy:
            let until = settings.probes ? Int64.max : now + Int64(settings.ejectionMilliseconds)
            probeSuccesses = 0
            state = .unhealthy(.passiveFailures, until: until)
            return true
        case .unhealthy: return false
        }
    }

    /// Takes over what another loop's prober found out. Returns true when the state changed.
    mutating func adopt(healthy: Bool, reason: Reason) -> Bool {
        switch (state, healthy) {
        case (.healthy, true), (.unhealthy, false): return false
        case (_, true):
            state = .healthy
            requestFailures = 0
        case (_, false):
            state = .unhealthy(reason, until: .max)
        }
        return true
    }
}
