internal import Migration
private import SQLite
internal import Telemetry

/// One group while the agent runs; used by the agent's thread only.
final class AgentLane {
    /// How a turn ended.
    enum Turn {
        case moved(SyncStream.Outcome)
        /// The step could not be made, or not yet; another one is due.
        case due
        /// A person must look.
        case stopped
    }

    /// As `data.json` has it, whichever way this lane carries.
    let group: DataDocument.Group
    /// Carries the service's rows to the monolith.
    let isBack: Bool
    /// The group as the stream sees it: the way back is known once it is installed.
    private var carried: DataDocument.Group
    private let board: AgentBoard
    private let logger: Logger
    private(set) var stream: SyncStream?
    private var nextTry = 0
    private var nextTrim = 0
    private var nextCarry = 0
    /// Milliseconds between two steps that lock the source: each costs its writers a commit of ours.
    private static let spacing = 20
    private var isStopped = false
    private var isFailing = false
    /// How often the copy had been begun when the stream was opened.
    private var generation: Int?
    private var stored: String?
    /// Logged once, not ten times a second.
    private var lastFailure: String?

    init(_ group: DataDocument.Group, isBack: Bool = false, _ board: AgentBoard, _ logger: Logger) {
        self.group = group
        self.isBack = isBack
        carried = isBack ? group.back([]) : group
        self.board = board
        self.logger = logger
    }

    var isFilling: Bool { stream?.isFilling ?? false }
    /// As reports name it.
    var name: String { carried.stream }

    /// One step.
    func turn() -> Turn {
        if stream == nil, Clock.milliseconds() < nextTry { return isStopped ? .stopped : .due }
        if stream?.locksWriters == true, Clock.milliseconds() < nextCarry { return .due }
        do {
            if stream == nil, isBack { carried = try WayBack.group(of: group) }
            if stream == nil {
                let memory = try StreamMemory.memory(carried)
                generation = memory.generation
                stored = memory.stop
            }
            if stream == nil, let reason = stored {
                if !isStopped { logger.error("stream stands still: \(reason)", ["group": name]) }
                stand(reason)
                return .stopped
            }
            let running = try stream ?? SyncStream(carried, begins: { [unowned self] in begins($0, $1) })
            stream = running
            // Before the source is read: what is committed from here on may be missed.
            let began = Clock.monotonicNanoseconds()
            let outcome = try running.step()
            if !running.isFilling { board.isComplete(name, upTo: began) }
            went(outcome, running)
            if case .carried = outcome, !running.isFilling { nextCarry = Clock.milliseconds() + Self.spacing }
            try trim(running)
            return .moved(outcome)
        } catch is StreamNotDue {
            // Asked again with the next turn: the copy there is under way, or stands still for a reason of its own.
            return .moved(.idle)
        } catch let reason as StopReason {
            stop(reason)
            return .stopped
        } catch let problem as PlanProblem {
            stop(.notCarryable(problem.reason))
            return .stopped
        } catch is StoreReplaced {
            // The store is opened again at once; its contents show whether it is the same store.
            stream = nil
            logger.info("a store's file was replaced; it is opened again", ["group": name])
            return .due
        } catch {
            // Locked, full, or away for a moment: the step left nothing behind, so it is simply made again.
            retry(error)
            return .due
        }
    }

    /// A batch at a time, so that neither changes nor writers wait; asked for seldom once nothing is left.
    private func trim(_ stream: SyncStream) throws {
        let now = Clock.milliseconds()
        guard now >= nextTrim || now < nextTrim - 10_000 else { return }
        nextTrim = now + (try stream.trim() > 0 ? 20 : 2_000)
    }

    /// Removes every change that may be removed, before the agent ends.
    func trimAll() {
        while let stream, let removed = try? stream.trim(), removed > 0 {}
    }

    /// A step that failed and is made again shows why until it succeeds, not what it tries.
    private func begins(_ rows: Int, _ isCopying: Bool) {
        if !isFailing { board.show(name, isCopying ? .copying : .applying, rows: rows) }
    }

    private func went(_ outcome: SyncStream.Outcome, _ stream: SyncStream) {
        isStopped = false
        isFailing = false
        lastFailure = nil
        board.count(name) { figures in
            figures.isStopped = false
            figures.isCopying = stream.isFilling
            if case .carried(let changes, let copied) = outcome {
                figures.carried += changes
                figures.copied += copied
            }
        }
        // Between two chunks of a copy it is copying, not idle.
        board.show(name, stream.isFilling ? .copying : .idle)
    }

    private func stop(_ reason: StopReason) {
        let generation = stream?.generation ?? generation
        if !isStopped {
            logger.error("stream stopped: \(reason.sentence)", ["group": name, "fix": reason.fix(group.name)])
        }
        stand(reason.sentence)
        do {
            try StreamMemory.markStopped(carried, reason, generation: generation)
        } catch {
            logger.error("the reason could not be stored: \(error)", ["group": name])
        }
    }

    private func stand(_ reason: String) {
        stream = nil
        nextTry = Clock.milliseconds() + 1_000
        isStopped = true
        board.count(name) { $0.isStopped = true }
        board.show(name, .stopped, error: reason)
    }

    private func retry(_ error: any Error) {
        isStopped = false
        isFailing = true
        board.count(name) { $0.retries += 1 }
        let isBusy = (error as? SQLiteError)?.isBusy ?? false
        board.show(name, isBusy ? .waiting : .retrying, error: "\(error)")
        // A lock lasts for moments, and the next turn tries again on the same connections.
        guard !isBusy else { return }
        stream = nil
        nextTry = Clock.milliseconds() + 100
        if lastFailure != "\(error)" {
            logger.warning("a step failed and is made again until it succeeds: \(error)", ["group": name])
        }
        lastFailure = "\(error)"
    }
}

/// A store's file is not the one that was opened any more.
package struct StoreReplaced: Error {}
