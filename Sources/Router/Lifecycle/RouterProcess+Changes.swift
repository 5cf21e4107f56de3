import EventLoop
import Glibc
import Routing

extension RouterProcess {
    /// Hands a table to every worker; `done` runs here when each decides by it.
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

    /// Hands out the newest table with names at other addresses: the same revision, so that nothing changes for people.
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

    /// Takes over what goes with a table besides the workers: probes, the log file, the copy of what works.
    func settle(_ table: ServedTable) {
        store.adopted(table)
        prober?.follow(table)
        names?.follow(table)
        openAccessLog(table)
        // Not before the answer: it waits for the disk.
        loop.afterTurn { [self] in
            if let error = store.keepAsGood(table) {
                RouterLog.write(.warning, "cannot keep a copy of the configuration", ["problem": "\(error)"])
            }
        }
    }

    /// SIGHUP, or the API: reads the file again. A bad one changes nothing.
    /// - Parameter done: the table that is served afterwards and the one before, or why not.
    func reload(_ done: @escaping (Result<(before: ServedTable, after: ServedTable), ConfigurationProblem>) -> Void) {
        guard let before = store.current else { return }
        switch store.reread() {
        case .failure(let problem):
            reloads.refused += 1
            lastReload = ReloadReport(accepted: false, at: WallClock.milliseconds(), message: problem.message)
            RouterLog.write(
                .error, "configuration refused, the running one stays",
                ["file": store.path, "revision": "\(before.revision)", "problem": problem.message])
            publishReload("refused", problem.message)
            done(.failure(problem))
        case .success(nil):
            // The log is opened anew all the same: that is how it is rotated.
            openAccessLog(before)
            noteReload("unchanged")
            done(.success((before, before)))
        case .success(let table?):
            if table.document.listen != before.document.listen || table.document.admin != before.document.admin
                || !table.document.limits.bindsListenersLike(before.document.limits)
                || table.document.timeouts != before.document.timeouts
                || table.document.proxyPeers != before.document.proxyPeers
            {
                RouterLog.write(
                    .warning,
                    "listen, admin, proxyPeers, and limits and timeouts of clients take effect at the next start (limits.inFlight and limits.held at once)",
                    ["file": store.path])
            }
            serve(table) { [self] in
                settle(table)
                noteReload("accepted")
                RouterLog.write(
                    .info, "configuration reloaded", ["file": store.path, "revision": "\(table.revision)"])
                publishRevision(before: before, after: table, actor: "file", reason: "reload")
                done(.success((before, table)))
            }
        }
    }

    private func noteReload(_ result: String) {
        names?.lookAgain()
        reloads.accepted += 1
        lastReload = ReloadReport(accepted: true, at: WallClock.milliseconds(), message: nil)
        publishReload(result, nil)
    }

    private func publishReload(_ result: String, _ message: String?) {
        events.publish(
            "reload",
            JSONText.object([
                ("at", .text(WallClock.now())), ("result", .text(result)), ("message", .optional(message)),
            ]))
    }

    func publishRevision(before: ServedTable, after: ServedTable, actor: String, reason: String) {
        let changes = RouteChange.between(before, after)
        for change in changes {
            // The audit line: who, what, before, after, why.
            RouterLog.write(
                .info, "changed",
                [
                    "route": change.route, "field": change.field, "before": change.before?.description ?? "-",
                    "after": change.after?.description ?? "-", "revision": "\(after.revision)", "actor": actor,
                    "reason": reason,
                ])
        }
        events.publish(
            "revision",
            JSONText.object([
                ("at", .text(WallClock.now())), ("revision", .count(after.revision)),
                ("previous_revision", .count(before.revision)), ("actor", .text(actor)), ("reason", .text(reason)),
                ("changes", .array(changes.map { $0.json })),
            ]))
    }
}

/// One difference between two documents, as far as people watch it.
struct RouteChange {
    var route: String
    /// added, removed, percent, mirror, changed
    var field: String
    var before: Percent?
    var after: Percent?

    var json: JSONText.Value {
        .object([
            ("route", .text(route)), ("field", .text(field)), ("before", .optional(before)),
            ("after", .optional(after)),
        ])
    }

    static func between(_ old: ServedTable, _ new: ServedTable) -> [RouteChange] {
        var changes: [RouteChange] = []
        for route in new.document.routes {
            guard let index = old.places[route.id] else {
                changes.append(RouteChange(route: route.id, field: "added", before: nil, after: route.percent))
                continue
            }
            var previous = old.document.routes[index]
            if previous.percent != route.percent {
                changes.append(
                    RouteChange(route: route.id, field: "percent", before: previous.percent, after: route.percent))
            }
            let (was, now) = (previous.mirror?.percent, route.mirror?.percent)
            if was != now {
                changes.append(RouteChange(route: route.id, field: "mirror", before: was, after: now))
            }
            previous.percent = route.percent
            if previous.mirror?.percent != route.mirror?.percent { previous.mirror = route.mirror }
            if previous != route { changes.append(RouteChange(route: route.id, field: "changed")) }
        }
        for route in old.document.routes where new.places[route.id] == nil {
            changes.append(RouteChange(route: route.id, field: "removed", before: route.percent, after: nil))
        }
        return changes
    }
}

extension JSONText.Value {
    static func percent(_ percent: Percent) -> JSONText.Value { .number(Double(percent.ticks) / 10_000) }
    static func optional(_ percent: Percent?) -> JSONText.Value { percent.map { .percent($0) } ?? .null }
}

extension EdgeLimits {
    /// Equal in all that listeners took over when they were opened.
    fileprivate func bindsListenersLike(_ other: EdgeLimits) -> Bool {
        var same = other
        same.inFlight = inFlight
        same.held = held
        return same == self
    }
}
