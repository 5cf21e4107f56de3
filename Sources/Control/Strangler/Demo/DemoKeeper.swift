import ControlKit
import Estate

/// Says what the supervision of a demo does: a part fell, is tried again, or is up again.
struct DemoKeeper {
    let estate: DemoEstate
    let console: Console

    init(_ estate: DemoEstate, _ console: Console) {
        self.estate = estate
        self.console = console
    }

    /// Keeps the demo alive until the task is cancelled.
    func run() async throws {
        var supervisor = estate.supervisor()
        try await supervisor.run { tell($0) }
    }

    private func tell(_ event: Supervisor.Event) {
        switch event {
        case .ended(let name, let ending, again: let delay): lost(name, "ended by itself (\(ending))", delay)
        case .notStarted(let name, let problem, again: let delay): lost(name, "cannot be started: \(problem)", delay)
        case .up(let name, after: let took):
            console.progress("\(name) is up again, \(Decimal.milliseconds(took)) after its start")
        }
    }

    private func lost(_ name: String, _ what: String, _ delay: Duration) {
        console.warn(
            "\(name) \(what); it is started again in \(Decimal.milliseconds(delay)); "
                + "its log: \(estate.layout.log(of: name))")
    }
}
