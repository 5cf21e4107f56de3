import EventLoop
import Routing

/// The state of the rows of each context in the mode `reads`, for `GET /v1/status`, `/v1/data` and `/metrics`.
struct DataWatchReport {
    let router: RouterProcess
    let document: RoutesDocument

    var json: JSONText.Value {
        .array(watched.map { context, watch in json(context, watch) })
    }

    private var watched: [(RoutingContext, DataWatch)] {
        document.contexts.compactMap { context in router.watch(context).map { (context, $0) } }
    }

    private func json(_ context: RoutingContext, _ watch: DataWatch) -> JSONText.Value {
        let now = router.nowMilliseconds
        let report = watch.report
        return .object([
            ("context", .text(context.name)), ("group", .text(context.group)), ("state", .text(watch.word)),
            ("reason", .optional(watch.stall?.reason)),
            (
                "since",
                watch.stall.map { .text(WallClock.text(WallClock.milliseconds() - (now - $0.since))) } ?? .null
            ),
            ("lag_rows", report.map { .count($0.value.lagRows) } ?? .null),
            ("lag_ms", report.map { .count($0.value.lagMilliseconds) } ?? .null),
            ("report_age_ms", report.map { .count(max(0, now - $0.at)) } ?? .null),
            ("max_lag_ms", .count(context.watch.maxLag.milliseconds)),
            ("on_stall", .text(context.onStall.rawValue)),
            ("readers", .array(RouterProcess.readers(of: context.name, in: document).map { .text($0) })),
        ])
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
        reply(.json([("data", DataWatchReport(router: router, document: table.document).json)]))
    }

    /// The response says what the report means here, and which of its groups no context names.
    func report(_ request: AdminRequest, _ reply: (AdminAnswer) -> Void) {
        guard let table = router.store.current else { return reply(.problem(503, "busy", "nothing is served yet")) }
        do throws(AdminAnswerError) {
            let report = try DataReport(request)
            if !request.isDryRun { router.dataReported(report) }
            let unknown = report.groups.filter { router.contexts(of: $0.name, in: table.document).isEmpty }
            reply(
                .json([
                    ("dry_run", .bool(request.isDryRun)), ("unknown", .array(unknown.map { .text($0.name) })),
                    ("data", DataWatchReport(router: router, document: table.document).json),
                ]))
        } catch {
            reply(error.answer)
        }
    }
}
