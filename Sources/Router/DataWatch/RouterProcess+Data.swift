import AdminAPI
import EventLoop
import Routing

/// Watches the rows that the services' readers see: the agent's reports, and what is done when the rows no longer
/// follow.
extension RouterProcess {
    /// The watch of a context, if its mode lets readers move.
    func watch(_ context: RoutingContext) -> DataWatch? {
        context.mode == .reads ? dataWatches[context.name] ?? DataWatch() : nil
    }

    /// Contexts that some group of a report is about, by index.
    func contexts(of group: String, in document: RoutesDocument) -> [Int] {
        document.contexts.indices.filter {
            document.contexts[$0].mode == .reads && document.contexts[$0].group == group
        }
    }

    func dataReported(_ report: DataReport) {
        guard let document = store.current?.document else { return }
        forgetOtherContexts(document)
        let now = nowMilliseconds
        for group in report.groups {
            for index in contexts(of: group.name, in: document) {
                let context = document.contexts[index]
                var watch = dataWatches[context.name] ?? DataWatch()
                let action = watch.reported(
                    group, lease: report.lease, maxLag: Int64(context.watch.maxLag.milliseconds), now: now)
                dataWatches[context.name] = watch
                confirmWrites(index, group)
                follow(action, context, document)
            }
        }
        scheduleDataDeadline()
    }

    /// A context that is gone or has another mode is watched anew when it comes back.
    private func forgetOtherContexts(_ document: RoutesDocument) {
        let kept = Set(document.contexts.filter { $0.mode == .reads }.map(\.name))
        dataWatches = dataWatches.filter { kept.contains($0.key) }
    }

    func dataDeadlinePassed() {
        // Another process has taken over, and the agent reports to it, or is about to: its silence here says nothing.
        guard !refusesChanges else { return lookAtData(after: 500) }
        guard let document = store.current?.document else { return }
        forgetOtherContexts(document)
        for context in document.contexts {
            guard var watch = dataWatches[context.name] else { continue }
            let action = watch.passed(now: nowMilliseconds)
            dataWatches[context.name] = watch
            follow(action, context, document)
        }
        scheduleDataDeadline()
    }

    /// The timer is set to the first lease that runs out, or to half a second from now while something is still to be
    /// done.
    private func scheduleDataDeadline() {
        let isOwed = dataWatches.values.contains { $0.stall?.answer == .owed }
        let deadlines = dataWatches.values.compactMap(\.deadline) + (isOwed ? [nowMilliseconds + 500] : [])
        guard let next = deadlines.min() else { return dataTimer = nil }
        lookAtData(after: max(1, next - nowMilliseconds))
    }

    private func lookAtData(after milliseconds: Int64) {
        let timer = Timer(loop: loop) { [weak self] in self?.dataDeadlinePassed() }
        dataTimer = timer
        timer.fire(after: .milliseconds(UInt64(clamping: milliseconds)))
    }

    private func follow(_ action: DataWatch.Action, _ context: RoutingContext, _ document: RoutesDocument) {
        switch action {
        case .nothing: return
        case .recovered:
            RouterLog.write(.info, "the rows of a context follow again", ["context": context.name])
            publishData(context.name, "following", nil)
        case .stalled(let reason):
            let isFelt = !Self.readers(of: context.name, in: document).isEmpty
            RouterLog.write(
                isFelt ? .error : .warning, "the rows of a context do not follow",
                ["context": context.name, "reason": reason, "onStall": context.onStall.rawValue])
            publishData(context.name, "stalled", reason)
            answer(reason, context, document)
        case .answerAgain(let reason): answer(reason, context, document)
        }
    }

    private func answer(_ reason: String, _ context: RoutingContext, _ document: RoutesDocument) {
        let name = context.name
        let readers = Self.readers(of: name, in: document)
        guard context.onStall == .rollback, !readers.isEmpty else {
            dataWatches[name]?.answered(true)
            return
        }
        let author = ChangeAuthor(actor: "data", reason: "the rows of \(name) do not follow: \(reason)")
        rollBack(RollbackOrder(.routes(readers), by: author, cause: .dataStall)) { [self] result in
            switch result {
            case .success: dataWatches[name]?.answered(true)
            case .failure(let error):
                RouterLog.write(
                    .error, "readers could not be brought back to legacy; it is tried again",
                    ["context": name, "status": "\(error.answer.status)"])
                dataWatches[name]?.answered(false)
                scheduleDataDeadline()
            }
        }
    }

    /// Routes of a context whose service answers readers.
    static func readers(of context: String, in document: RoutesDocument) -> [String] {
        document.routes.filter { route in
            route.service != nil && route.percent > .zero
                && route.context.map { document.contexts[$0].name == context && document.contexts[$0].mode == .reads }
                    ?? false
        }.map(\.id)
    }

    private func publishData(_ context: String, _ state: String, _ reason: String?) {
        events.publish(DataEvent(at: WallClock.now(), context: context, to: state, reason: reason))
    }

    // MARK: Changes that wait for the rows

    /// Why a document cannot be served after another: users would change sides without their rows.
    func moveRefusal(_ before: ServedTable, _ after: ServedTable) -> ConfigurationProblem? {
        after.document.unmoved(since: before.document).map { refusal in
            ConfigurationProblem(
                code: "mode_refuses", status: 422, message: "\(refusal.reason); \(refusal.help)")
        }
    }

    /// Why a change has to wait: a service would get readers while its rows do not follow. Going back never waits.
    func dataRefusal(_ before: ServedTable, _ after: ServedTable) -> ConfigurationProblem? {
        let stalls = dataWatches.compactMapValues(\.stall)
        guard !stalls.isEmpty else { return nil }
        let document = after.document
        let arriving = document.arrivals(from: before.document) { index in
            index.map { document.contexts[$0].mode == .reads && stalls[document.contexts[$0].name] != nil } ?? false
        }
        guard let route = arriving.first, let context = document.routes[route].context.map({ document.contexts[$0] }),
            let stall = stalls[context.name]
        else { return nil }
        return .dataStalled(route: document.routes[route].id, context: context, reason: stall.reason)
    }
}

extension ConfigurationProblem {
    static func dataStalled(route: String, context: RoutingContext, reason: String) -> ConfigurationProblem {
        ConfigurationProblem(
            code: "data_stalled", status: 409,
            message:
                "route \"\(route)\" would get readers, and the rows of \"\(context.name)\" do not follow: \(reason)")
    }
}
