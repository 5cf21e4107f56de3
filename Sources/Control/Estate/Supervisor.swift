import ControlKit

/// Keeps the processes of a group alive: what ended by itself is started again, with the same arguments and in its
/// place. It says what happened as values and prints nothing, so that a demo, a dashboard or a scaler can use it alike.
package struct Supervisor {
    /// What a caller may want to tell somebody.
    package enum Event: Sendable {
        /// The process ended by itself, and is started again after the delay.
        case ended(String, ChildProcess.Ending, again: Duration)
        /// It could not be started, for the reason given, and is tried again after the delay.
        case notStarted(String, String, again: Duration)
        /// It listens again, so long after it was started.
        case up(String, after: Duration)
    }

    private let group: ProcessGroup
    private let began = ContinuousClock.now
    private var schedule = RestartSchedule()
    /// When each process that was started again began; those that never fell began before the supervision.
    private var started: [String: Duration] = [:]
    /// Started again, and not heard of yet.
    private var comingUp: Set<String> = []

    package init(of group: ProcessGroup) { self.group = group }

    /// Looks around until the task is cancelled.
    package mutating func run(_ tell: (Event) -> Void) async throws {
        while true {
            try await Task.sleep(for: .milliseconds(50))
            for event in look(at: ContinuousClock.now - began) { tell(event) }
        }
    }

    /// Collects what ended, starts what is due, and hears what listens again.
    /// - Parameter now: since the supervision began.
    package mutating func look(at now: Duration) -> [Event] {
        var events: [Event] = []
        for (child, ending) in group.fallen() {
            guard let delay = lost(child.name, now) else { continue }
            events.append(.ended(child.name, ending, again: delay))
        }
        for name in schedule.takeDue(now) {
            started[name] = now
            do throws(OperationFailure) {
                try group.startAgain(name)
                comingUp.insert(name)
            } catch {
                guard let delay = lost(name, now) else { continue }
                events.append(.notStarted(name, error.message, again: delay))
            }
        }
        for name in comingUp where group.isListening(name) {
            comingUp.remove(name)
            events.append(.up(name, after: now - (started[name] ?? now)))
        }
        return events
    }

    /// Returns how long the process stays down; nil when it was stopped on purpose and belongs to the group no more.
    private mutating func lost(_ name: String, _ now: Duration) -> Duration? {
        comingUp.remove(name)
        guard group.names.contains(name) else { return nil }
        return schedule.ended(name, started: started[name] ?? .zero - RestartSchedule.settled, now: now)
    }
}
