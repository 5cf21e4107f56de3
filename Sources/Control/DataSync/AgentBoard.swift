internal import Migration
private import Synchronization

/// The figures for `/metrics` and the state of each group, which the agent's thread writes and its other threads show.
final class AgentBoard: Sendable {
    /// What `/metrics` shows of one group.
    struct Figures: Sendable {
        var carried = 0
        var copied = 0
        var retries = 0
        var isStopped = false
        var isCopying = true
    }

    private struct State {
        var document: DataDocument
        var figures: [String: Figures] = [:]
        var lines: [String: AgentReport.Line] = [:]
        /// By group: the monotonic moment, in nanoseconds, up to which the target has everything that was committed.
        var complete: [String: Int] = [:]
        var configurationProblem: String?
    }

    private let state: Mutex<State>

    init(_ document: DataDocument) { state = Mutex(State(document: document)) }

    var document: DataDocument { state.withLock { $0.document } }

    /// The streams of the groups, by the names of reports.
    var streams: [String] { document.groups.flatMap(\.streams) }

    /// From now on this is what is carried.
    func follow(_ document: DataDocument) {
        let names = Set(document.groups.flatMap(\.streams))
        state.withLock {
            $0.document = document
            $0.configurationProblem = nil
            $0.figures = $0.figures.filter { names.contains($0.key) }
            $0.lines = $0.lines.filter { names.contains($0.key) }
            $0.complete = $0.complete.filter { names.contains($0.key) }
        }
    }

    func refuse(_ problem: String?) { state.withLock { $0.configurationProblem = problem } }

    func figures(_ group: String) -> Figures { state.withLock { $0.figures[group] ?? Figures() } }

    func count(_ group: String, _ change: (inout Figures) -> Void) {
        state.withLock { change(&$0.figures[group, default: Figures()]) }
    }

    /// The target has everything that the source had committed at that moment of the monotonic clock.
    func isComplete(_ group: String, upTo nanoseconds: Int) {
        state.withLock { $0.complete[group] = nanoseconds }
    }

    func complete(_ group: String) -> Int? { state.withLock { $0.complete[group] } }

    /// - Parameter error: what went wrong; nil keeps the last one unless `doing` says that it went right.
    func show(_ group: String, _ doing: AgentReport.Doing, rows: Int = 0, error: String? = nil) {
        let now = Clock.milliseconds()
        state.withLock { state in
            var line = state.lines[group] ?? AgentReport.Line(doing: doing, since: now)
            if line.doing != doing { line.since = now }
            line.doing = doing
            line.rows = rows
            line.error = error ?? (doing == .idle ? nil : line.error)
            state.lines[group] = line
        }
    }

    /// What stands beside each target.
    func reports(process: Int) -> [(target: String, report: AgentReport)] {
        state.withLock { state in
            Dictionary(grouping: state.document.groups, by: \.target).map { target, groups in
                var report = AgentReport(process: process, configurationProblem: state.configurationProblem)
                for name in groups.flatMap(\.streams) { report.groups[name] = state.lines[name] }
                return (target, report)
            }
        }
    }
}
