import EventLoop
import Routing

/// Going back: first in memory, then on disk, before everything else that waits, and never refused for what lies on the
/// disk.
extension RouterProcess {
    struct RolledBack {
        let before: ServedTable
        let after: ServedTable
        /// Places in `before`.
        let routes: [Int]
        let isChange: Bool
        let flipped: Moment
        var warnings: [String] = []
    }

    /// Brings routes back to legacy; `done` runs when every loop serves that. Who asks again for what is so already
    /// gets the same answer, and nothing is changed.
    func rollBack(
        _ order: RollbackOrder, isDryRun: Bool = false,
        _ done: @escaping (Result<RolledBack, AdminAnswerError>) -> Void
    ) {
        let runs = inTurn(.rollback) { [self] _, finished in
            guard let before = store.current else {
                finished(false)
                return done(.failure(.problem(503, "busy", "nothing is served yet")))
            }
            guard !refusesChanges else {
                finished(false)
                return done(.failure(AdminAnswerError(answer: .takenOver)))
            }
            let plan: RollbackOrder.Plan
            do throws(AdminAnswerError) {
                plan = try order.plan(before.document, revision: before.revision + 1, now: WallClock.milliseconds())
            } catch {
                finished(false)
                return done(.failure(error))
            }
            guard !plan.edits.isEmpty, !isDryRun else {
                finished(false)
                return done(
                    .success(
                        RolledBack(
                            before: before, after: before, routes: plan.routes, isChange: !plan.edits.isEmpty,
                            flipped: Moment.read())))
            }
            switch store.draft(plan.edits) {
            case .failure(let problem):
                finished(false)
                done(.failure(AdminAnswerError(answer: .problem(problem, revision: before.revision))))
            case .success(let table):
                flip(order, plan, from: before, to: table) { rolledBack in
                    finished(true)
                    done(.success(rolledBack))
                }
            }
        }
        precondition(runs, "a rollback is never refused its turn")
    }

    private func flip(
        _ order: RollbackOrder, _ plan: RollbackOrder.Plan, from before: ServedTable, to table: ServedTable,
        _ done: @escaping (RolledBack) -> Void
    ) {
        let ids = plan.routes.map { before.document.routes[$0].id }
        serve(table, draining: order.drains ? Set(ids) : []) { [self] in
            var result = RolledBack(
                before: before, after: table, routes: plan.routes, isChange: true, flipped: Moment.read())
            for id in ids { rollbacks[RollbackCount(route: id, cause: order.cause), default: 0] += 1 }
            if let warning = follow(store.writeServed(table, plan.entries)) { result.warnings.append(warning) }
            settle(table)
            publishRevision(
                RevisionStep(before: before, after: table), .rollback, actor: order.author.actor,
                reason: order.author.reason)
            events.publish(
                "rollback",
                [
                    ("at", .text(WallClock.now())), ("mode", .text(order.drains ? "drain" : "evacuate")),
                    ("revision", .count(table.revision)), ("cause", .text(order.cause.rawValue)),
                    ("routes", .array(ids.map { .text($0) })),
                ])
            done(result)
        }
    }

    // MARK: Until it is on disk

    /// Writes what the journal holds back, from a start on until it is in the file.
    func writeUnwritten() { _ = follow(store.writeAgain()) }

    /// In its turn, as every change: what a reload has read and not yet served is in the file, and must not be replaced
    /// by what it ends.
    private func tryToWrite(after milliseconds: UInt64) {
        let timer = Timer(loop: loop) { [weak self] in
            guard let self else { return }
            let runs = inTurn(.other) { [self] _, finished in
                // Another process has taken over, and writes it itself, or is about to.
                if refusesChanges { tryToWrite(after: 1000) } else { writeUnwritten() }
                finished(false)
            }
            if !runs { tryToWrite(after: 1000) }
        }
        unwrittenTimer = timer
        timer.fire(after: .milliseconds(milliseconds))
    }

    /// What came of an attempt to write, and the next one.
    /// - Returns: what to say to whom asked for the rollback.
    private func follow(_ attempt: ConfigurationStore.Attempt) -> String? {
        switch attempt {
        case .nothing, .written: return nil
        case .failed(let problem, let again):
            let attempts = store.unwritten?.attempts ?? 1
            let place: String
            switch store.unwritten?.keeping {
            case .memory(let why): place = "; a restart would forget it (\(why))"
            case .journal, nil: place = "; a restart finds it in \(store.journal.path)"
            }
            // Not each of the thousand attempts of a long night.
            if attempts == 1 || attempts % 60 == 0 {
                RouterLog.write(
                    .error, "rollback is served but not on disk",
                    [
                        "revision": "\(store.current?.revision ?? 0)", "attempts": "\(attempts)",
                        "problem": problem + place,
                    ])
            }
            tryToWrite(after: UInt64(clamping: again))
            return "served, but not on disk: \(problem)\(place); it is tried again until it is"
        }
    }
}

/// What `strangler_rollbacks_total` counts by.
struct RollbackCount: Hashable {
    let route: String
    let cause: RollbackOrder.Cause
}
