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

    private let invocation: Invocation
    private let groups: @Sendable () -> [DataDocument.Group]
    private let logger: Logger

    /// - Parameter groups: those that the agent carries at this moment.
    init(_ invocation: Invocation, logger: Logger, groups: @escaping @Sendable () -> [DataDocument.Group]) {
        self.invocation = invocation
        self.groups = groups
        self.logger = logger
    }

    /// Until the task is cancelled.
    func run() async {
        var news = News()
        var asked = invocation
        var failures = 0
        while !Task.isCancelled {
            let lines = Self.lines(groups().map { DataStatus.read($0, countsRows: false) })
            let answer = await send(lines, asked)
            news.tell(answer, logger)
            if case .failure = answer { failures += 1 } else { failures = 0 }
            // It may have come up elsewhere. Not with each attempt: to look for it takes more than to ask.
            if failures % 10 == 1 {
                asked = Invocation(inputs: invocation.inputs, environment: invocation.environment)
            }
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
        }
    }

    private func send(
        _ lines: [DataReportRequest.Group], _ invocation: Invocation
    ) async -> Result<[String], OperationFailure> {
        guard !lines.isEmpty else { return .success([]) }
        do {
            // A report that takes longer than its lease is none.
            let unknown = try await invocation.admin(timeout: .seconds(2)).reportData(
                DataReportRequest(groups: lines, lease: Self.lease))
            return .success(unknown)
        } catch let failure as OperationFailure {
            return .failure(failure)
        } catch {
            return .failure(OperationFailure(.failed, "\(error)"))
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
