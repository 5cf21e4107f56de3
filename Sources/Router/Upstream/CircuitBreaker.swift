import Routing

/// Cuts one side of one route off when it keeps failing, and lets single requests through to see whether it is back.
///
/// Counts final outcomes (after retries), never single attempts: a process that is away for 100 ms is the retries'
/// business, and a breaker that opened on it would turn a hiccup into an outage. One breaker per route and side and
/// loop: a stuck service uses at most its own pool and never takes a neighbour route with it.
///
/// A request that legacy could answer instead is refused at once while the circuit is open. One without an alternative
/// gains nothing by that: it waits for a while, is tried sooner, and of many some pass, so that the circuit never makes
/// an outage longer than it is.
struct CircuitBreaker: Equatable {
    /// When to open and when to try again.
    struct Settings: Equatable, Sendable {
        /// Failures in a row that open the circuit; 0 switches the breaker off.
        var consecutiveFailures: UInt32
        /// Milliseconds from opening to the probe. It is made after a second at the latest, so that recovery is seen
        /// within that.
        var probeAfterMilliseconds: UInt32
    }

    enum State: Equatable {
        /// Everything passes. Next: `open`.
        case closed
        /// Nothing passes until `probeAt`, or until `soonAt` for a request without an alternative. Next: `halfOpen`, or
        /// `closed` when a trial went well or nobody asks for long.
        case open(probeAt: Int64, soonAt: Int64)
        /// One probe is out. Next: `closed` on success, `open` on failure or when the probe was called off.
        case halfOpen(probeStartedAt: Int64)
    }

    /// As what a request was let through.
    enum Passage: Equatable {
        case ordinary
        /// The one whose outcome decides.
        case probe
        /// One of the share that passes while the circuit is open: its success closes it, its failure says nothing new.
        case trial
    }

    /// What a request may do.
    enum Admission: Equatable {
        case pass
        /// Pass, and report the outcome with this passage.
        case attempt(Passage)
        /// Pass, as does everybody from now on: what was known is too old, and this closed the circuit.
        case passAgain
        /// Refuse; `retryAfterMilliseconds` until the next probe.
        case refuse(retryAfterMilliseconds: UInt32)
        /// Ask again soon.
        case wait
    }

    private(set) var state: State = .closed
    private(set) var failures: UInt32 = 0
    /// Probes that failed since it opened.
    private var failedProbes: UInt8 = 0
    /// How often those without an alternative asked while it was open.
    private var asked: UInt32 = 0
    /// Trials that are out.
    private var trials: UInt8 = 0

    /// A probe that neither succeeded nor failed within this time no longer bars the next one.
    static let probePatienceMilliseconds: Int64 = 1000

    /// What an open circuit knows is forgotten when nobody has asked since its probe was due, for this long: after a
    /// shift to 0 % and back, the users of a side that has long recovered must not be refused beside a first probe.
    /// Before that, one probe is the price.
    static let memoryMilliseconds: Int64 = 2000

    /// Of those without an alternative, one in so many is a trial, and so many at most are out at once.
    static let trialShare: UInt32 = 8
    static let trialLimit: UInt8 = 8
    /// Until the first probe of those without an alternative; twice as long after each that failed.
    static let soonMilliseconds: Int64 = 50

    /// Asks for passage at `now` (milliseconds, monotonic).
    /// - Parameter hasAlternative: The other side would answer instead.
    @inline(__always)
    mutating func admit(now: Int64, settings: Settings, hasAlternative: Bool = true) -> Admission {
        switch state {
        case .closed: .pass
        case .open(let probeAt, let soonAt):
            admitWhileOpen(probeAt: probeAt, soonAt: soonAt, now: now, settings, hasAlternative)
        case .halfOpen(let startedAt): admitBesideProbe(startedAt: startedAt, now: now, settings, hasAlternative)
        }
    }

    private mutating func admitWhileOpen(
        probeAt: Int64, soonAt: Int64, now: Int64, _ settings: Settings, _ hasAlternative: Bool
    ) -> Admission {
        // Switched off while it was open, or too old to be true.
        if settings.consecutiveFailures == 0 || now - probeAt >= Self.memoryMilliseconds {
            forget(settings)
            return .passAgain
        }
        let due = hasAlternative ? probeAt : min(probeAt, soonAt)
        guard now >= due else {
            return hasAlternative ? .refuse(retryAfterMilliseconds: UInt32(clamping: due - now)) : tryOrWait()
        }
        state = .halfOpen(probeStartedAt: now)
        return .attempt(.probe)
    }

    private mutating func admitBesideProbe(
        startedAt: Int64, now: Int64, _ settings: Settings, _ hasAlternative: Bool
    ) -> Admission {
        if settings.consecutiveFailures == 0 {
            forget(settings)
            return .passAgain
        }
        guard now - startedAt >= Self.probePatienceMilliseconds else {
            return hasAlternative
                ? .refuse(retryAfterMilliseconds: settings.probeAfterMilliseconds) : tryOrWait()
        }
        state = .halfOpen(probeStartedAt: now)
        return .attempt(.probe)
    }

    private mutating func tryOrWait() -> Admission {
        asked &+= 1
        guard asked % Self.trialShare == 0, trials < Self.trialLimit else { return .wait }
        trials += 1
        return .attempt(.trial)
    }

    /// Closed, but on its last warning: the first failure opens it again.
    private mutating func forget(_ settings: Settings) {
        state = .closed
        failedProbes = 0
        failures = settings.consecutiveFailures > 0 ? settings.consecutiveFailures - 1 : 0
    }

    /// A request ended well (any response below 500, or a 5xx that the application gave of its own).
    /// - Returns: true when this closed the circuit.
    mutating func succeeded(_ passage: Passage = .ordinary) -> Bool {
        failures = 0
        ended(passage)
        switch (state, passage) {
        case (.closed, _): return false
        case (.open, .ordinary): return false  // an old request; only one that was sent since tells
        case (.open, .probe), (.open, .trial), (.halfOpen, _):
            state = .closed
            failedProbes = 0
            return true
        }
    }

    /// A request failed for good in the way that counts: refused, reset, time-out, garbage.
    /// - Returns: true when this opened the circuit.
    mutating func failed(_ passage: Passage = .ordinary, now: Int64, settings: Settings) -> Bool {
        failures = failures == .max ? .max : failures + 1
        ended(passage)
        switch (state, passage) {
        case (.closed, _):
            guard settings.consecutiveFailures > 0, failures >= settings.consecutiveFailures else { return false }
            failedProbes = 0
            asked = 0
        // What was sent before it opened, or beside the probe, says nothing new.
        case (.open, _), (.halfOpen, .ordinary), (.halfOpen, .trial): return false
        case (.halfOpen, .probe):
            failedProbes = min(failedProbes + 1, 10)
        }
        let longest = Int64(min(settings.probeAfterMilliseconds, 1000))
        state = .open(
            probeAt: now + longest, soonAt: now + min(longest, Self.soonMilliseconds << Int64(failedProbes)))
        return true
    }

    /// It ended without telling anything (its client left, or an old connection did): the next request may probe at
    /// once.
    mutating func calledOff(_ passage: Passage, now: Int64) {
        ended(passage)
        if case .halfOpen = state, passage == .probe { state = .open(probeAt: now, soonAt: now) }
    }

    private mutating func ended(_ passage: Passage) {
        if passage == .trial, trials > 0 { trials -= 1 }
    }
}

extension CircuitBreaker.Settings {
    init(_ policy: BreakerPolicy) {
        consecutiveFailures = UInt32(clamping: policy.failures)
        probeAfterMilliseconds = UInt32(clamping: policy.open.milliseconds)
    }
}
