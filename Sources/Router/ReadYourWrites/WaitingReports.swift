import EventLoop

/// Reports of agents whose response waits for the next write, so that an agent hears of it at once and an idle one asks
/// once a second. Confined to the control loop.
final class WaitingReports {
    private struct Waiting {
        var followers: [AwaitedFollower]
        var dueAt: Moment
        var answer: () -> Void
    }

    private let loop: Loop
    private var all: [Waiting] = []
    private var timer: Timer?
    /// One more is answered at once: an agent then asks again after its own pause.
    static let limit = 64

    init(loop: Loop) { self.loop = loop }

    var count: Int { all.count }

    /// - Parameters:
    ///   - wait: milliseconds.
    ///   - answer: called once, now or later; on the control loop.
    func add(_ followers: [AwaitedFollower], for wait: Int64, answer: @escaping () -> Void) {
        let waiting = Waiting(
            followers: followers, dueAt: loop.now + .milliseconds(UInt64(clamping: wait)), answer: answer)
        watch(waiting)
        // Looked at after the watch is set: a write in between is seen here or told.
        guard all.count < Self.limit, !isAwaited(waiting) else { return answer() }
        all.append(waiting)
        rearm()
    }

    /// Some context was written to. Its watch has ended with that, also for those who are not due, because the write is
    /// confirmed by now.
    func written() {
        for waiting in all { watch(waiting) }
        answer(where: isAwaited)
    }

    /// What can be waited for has changed: who asks again is judged anew.
    func answerAll() { answer { _ in true } }

    private func watch(_ waiting: Waiting) {
        for follower in waiting.followers { follower.recent.watch() }
    }

    private func isAwaited(_ waiting: Waiting) -> Bool {
        let now = loop.readClock().nanoseconds
        return waiting.followers.contains { $0.isAwaited(now: now) }
    }

    private func answer(where isDue: (Waiting) -> Bool) {
        var due: [Waiting] = []
        var kept: [Waiting] = []
        for waiting in all { if isDue(waiting) { due.append(waiting) } else { kept.append(waiting) } }
        guard !due.isEmpty else { return }
        all = kept
        rearm()
        for waiting in due { waiting.answer() }
    }

    private func rearm() {
        timer?.cancel()
        timer = nil
        guard let next = all.map(\.dueAt).min() else { return }
        let made = Timer(loop: loop) { [weak self] in
            guard let self else { return }
            timer = nil
            let now = loop.now
            answer { $0.dueAt <= now }
        }
        timer = made
        made.setDeadline(next)
    }
}
