import AdminAPI
import EventLoop
import Glibc
import Routing

extension RouterProcess {
    /// Hands a table to every worker; `done` runs on the control loop when all of them decide by it.
    func serve(_ table: ServedTable, draining: Set<String> = [], done: @escaping () -> Void) {
        flips.append((table.revision, done))
        handedOut = table
        for worker in workers {
            worker.run { [self] instance in
                instance.serve(table, draining: draining)
                let (index, revision) = (instance.index, table.revision)
                loop.execute { [self] in acknowledged(index, revision) }
            }
        }
    }

    private func acknowledged(_ worker: Int, _ revision: UInt64) {
        guard case .reached(let reached) = barrier.acknowledged(loop: worker, revision: revision) else { return }
        let finished = flips.filter { $0.revision <= reached }
        flips.removeAll { $0.revision <= reached }
        for flip in finished { flip.done() }
    }

    /// Hands out the newest table with other addresses of names. It is the same revision, since the configuration has
    /// not changed.
    func refresh(_ change: (ServedTable) -> ServedTable) {
        let table = change(handedOut)
        handedOut = table
        refreshCount += 1
        let number = refreshCount
        refreshes.append((number, table))
        for worker in workers {
            worker.run { [self] instance in
                instance.serve(table)
                let index = instance.index
                loop.execute { [self] in refreshed(index, number) }
            }
        }
    }

    private func refreshed(_ worker: Int, _ number: UInt64) {
        guard case .reached(let reached) = refreshBarrier.acknowledged(loop: worker, revision: number),
            let newest = refreshes.last(where: { $0.number <= reached })
        else { return }
        refreshes.removeAll { $0.number <= reached }
        store.adopted(newest.table)
        prober?.follow(newest.table)
    }

    /// Updates what depends on a table besides the workers: probes, the log file, the good copy.
    func settle(_ table: ServedTable) {
        store.adopted(table)
        waitingReports.answerAll()
        prober?.follow(table)
        names?.follow(table)
        openAccessLog(table)
        unkept = table
        // Done after the response, because it waits for the disk; and after a hold, because users wait for its end.
        if holds.standing.isEmpty { keepAsGoodAfterTurn() }
    }

    func keepAsGoodAfterTurn() {
        loop.afterTurn { [self] in
            guard let table = unkept.take(), let error = store.keepAsGood(table) else { return }
            RouterLog.write(.warning, "cannot keep a copy of the configuration", ["problem": "\(error)"])
        }
    }

    /// Reads the file again in turn, on SIGHUP or through the API. A bad file changes nothing.
    /// - Parameters:
    ///   - overRollback: whether rollbacks that are not on disk may be undone.
    ///   - despiteData: whether readers may move although the rows do not follow.
    ///   - author: who made the request to the API, and in which role.
    ///   - done: gets what is served afterwards and what was served before, or why the change failed.
    func reload(
        overRollback: Bool = false, despiteData: Bool = false, order: (verb: ChangeVerb, author: ChangeAuthor)? = nil,
        _ done: @escaping (Result<RevisionStep, ConfigurationProblem>) -> Void
    ) {
        let runs = inTurn(.other) { [self] _, finished in
            reloadNow(overRollback: overRollback, despiteData: despiteData, order: order) { result in
                finished(false)
                done(result)
            }
        }
        if !runs {
            RouterLog.write(.error, "not reloaded: too many changes wait", ["file": store.path])
            done(.failure(.busy))
        }
    }

    private func reloadNow(
        overRollback: Bool, despiteData: Bool, order: (verb: ChangeVerb, author: ChangeAuthor)?,
        _ done: @escaping (Result<RevisionStep, ConfigurationProblem>) -> Void
    ) {
        guard let before = store.current else { return done(.failure(.busy)) }
        // The other process reads the file before it accepts, and writes what is left to be written.
        guard !refusesChanges else {
            RouterLog.write(.warning, "not reloaded: another process takes over", ["file": store.path])
            return done(.failure(.takenOver))
        }
        // Once the disk has room again or the file is as it was, this writes what is served.
        writeUnwritten()
        let result = store.reread(overRollback: overRollback) { [self] table in
            moveRefusal(before, table) ?? (despiteData ? nil : dataRefusal(before, table))
        }
        switch result {
        case .failure(let problem):
            reloads.refused += 1
            lastReload = ReloadReport(accepted: false, at: WallClock.milliseconds(), message: problem.message)
            RouterLog.write(
                .error, "configuration refused, the running one stays",
                ["file": store.path, "revision": "\(before.revision)", "problem": problem.message])
            publishReload("refused", problem.message)
            done(.failure(problem))
        case .success(nil):
            store.noteSettled()
            // The log is opened anew all the same, because it is rotated that way.
            openAccessLog(before)
            noteReload("unchanged")
            done(.success(RevisionStep(before: before, after: before)))
        case .success(let table?):
            warnOfLaterSettings(before, table)
            serve(table) { [self] in
                settle(table)
                store.noteSettled()
                noteReload("accepted")
                RouterLog.write(
                    .info, "configuration reloaded", ["file": store.path, "revision": "\(table.revision)"])
                let step = RevisionStep(before: before, after: table)
                publishRevision(
                    step, order?.verb ?? .reload, by: order?.author ?? ChangeAuthor(actor: "file", reason: "reload"))
                done(.success(step))
            }
        }
    }

    private func warnOfLaterSettings(_ before: ServedTable, _ table: ServedTable) {
        guard
            table.document.listen != before.document.listen || table.document.admin != before.document.admin
                || !table.document.limits.bindsListenersLike(before.document.limits)
                || table.document.timeouts != before.document.timeouts
                || table.document.proxyPeers != before.document.proxyPeers
        else { return }
        RouterLog.write(
            .warning,
            "listen, admin, proxyPeers, and limits and timeouts of clients take effect at the next start (limits.inFlight and limits.held at once)",
            ["file": store.path])
    }

    private func noteReload(_ result: String) {
        names?.lookAgain()
        reloads.accepted += 1
        lastReload = ReloadReport(accepted: true, at: WallClock.milliseconds(), message: nil)
        publishReload(result, nil)
    }

    private func publishReload(_ result: String, _ message: String?) {
        events.publish(ReloadEvent(at: WallClock.now(), result: result, message: message))
    }

    func publishRevision(_ step: RevisionStep, _ verb: ChangeVerb, by author: ChangeAuthor) {
        let (actor, reason) = (author.actor, author.reason ?? "")
        recentChanges.add(
            RecordedChange(
                at: WallClock.now(), verb: verb.rawValue, actor: actor, reason: reason,
                previousRevision: Int(clamping: step.before.revision), revision: Int(clamping: step.after.revision),
                changes: step.changes))
        func percent(_ number: Double?) -> String { number.map { Percent(nearest: $0).description } ?? "-" }
        // The audit lines say who changed what, from which value to which, and why.
        RouterLog.write(.info, "changed", each: step.changes) { change in
            [
                "route": change.route, "field": change.field, "before": percent(change.before),
                "after": percent(change.after), "revision": "\(step.after.revision)", "actor": actor,
                "reason": reason,
            ]
        }
        events.publish(
            RevisionEvent(
                at: WallClock.now(), revision: Int(clamping: step.after.revision),
                previousRevision: Int(clamping: step.before.revision), verb: verb.rawValue, actor: actor,
                reason: reason, changes: step.changes))
    }
}

extension EdgeLimits {
    /// Whether all settings are equal that listeners took over when they were opened.
    fileprivate func bindsListenersLike(_ other: EdgeLimits) -> Bool {
        var same = other
        same.inFlight = inFlight
        same.held = held
        return same == self
    }
}
