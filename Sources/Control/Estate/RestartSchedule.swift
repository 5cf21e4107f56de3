/// When processes that ended by themselves are started again: at once at first, and later each time one ends young, so
/// that a process that cannot live does not take the machine. Times are since the supervision began; a value without a
/// clock.
package struct RestartSchedule: Equatable, Sendable {
    private struct Part: Equatable {
        var delay: Duration
        var due: Duration?
    }

    /// After the first end.
    package static let shortest = Duration.milliseconds(100)
    package static let longest = Duration.seconds(5)
    /// A part that lived that long begins anew with the shortest.
    package static let settled = Duration.seconds(10)

    private var parts: [String: Part] = [:]

    package init() {}

    /// A part that was started at `started` has ended. Returns how long it is left down.
    package mutating func ended(_ name: String, started: Duration, now: Duration) -> Duration {
        let before = now - started >= Self.settled ? nil : parts[name]?.delay
        let delay = before.map { min($0 * 2, Self.longest) } ?? Self.shortest
        parts[name] = Part(delay: delay, due: now + delay)
        return delay
    }

    /// The parts whose time has come, by name; each is given once.
    package mutating func takeDue(_ now: Duration) -> [String] {
        let names = parts.filter { $0.value.due.map { $0 <= now } ?? false }.keys.sorted()
        for name in names { parts[name]?.due = nil }
        return names
    }
}
