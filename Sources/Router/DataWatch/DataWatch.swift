import Formats

/// Decides from the agent's reports whether the rows of one context follow the monolith's. It is pure: reports and the
/// time come in, actions go out.
struct DataWatch: Equatable {
    enum State: Equatable {
        /// No agent has reported since the start, so nothing is known and nothing is done. Next: `following`,
        /// `stalled`.
        case unknown
        /// The last report was good, and holds until its lease is out. Next: `stalled`.
        case following(until: Int64)
        /// The rows on the service are old, or about to be. Next: `following`.
        case stalled(Stall)
    }

    struct Stall: Equatable {
        /// Goes on in "the rows of X do not follow: …".
        var reason: String
        /// Milliseconds of the loop's clock.
        var since: Int64
        /// Whether what the context's `onStall` asks for was done.
        var answer: Answer

        enum Answer: Equatable { case owed, underWay, done }
    }

    enum Action: Equatable {
        case nothing
        /// Report the stall, and do what `onStall` says.
        case stalled(String)
        /// Do what `onStall` says now, because it could not be done before.
        case answerAgain(String)
        case recovered
    }

    private(set) var state = State.unknown
    /// The newest report, and when it came.
    private(set) var report: (value: DataReport.Group, at: Int64)?
    /// The reason that the last report gave for having nothing new, if any.
    private var trouble: String?

    /// - Parameters:
    ///   - lease: milliseconds for which the report holds.
    ///   - maxLag: milliseconds.
    mutating func reported(_ group: DataReport.Group, lease: Int64, maxLag: Int64, now: Int64) -> Action {
        report = (group, now)
        switch judgement(group, maxLag) {
        case .good:
            trouble = nil
            let wasStalled = if case .stalled = state { true } else { false }
            state = .following(until: now &+ lease)
            return wasStalled ? .recovered : .nothing
        case .bad(let reason):
            trouble = nil
            return stall(reason, now)
        case .nothingNew(let reason):
            // A store that is locked for a moment is no stall; one that stays so lets the lease run out.
            trouble = reason
            return passed(now: now)
        }
    }

    /// Called when time has passed.
    mutating func passed(now: Int64) -> Action {
        switch state {
        case .unknown: return .nothing
        case .following(let until):
            guard now >= until else { return .nothing }
            let silence = Self.seconds(now &- (report?.at ?? now))
            return stall(trouble ?? "its agent has not reported for \(silence)", now)
        case .stalled(var stall):
            guard stall.answer == .owed else { return .nothing }
            stall.answer = .underWay
            state = .stalled(stall)
            return .answerAgain(stall.reason)
        }
    }

    /// What `onStall` asks for was done, or could not be.
    mutating func answered(_ isDone: Bool) {
        guard case .stalled(var stall) = state else { return }
        stall.answer = isDone ? .done : .owed
        state = .stalled(stall)
    }

    /// The time at which the state changes without a report; nil when it does not.
    var deadline: Int64? {
        if case .following(let until) = state { until } else { nil }
    }

    var stall: Stall? {
        if case .stalled(let stall) = state { stall } else { nil }
    }

    private mutating func stall(_ reason: String, _ now: Int64) -> Action {
        if case .stalled(var present) = state {
            // The reason may have changed; what was done about the stall stays done.
            present.reason = reason
            state = .stalled(present)
            return passed(now: now)
        }
        state = .stalled(Stall(reason: reason, since: now, answer: .underWay))
        return .stalled(reason)
    }

    private enum Judgement {
        case good
        case bad(String)
        case nothingNew(String)
    }

    private func judgement(_ group: DataReport.Group, _ maxLag: Int64) -> Judgement {
        let because = group.reason.map { ": \($0)" } ?? ""
        switch group.state {
        case .running:
            guard group.lagMilliseconds > maxLag else { return .good }
            let rows = "\(group.lagRows) row\(group.lagRows == 1 ? "" : "s")"
            return .bad(
                "\(rows) behind, the oldest for \(Self.seconds(group.lagMilliseconds)) (maxLag \(Self.seconds(maxLag)))"
            )
        case .copying: return .bad("they are still being copied")
        case .proving: return .bad("that all of them were copied is not proven yet")
        case .incomplete: return .bad("some cannot be carried\(because)")
        case .stopped: return .bad("the stream has stopped\(because)")
        case .notCreated: return .bad("nothing carries them\(because)")
        case .unreadable: return .nothingNew("the agent cannot read its stores\(because)")
        }
    }

    /// `4.2 s`.
    static func seconds(_ milliseconds: Int64) -> String {
        DurationText.tenths(ofMilliseconds: milliseconds)
    }

    static func == (left: DataWatch, right: DataWatch) -> Bool {
        left.state == right.state && left.report?.value == right.report?.value && left.report?.at == right.report?.at
            && left.trouble == right.trouble
    }
}
