import AdminAPI
import EventLoop
import Routing

/// The state of the rows of each context in the mode `reads`, for `GET /v1/status`, `/v1/data` and `/metrics`.
struct DataWatchReport {
    let router: RouterProcess
    let document: RoutesDocument

    var contexts: [DataContext] { watched.map { context, watch in describe(context, watch) } }

    private var watched: [(RoutingContext, DataWatch)] {
        document.contexts.compactMap { context in router.watch(context).map { (context, $0) } }
    }

    private func describe(_ context: RoutingContext, _ watch: DataWatch) -> DataContext {
        let now = router.nowMilliseconds
        let report = watch.report
        return DataContext(
            context: context.name, group: context.group, state: watch.word, reason: watch.stall?.reason,
            since: watch.stall.map { WallClock.text(WallClock.milliseconds() - (now - $0.since)) },
            lagRows: report.map { Int($0.value.lagRows) },
            lagMilliseconds: report.map { Int($0.value.lagMilliseconds) },
            reportAgeMilliseconds: report.map { Int(max(0, now - $0.at)) },
            maxLagMilliseconds: Int(clamping: context.watch.maxLag.milliseconds), onStall: context.onStall.rawValue,
            readers: RouterProcess.readers(of: context.name, in: document))
    }

    /// Metric families for `/metrics`. A context without a report has no lag.
    func families() -> [(name: String, help: String, samples: [(context: String, value: String)])] {
        let all = watched
        return [
            (
                "strangler_data_reported", "1 once the agent has reported the rows of a context since the start.",
                all.map { ($0.0.name, $0.1.report == nil ? "0" : "1") }
            ),
            (
                "strangler_data_stalled",
                "1 while the rows of a context do not follow the monolith's; its readers on the service see old ones.",
                all.map { ($0.0.name, $0.1.stall == nil ? "0" : "1") }
            ),
            (
                "strangler_data_lag_seconds", "Age of the oldest change not carried yet, as last reported.",
                all.compactMap { context, watch in
                    watch.report.map { (context.name, "\(Double($0.value.lagMilliseconds) / 1000)") }
                }
            ),
        ]
    }

    /// Reads that legacy answered because of a write, by context.
    func readsAfterWrites() -> [(context: String, count: UInt64)] {
        watched.map { context, _ in (context.name, router.writes.follower(context.name).diverted) }
    }
}

extension DataWatch {
    /// `unknown`, `following` or `stalled`.
    var word: String {
        switch state {
        case .unknown: "unknown"
        case .following: "following"
        case .stalled: "stalled"
        }
    }
}

/// `GET` and `POST /v1/data`.
struct DataRequests {
    let router: RouterProcess

    func show(_ reply: (AdminAnswer) -> Void) {
        guard let table = router.store.current else { return reply(.problem(503, "busy", "nothing is served yet")) }
        reply(.json(DataResponse(data: DataWatchReport(router: router, document: table.document).contexts)))
    }

    /// The response says what the report means here, and which of its groups no context names. With `wait` it comes
    /// when somebody writes, or after that time.
    func report(_ request: AdminRequest, _ reply: @escaping (AdminAnswer) -> Void) {
        guard router.store.current != nil else { return reply(.problem(503, "busy", "nothing is served yet")) }
        do throws(AdminAnswerError) {
            let report = try DataReport(request)
            let isDryRun = request.isDryRun
            if !isDryRun { router.dataReported(report) }
            let respond = { [self] in reply(answer(to: report, isDryRun: isDryRun)) }
            guard let wait = report.wait, !isDryRun, isOfSomebody(report) else { return respond() }
            router.waitingReports.add(router.followers(of: report), for: wait, answer: respond)
        } catch {
            reply(error.answer)
        }
    }

    /// Whether some context names one of the groups: for others nobody will ever wait.
    private func isOfSomebody(_ report: DataReport) -> Bool {
        guard let document = router.store.current?.document else { return false }
        return report.groups.contains { !router.contexts(of: $0.name, in: document).isEmpty }
    }

    private func answer(to report: DataReport, isDryRun: Bool) -> AdminAnswer {
        guard let document = router.store.current?.document else {
            return .problem(503, "busy", "nothing is served yet")
        }
        // Read anew: the loop's own moment may be before the write that this response is about.
        let now = router.loop.readClock().nanoseconds
        return .json(
            DataReportedResponse(
                isDryRun: isDryRun,
                unknown: report.groups.map(\.name).filter { router.contexts(of: $0, in: document).isEmpty },
                data: DataWatchReport(router: router, document: document).contexts,
                mark: RouterMoment(process: router.writes.recent.process, nanoseconds: now).text,
                awaited: router.followers(of: report).filter { $0.isAwaited(now: now) }.map(\.group)))
    }
}
