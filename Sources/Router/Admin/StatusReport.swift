import EventLoop
import Glibc
import Routing
import Telemetry

/// `GET /v1/status`: one coherent read of all loops, as docs/admin.openapi.json describes it.
struct StatusReport {
    let router: RouterProcess
    let totals: WorkerTotals
    let longLived: LongLivedInventory
    /// Whether sides tell their latencies bucket by bucket: for readers who take the difference of two.
    let withLatencies: Bool

    init(_ router: RouterProcess, _ totals: WorkerTotals, _ longLived: LongLivedInventory, withLatencies: Bool) {
        self.router = router
        self.totals = totals
        self.longLived = longLived
        self.withLatencies = withLatencies
    }

    func members() -> [(String, JSONText.Value)] {
        guard let table = router.store.current else { return [] }
        return [
            ("router", process(table)), ("revision", .count(table.revision)),
            ("revisions", .array(totals.revisions.map { .count($0) })), ("config", configuration(table)),
            ("routes", .array(table.document.routes.indices.map { route($0, table) })),
            ("data", DataWatchReport(router: router, document: table.document).json),
            ("upstreams", .array(table.document.upstreams.indices.map { upstream($0, table) })),
            (
                "refusals",
                .array(
                    EdgeLack.allCases.map { lack in
                        refusal(
                            lack.key, of: table.document.limit(lack), totals.edgeRefusals.total(lack),
                            totals.edgeRefusals.lastMinute(lack))
                    })
            ),
        ]
    }

    private func process(_ table: ServedTable) -> JSONText.Value {
        .object([
            ("version", .text(Release.version)), ("pid", .count(getpid())),
            ("started_at", .text(WallClock.text(router.startedAt))),
            ("uptime_seconds", .optional(Moment.read().since(router.startedMoment).seconds)),
            ("threads", .count(router.workers.count)), ("state", .text(router.isDraining ? "draining" : "serving")),
            ("listening", .array(router.addresses.map { .text($0.description) })),
            ("connections", .count(totals.connections)), ("in_flight", .count(totals.inFlight)),
        ])
    }

    private func configuration(_ table: ServedTable) -> JSONText.Value {
        let reload: JSONText.Value =
            router.lastReload.map { report in
                .object([
                    ("result", .text(report.accepted ? "accepted" : "refused")),
                    ("at", .text(WallClock.text(report.at))),
                    ("message", .optional(report.message)),
                    // What was served since has replaced the file: its errors are past.
                    ("is_current", .bool(table.loadedAt <= report.at)),
                ])
            } ?? .null
        let path = RouterNotice.absolute(router.store.path)
        return .object(
            [
                ("file", .text(path)), ("loaded_at", .text(WallClock.text(table.loadedAt))), ("last_reload", reload),
                ("source", .text(router.source.rawValue)),
                ("source_is_current", .bool(table.loadedAt == router.startedLoadedAt && router.reloads.accepted == 0)),
            ] + PersistenceReport(router.store).members)
    }

    private func route(_ index: Int, _ table: ServedTable) -> JSONText.Value {
        let route = table.document.routes[index]
        let context = route.context.map { table.document.contexts[$0] }
        let counted = totals.route(route.id)
        let errors = counted.legacy.counters.errors + counted.service.counters.errors
        let open = longLived.routes[route.id, default: .init()]
        let requests = counted.legacy.counters.answers.total + counted.service.counters.answers.total
        return .object([
            ("id", .text(route.id)), ("match", .text(route.match.sentence)), ("context", .optional(context?.name)),
            ("mode", .optional(context?.mode.rawValue)), ("methods", .array(route.match.methods.map { .text($0) })),
            ("immovable", .optional(table.document.whyImmovable(index))),
            ("keys", .array(context?.keys.map { .text($0.text) } ?? [])),
            ("percent", .percent(route.percent)), ("requests", .count(requests)), ("errors", .count(errors)),
            (
                "legacy",
                side(
                    counted.legacy, table, route.legacy, Percent(ticks: Percent.all.ticks - route.percent.ticks),
                    open.legacy)
            ),
            ("service", route.service.map { side(counted.service, table, $0, route.percent, open.service) } ?? .null),
            (
                "long_lived_policy",
                .object([
                    ("policy", .text(route.longLived.action.rawValue)),
                    ("after_ms", .count(route.longLived.after.milliseconds)),
                    ("deadline_ms", .count(route.longLived.deadline.milliseconds)),
                    ("jitter_ms", .count(route.longLived.jitter.milliseconds)),
                ])
            ),
            ("mirror", route.mirror.map { mirror($0, counted.mirror, route, table) } ?? .null),
            ("override_header", .optional(route.override?.header)),
            ("changes_for_users", .array(table.document.changesForUsers(ofRoute: index).map { .text($0) })),
            (
                "refusals",
                .array(
                    RouteLimit.allCases.filter { counted.limits.total($0) > 0 }.map { limit in
                        refusal(
                            limit.key, of: route.limit(limit), counted.limits.total(limit),
                            counted.limits.lastMinute(limit))
                    })
            ),
        ])
    }

    private func side(
        _ side: WorkerSnapshot.Side, _ table: ServedTable, _ upstream: Int, _ percent: Percent,
        _ open: LongLivedInventory.Counts
    ) -> JSONText.Value {
        let counters = side.counters
        let age: JSONText.Value =
            counters.lastEndedNanoseconds == 0
            ? .null
            : .optional(
                totals.takenAt.since(Moment(nanoseconds: counters.lastEndedNanoseconds)).seconds * 1000)
        var members: [(String, JSONText.Value)] = [
            ("upstream", .text(table.document.upstreams[upstream].name)), ("percent", .percent(percent)),
            ("requests", .count(counters.answers.total)), ("errors", .count(counters.errors)),
            ("in_flight", .count(counters.inFlight)), ("p50_ms", .optional(counters.latency.milliseconds(at: 0.5))),
            ("p99_ms", .optional(counters.latency.milliseconds(at: 0.99))),
            (
                "codes",
                .object((1...5).map { ("\($0)xx", .count(counters.answers.ofClass(UInt16($0)))) })
            ),
            ("fallbacks", .count(counters.fallbacks)), ("fallbacks_last_minute", .count(side.recentFallbacks)),
            ("retries", .count(counters.retries)), ("cut", .count(counters.cut)), ("faults", faults(side)),
            ("health", .text(totals.health(ofUpstream: upstream))), ("circuit", .text(side.circuit.name)),
            ("last_request_age_ms", age), ("long_lived", LongLivedReport.value(open)),
        ]
        if withLatencies {
            let buckets = counters.latency.filled().map { bucket -> JSONText.Value in
                .array([.count(bucket.behindMicroseconds), .count(bucket.count)])
            }
            members.append(("latency", .array(buckets)))
        }
        return .object(members)
    }

    /// Responses of the last seconds that were of no use.
    private func faults(_ side: WorkerSnapshot.Side) -> JSONText.Value {
        .object([
            ("alarm", .bool(side.isFailing)), ("answers", .count(side.recent.answers)),
            ("errors", .count(side.recent.errors)), ("cut", .count(side.recent.cut)),
        ])
    }

    private func mirror(
        _ policy: MirrorPolicy, _ counters: MirrorCounters, _ route: Route, _ table: ServedTable
    ) -> JSONText.Value {
        let to = route.percent == .all ? route.legacy : route.service ?? route.legacy
        return .object([
            ("percent", .percent(policy.percent)), ("methods", .array(policy.methods.map { .text($0) })),
            ("to", .text(table.document.upstreams[to].name)), ("sent", .count(counters.sent)),
            ("answered", .count(counters.answered)),
            (
                "classes",
                .object((1...5).map { ("\($0)xx", .count(counters.classes[$0 - 1])) })
            ),
            ("failed", .count(counters.failed)),
            ("in_flight", .count(counters.inFlight)),
            (
                "skipped",
                .object(
                    MirrorSkip.allCases.map { reason in
                        let name = reason.name.description.dropFirst("skipped_".count)
                        return (name.split(separator: "_").joined(separator: "-"), .count(counters.count(reason)))
                    })
            ),
        ])
    }

    private func upstream(_ index: Int, _ table: ServedTable) -> JSONText.Value {
        let upstream = table.document.upstreams[index]
        let group = totals.groups.indices.contains(index) ? totals.groups[index] : nil
        let circuits = table.document.routes.enumerated().flatMap { place, route -> [CircuitBreaker.State] in
            guard totals.routes.indices.contains(place) else { return [] }
            var found: [CircuitBreaker.State] = []
            if route.legacy == index { found.append(totals.routes[place].legacy.circuit) }
            if route.service == index { found.append(totals.routes[place].service.circuit) }
            return found
        }
        let worst = circuits.first { $0.name == "open" } ?? circuits.first { $0.name == "half-open" } ?? .closed
        return .object([
            ("name", .text(upstream.name)), ("health", .text(totals.health(ofUpstream: index))),
            ("circuit", .text(worst.name)), ("in_flight", .count(group?.inFlight ?? 0)),
            ("connections", .count(group?.endpoints.reduce(0) { $0 + $1.active } ?? 0)),
            ("streams", .count(group?.endpoints.reduce(0) { $0 + $1.long } ?? 0)),
            ("waiting", .count(group?.waiting ?? 0)),
            (
                "refusals",
                .array(
                    UpstreamLack.allCases.map { lack in
                        refusal(
                            lack.key, of: upstream.limit(lack), group?.refusals.lacks.total(lack) ?? 0,
                            group?.refusals.lacks.lastMinute(lack) ?? 0)
                    })
            ),
            (
                "endpoints",
                .array(
                    (group?.endpoints ?? []).map { found in
                        endpoint(
                            found, router.prober?.counts(upstream: upstream.name, address: found.address) ?? (0, 0))
                    })
            ),
        ])
    }

    /// What was refused because there was too little of what a key says how much there may be.
    private func refusal(_ key: String, of limit: Int, _ total: UInt64, _ lastMinute: Int) -> JSONText.Value {
        .object([
            ("limit", .text(key)), ("value", .count(limit)), ("total", .count(total)),
            ("last_minute", .count(lastMinute)),
        ])
    }

    private func endpoint(
        _ endpoint: WorkerSnapshot.Endpoint, _ probes: (sent: UInt64, failed: UInt64)
    ) -> JSONText.Value {
        var health = "unknown"
        var reason: String?
        switch endpoint.health {
        case .healthy: health = "healthy"
        case .unhealthy(let why, _):
            health = "unhealthy"
            reason = why.rawValue
        case .unknown: break
        }
        let since = endpoint.changedAt > 0 ? WallClock.text(endpoint.changedAt * 1000) : nil
        return .object([
            ("address", .text(endpoint.text)), ("health", .text(health)), ("reason", .optional(reason)),
            ("since", .optional(since)), ("probes", .count(probes.sent)), ("probe_failures", .count(probes.failed)),
            ("idle_connections", .count(endpoint.idle)), ("active_connections", .count(endpoint.active)),
            ("streams", .count(endpoint.long)),
        ])
    }
}
