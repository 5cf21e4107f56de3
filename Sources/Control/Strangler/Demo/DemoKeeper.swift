import Estate
import ControlKit
import Glibc

/// Keeps a demo alive: what ended by itself is started again, with the same arguments and on the same data, and both
/// are said.
struct DemoKeeper {
    private let estate: DemoEstate
    private let console: Console
    private let began = ContinuousClock.now
    private var schedule = RestartSchedule()
    /// When each part that was started again began; those that never fell began before the keeper.
    private var started: [String: Duration] = [:]
    /// Started again, and not heard of yet.
    private var comingUp: Set<String> = []

    init(_ estate: DemoEstate, _ console: Console) {
        self.estate = estate
        self.console = console
    }

    /// Looks around until the task is cancelled.
    mutating func run() async throws {
        while true {
            try await Task.sleep(for: .milliseconds(50))
            look(at: ContinuousClock.now - began)
        }
    }

    private mutating func look(at now: Duration) {
        for (child, ending) in estate.fallen() { lost(child.name, "ended by itself (\(ending))", now) }
        for name in schedule.takeDue(now) {
            started[name] = now
            do throws(CommandFailure) {
                try estate.startAgain(name)
                comingUp.insert(name)
            } catch {
                lost(name, "cannot be started: \(error.message)", now)
            }
        }
        for name in comingUp where estate.isListening(name) {
            comingUp.remove(name)
            let took = now - (started[name] ?? now)
            console.progress("\(name) is up again, \(Decimal.milliseconds(took)) after its start")
        }
    }

    private mutating func lost(_ name: String, _ what: String, _ now: Duration) {
        comingUp.remove(name)
        // What the tour put up and took down again is not part of the estate.
        guard estate.isPart(name) else { return }
        let delay = schedule.ended(name, started: started[name] ?? .zero - RestartSchedule.settled, now: now)
        console.warn(
            "\(name) \(what); it is started again in \(Decimal.milliseconds(delay)); "
                + "its log: \(estate.layout.log(of: name))")
    }
}
