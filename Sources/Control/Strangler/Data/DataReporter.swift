import AdminAPI
import AdminClient
import ControlKit
import DataSync
import Migration
import Telemetry

/// Tells the router about once a second how the groups of the agent stand, so that it can bring readers back when rows
/// no longer follow.
///
/// An agent works without a router as well: that none takes its reports is said once, and no more.
final class DataReporter: Sendable {
    /// How long a report holds: a machine that stands still for some seconds is no agent that is gone.
    static let lease = "10s"

    /// How long a router may keep a report waiting for a write; then the next one says how the groups stand.
    static let wait = "1s"
    /// How long a group is waited for that a router asks about, before the router is told what there is.
    private static let patience = Duration.milliseconds(250)

    private let invocation: Invocation
    /// nil: the router of the configuration.
    private let router: AdminAddress?
    private let agent: Agent
    private let logger: Logger

    /// What is asked of the agent.
    struct Agent: Sendable {
        /// What it carries at this moment.
        var groups: @Sendable () -> [DataDocument.Group]
        /// Up to which moment a group's target has everything (`SyncAgent.complete`).
        var complete: @Sendable (String) -> Int?
    }

    init(_ invocation: Invocation, router: AdminAddress? = nil, logger: Logger, agent: Agent) {
        self.invocation = invocation
        self.router = router
        self.agent = agent
        self.logger = logger
    }

    /// Until the task is cancelled. One report a second; and while users wait for a group, one as soon as it has what
    /// they wrote.
    func run() async {
        var news = News()
        var marks = OwedMarks()
        var asked = invocation
        var failures = 0
        var pace = ReportPace()
        var read: (lines: [DataReportRequest.Group], at: ContinuousClock.Instant)?
        while !Task.isCancelled {
            let began = ContinuousClock.now
            // The stores are asked once a second, however often the router is.
            if read.map({ began - $0.at >= .milliseconds(900) }) ?? true {
                read = (Self.lines(agent.groups().map { DataStatus.read($0, countsRows: false) }), began)
            }
            let said = marks.answers(agent.complete)
            let answer = await send(Self.lines(read?.lines ?? [], asOf: said), asked)
            news.tell(answer.map(\.unknown), logger)
            switch answer {
            case .success(let response):
                failures = 0
                marks.told(said)
                marks.heard(
                    response.mark, of: read?.lines.map(\.group) ?? [], at: Clock.monotonicNanoseconds())
                await pause(until: began + pace.pause(isAwaited: !response.awaited.isEmpty, took: .now - began))
                await wait(for: response.awaited, marks)
            case .failure:
                failures += 1
                await pause(until: ContinuousClock.now + .seconds(1))
            }
            // It may have come up elsewhere. Not with each attempt: to look for it takes more than to ask.
            if failures % 10 == 1 {
                asked = Invocation(inputs: invocation.inputs, environment: invocation.environment)
            }
        }
    }

    /// At once when nothing is awaited; else until all of the groups have what their router asked about, or for as long
    /// as one is patient.
    private func wait(for awaited: [String], _ marks: OwedMarks) async {
        guard !awaited.isEmpty else { return }
        let deadline = ContinuousClock.now + Self.patience
        while !Task.isCancelled, ContinuousClock.now < deadline, !marks.areDue(awaited, agent.complete) {
            await pause(until: ContinuousClock.now + .milliseconds(2))
        }
    }

    private func pause(until moment: ContinuousClock.Instant) async { try? await Task.sleep(until: moment) }

    private func send(
        _ lines: [DataReportRequest.Group], _ invocation: Invocation
    ) async -> Result<DataReportedResponse, OperationFailure> {
        guard !lines.isEmpty else { return .success(DataReportedResponse()) }
        do {
            // A report that takes longer than its lease is none.
            return .success(
                try await invocation.admin(timeout: .seconds(3), at: router).reportData(
                    DataReportRequest(groups: lines, lease: Self.lease, wait: Self.wait)))
        } catch let failure as OperationFailure {
            return .failure(failure)
        } catch {
            return .failure(OperationFailure(.failed, "\(error)"))
        }
    }

    private static func lines(
        _ lines: [DataReportRequest.Group], asOf marks: [String: String]
    ) -> [DataReportRequest.Group] {
        lines.map { line in
            var line = line
            line.asOf = marks[line.group]
            return line
        }
    }

    /// What a report says of each group.
    static func lines(_ all: [DataStatus]) -> [DataReportRequest.Group] {
        all.map { status in
            var (state, reason) = (Self.word(status.state), status.reason)
            if status.state == .running, status.proof == nil {
                state = "proving"
            } else if status.state == .running, status.keyless > 0 {
                (state, reason) = ("incomplete", "\(status.keyless) rows have no key")
            } else if status.state == .running, !status.agentLives {
                // This process lives, but what carries the rows does not move: no news, so that the lease runs out.
                let silence = status.silence.map { "has not moved for \($0) ms" } ?? "cannot be seen"
                (state, reason) = ("unreadable", "the agent \(silence)")
            }
            return .init(
                group: status.group, state: state, lagRows: status.lag.rows, lagMilliseconds: status.lag.age,
                reason: reason)
        }
    }

    private static func word(_ state: DataStatus.State) -> String {
        switch state {
        case .notCreated: "not-created"
        case .copying: "copying"
        case .proving: "proving"
        case .running: "running"
        case .stopped: "stopped"
        case .unreadable: "unreadable"
        }
    }

    /// Says what is new about the router's answers, and that once.
    struct News {
        private enum Last: Equatable {
            case nothing
            case taken(unknown: [String])
            case refused
        }
        private var last = Last.nothing

        mutating func tell(_ answer: Result<[String], OperationFailure>, _ logger: Logger) {
            let before = last
            switch answer {
            case .success(let unknown):
                last = .taken(unknown: unknown)
                guard last != before else { return }
                if case .taken = before {} else { logger.info("the router is told how the groups stand") }
                for group in unknown {
                    logger.warning(
                        "no context in the mode reads names this group, so the router does not watch it",
                        ["group": group, "fix": "contexts.NAME.data.group in the routes file"])
                }
            case .failure(let failure):
                last = .refused
                guard last != before else { return }
                logger.warning(
                    "no router takes reports, so none watches whether the rows of its readers follow",
                    ["problem": failure.message])
            }
        }
    }
}
