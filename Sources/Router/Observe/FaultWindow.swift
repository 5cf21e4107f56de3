/// How many of the last responses were of no use, told from counters that are kept anyway: nothing is done for a
/// response that is good.
///
/// Two windows of five seconds, the one that runs and the one before it, so that what is read is of the last five to
/// ten seconds; and the run of faults without a good response between, for upstreams that get few requests. Times are
/// milliseconds, monotonic.
struct FaultWindow: Equatable {
    /// Of the window: all responses, and the faults among them by kind.
    struct Figures: Equatable, Sendable {
        var responses: UInt64 = 0
        var errors: UInt64 = 0
        var cut: UInt64 = 0

        var faults: UInt64 { errors + cut }

        mutating func add(_ other: Figures) {
            responses &+= other.responses
            errors &+= other.errors
            cut &+= other.cut
        }
    }

    enum Kind {
        /// A 5xx.
        case error
        /// Broken off after its head.
        case cut
    }

    static let milliseconds: Int64 = 5000

    /// When the window that runs began, and how many responses there had been.
    private var start = Int64.min / 2
    private var startTotal: UInt64 = 0
    private var current = Figures()
    private var before = Figures()
    /// Faults in a row, and the response that was the last of them.
    private var run = Figures()
    private var runEnd: UInt64 = 0
    private(set) var lastFaultAt = Int64.min / 2

    /// - Parameter total: responses so far, this one with them.
    mutating func fault(_ kind: Kind, now: Int64, total: UInt64) {
        move(to: now, total: total &- 1)
        if total != runEnd &+ 1 { run = Figures() }
        runEnd = total
        lastFaultAt = now
        switch kind {
        case .error:
            current.errors &+= 1
            run.errors &+= 1
        case .cut:
            current.cut &+= 1
            run.cut &+= 1
        }
        run.responses = run.faults
    }

    /// What the last seconds look like when there have been `total` responses.
    func figures(now: Int64, total: UInt64) -> Figures {
        var copy = self
        copy.move(to: now, total: total)
        var sum = copy.before
        sum.add(copy.current)
        sum.responses = copy.before.responses &+ (total &- copy.startTotal)
        // Few requests: the run says more than a window that has one or two of them.
        return runEnd == total && run.responses > sum.responses ? run : sum
    }

    /// Faults since the last good response; 0: the last one was good.
    func run(total: UInt64) -> UInt64 { runEnd == total ? run.responses : 0 }

    /// Begins a new window when the one that runs is over. Good responses do not: who wants to know when they began
    /// calls this each second.
    mutating func move(to now: Int64, total: UInt64) {
        let age = now - start
        guard age >= Self.milliseconds else { return }
        before = Figures()
        if age < 2 * Self.milliseconds {
            before = current
            before.responses = total &- startTotal
        }
        start = now
        startTotal = total
        current = Figures()
    }
}

/// Whether a side's responses are an alarm. Raised by faults, so that good responses cost nothing; looked at again each
/// second until it is over.
struct FaultAlarm: Equatable {
    /// Faults, in the window or in a row, that are needed: one or two may be anybody's.
    static let least: UInt64 = 5
    /// Milliseconds without any response until what was known is too old to be an alarm.
    static let memory: Int64 = 30_000

    private(set) var isRaised = false
    private(set) var window = FaultWindow()

    /// True when this raised it: half of the last responses were faults, or the last five were.
    mutating func fault(_ kind: FaultWindow.Kind, now: Int64, total: UInt64) -> Bool {
        window.fault(kind, now: now, total: total)
        guard !isRaised else { return false }
        let figures = window.figures(now: now, total: total)
        isRaised =
            window.run(total: total) >= Self.least
            || (figures.faults >= Self.least && figures.faults * 2 >= figures.responses)
        return isRaised
    }

    /// True when it is over: less than a fifth of the last responses are faults, or nothing was asked for long.
    mutating func isOver(now: Int64, total: UInt64) -> Bool {
        guard isRaised else { return false }
        window.move(to: now, total: total)
        let figures = window.figures(now: now, total: total)
        let isWell = window.run(total: total) == 0 && figures.faults * 5 < figures.responses
        guard isWell || now - window.lastFaultAt >= Self.memory else { return false }
        isRaised = false
        return true
    }
}
