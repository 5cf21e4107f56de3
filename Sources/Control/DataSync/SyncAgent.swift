private import Glibc
package import Migration
private import Synchronization
package import Telemetry

/// Runs the streams of all groups in one thread until it is asked to stop.
package final class SyncAgent: Sendable {
    /// The change of `data.json` since it was last looked at.
    package enum News: Sendable {
        case unchanged
        case changed(DataDocument)
        /// It cannot be read; what was read before stays.
        case refused(String)
    }

    private let board: AgentBoard
    private let news: @Sendable () -> News
    private let logger: Logger
    private let isStopping = Atomic<Bool>(false)
    /// How often `news` is asked, in milliseconds: one `stat`.
    private static let newsEvery = 500

    /// - Parameter news: asked while the agent runs; what changed is followed without a restart.
    package init(
        _ document: DataDocument, logger: Logger, news: @escaping @Sendable () -> News = { .unchanged }
    ) {
        board = AgentBoard(document)
        self.news = news
        self.logger = logger
    }

    /// What is carried at this moment; it changes with `data.json`.
    package var groups: [DataDocument.Group] { board.document.groups }

    /// The moment up to which a group's target has everything that its source had committed, in nanoseconds of
    /// `Clock.monotonicNanoseconds`; nil: not that it were known. It grows while the agent runs, with and without
    /// changes.
    package func complete(_ group: String) -> Int? { board.complete(group) }

    /// Lets the step under way finish; `run` returns after it.
    package func stop() { isStopping.store(true, ordering: .relaxed) }

    /// Carries rows until stopped, or (`once`) until every group has caught up.
    ///
    /// - Parameter began: called once no other agent can carry these groups, and everybody can see that this one does.
    /// - Returns: the streams that stand still because a person must look.
    /// - Throws: `AgentProblem` when another agent serves a target.
    package func run(once: Bool = false, began: () -> Void = {}) throws -> [String] {
        var locks: [String: SyncLock] = [:]
        var lanes: [AgentLane] = []
        for group in board.document.groups {
            guard take(group.target, &locks) else { throw AgentProblem(group: group.name, target: group.target) }
            lanes += self.lanes(group)
        }
        let heart = AgentHeart(board)
        heart.start()
        defer { heart.stop() }
        began()
        var askedAt = Clock.milliseconds()
        while !isStopping.load(ordering: .relaxed) {
            var isBusy = false
            var isBehind = false
            for lane in lanes {
                switch lane.turn() {
                case .moved(.carried(let changes, let copied)): isBusy = isBusy || changes > 0 || copied > 0
                case .moved(.idle), .stopped: break
                case .due: isBehind = true
                }
                if lane.isFilling { (isBusy, isBehind) = (true, true) }
                if isStopping.load(ordering: .relaxed) { break }
            }
            if once, !isBusy, !isBehind {
                for lane in lanes { lane.trimAll() }
                break
            }
            // 10 ms is what an idle change may wait; asking costs three pragmas per group.
            usleep(isBusy ? 500 : 10_000)
            let now = Clock.milliseconds()
            if !once, now - askedAt >= Self.newsEvery || now < askedAt {
                askedAt = now
                follow(&lanes, &locks)
            }
        }
        return board.streams.filter { board.figures($0).isStopped }
    }

    /// One for each way that rows of a group go.
    private func lanes(_ group: DataDocument.Group) -> [AgentLane] {
        let there = AgentLane(group, board, logger)
        return group.mode == .reads ? [there] : [there, AgentLane(group, isBack: true, board, logger)]
    }

    /// Groups may share a target: one lock for all of them.
    private func take(_ target: String, _ locks: inout [String: SyncLock]) -> Bool {
        if locks[target] != nil { return true }
        locks[target] = SyncLock(target: target)
        return locks[target] != nil
    }

    /// Looks whether `data.json` changed, and carries from now on what it says. Groups that it says the same about go
    /// on undisturbed.
    private func follow(_ lanes: inout [AgentLane], _ locks: inout [String: SyncLock]) {
        switch news() {
        case .unchanged: return
        case .refused(let problem):
            logger.error("data.json changed and cannot be followed: \(problem)", ["carried": "what it said before"])
            board.refuse(problem)
        case .changed(let document):
            var held = locks
            for group in document.groups where !take(group.target, &held) {
                let problem = "another agent carries rows into \(group.target)"
                logger.error("data.json changed and cannot be followed: \(problem)", ["group": group.name])
                board.refuse(problem)
                return
            }
            let targets = Set(document.groups.map(\.target))
            locks = held.filter { targets.contains($0.key) }
            lanes = document.groups.flatMap { group in
                let same = lanes.filter { $0.group == group }
                return same.isEmpty ? self.lanes(group) : same
            }
            board.follow(document)
            logger.info("data.json changed: carrying \(document.groups.map(\.name).joined(separator: ", "))")
        }
    }

    /// Prometheus text; reads the lag from the stores.
    package func metrics() -> String { SyncMetrics.text(board) }
}

/// Another agent serves a target.
package struct AgentProblem: Error, Sendable, Equatable {
    package let group: String
    package let target: String
}
