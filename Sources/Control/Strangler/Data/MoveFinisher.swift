import ControlKit
import DataMove
import Migration
import Operations
import Telemetry

/// Finishes moves of users whose coordinator is gone: while a slice stands in the middle, nobody takes its writes, and
/// who began it may not come back. The agent lives anyway, and needs no more than the stores to know what is owed.
struct MoveFinisher: Sendable {
    private let invocation: Invocation
    private let groups: @Sendable () -> [DataDocument.Group]
    private let logger: Logger

    init(_ invocation: Invocation, logger: Logger, groups: @escaping @Sendable () -> [DataDocument.Group]) {
        self.invocation = invocation
        self.groups = groups
        self.logger = logger
    }

    /// Until the task is cancelled.
    func run() async {
        var seen: Set<String> = []
        while !Task.isCancelled {
            let fenced = groups().filter { $0.mode == .owned && StorePair.hasFence($0) }.map(\.name)
            // A living coordinator takes milliseconds for a slice, and holds the lock besides.
            for name in fenced where seen.contains(name) { await finish(name) }
            seen = Set(fenced)
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private func finish(_ group: String) async {
        do {
            guard let share = try await MoveOperation.finish(group, try invocation.operation()) else { return }
            logger.warning("a move of users that was cut off is finished", ["group": group, "percent": "\(share)"])
        } catch {
            let problem = (error as? OperationFailure)?.message ?? "\(error)"
            logger.error(
                "a move of users that was cut off cannot be finished; it is tried again",
                ["group": group, "problem": problem])
        }
    }
}
