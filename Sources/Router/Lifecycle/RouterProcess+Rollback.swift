import AdminAPI
import EventLoop
import Routing

/// Rollbacks are served first and then written. They go before every other change that waits, and are never refused for
/// what is on the disk.
extension RouterProcess {
    struct RolledBack {
        let before: ServedTable
        let after: ServedTable
        /// Indices of the routes in `before`.
        let routes: [Int]
        let isChange: Bool
        let flipped: Moment
        var warnings: [String] = []
    }

    /// Brings routes back to legacy; `done` runs when every loop serves that. A repeated request gets the same response
    /// and changes nothing.
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
                RevisionStep(before: before, after: table), .rollback, by: order.author)
            events.publish(
                RollbackEvent(
                    at: WallClock.now(), mode: order.drains ? "drain" : "evacuate",
                    revision: Int(clamping: table.revision), cause: order.cause.rawValue, routes: ids))
            done(result)
        }
    }

    // MARK: Until it is on disk

    /// Writes the rollbacks that the journal holds, and tries again until they are in the file.
    func writeUnwritten() { _ = follow(store.writeAgain()) }

    /// The attempt waits for its turn like every change: a reload may have read a file that is not served yet, and that
    /// file must not be replaced by the revision that it ends.
    private func tryToWrite(after milliseconds: UInt64) {
        let timer = Timer(loop: loop) { [weak self] in
            guard let self else { return }
            let runs = inTurn(.other) { [self] _, finished in
                // Another process has taken over or is about to, and writes it itself.
                if refusesChanges { tryToWrite(after: 1000) } else { writeUnwritten() }
                finished(false)
            }
            if !runs { tryToWrite(after: 1000) }
        }
        unwrittenTimer = timer
        timer.fire(after: .milliseconds(milliseconds))
    }

    /// Handles the result of an attempt to write, and plans the next one.
    /// - Returns: what the response to the rollback says about it.
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
            // The log gets the first attempt and one a minute, not each of the thousand attempts of a long night.
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

/// The labels of `strangler_rollbacks_total`.
struct RollbackCount: Hashable {
    let route: String
    let cause: RollbackOrder.Cause
}
