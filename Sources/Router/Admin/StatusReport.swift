import AdminAPI
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

    /// nil: nothing is served yet.
    func status() -> AdminStatus? {
        guard let table = router.store.current else { return nil }
        return AdminStatus(
            router: process(table), revision: Int(clamping: table.revision),
            revisions: totals.revisions.map { Int(clamping: $0) }, config: configuration(table),
            routes: table.document.routes.indices.map { route($0, table) },
            data: DataWatchReport(router: router, document: table.document).contexts,
            upstreams: table.document.upstreams.indices.map { upstream($0, table) },
            refusals: EdgeLack.allCases.map { lack in
                .init(
                    lack: lack.key, limit: table.document.limit(lack),
                    total: Int(clamping: totals.edgeRefusals.total(lack)),
                    lastMinute: totals.edgeRefusals.lastMinute(lack))
            })
    }

    private func process(_ table: ServedTable) -> AdminStatus.Process {
        .init(
            version: Release.version, pid: Int(getpid()), startedAt: WallClock.text(router.startedAt),
            uptimeSeconds: Moment.read().since(router.startedMoment).seconds.inThousandths,
            threads: router.workers.count, state: router.isDraining ? "draining" : "serving",
            listening: router.addresses.map(\.description), connections: Int(clamping: totals.connections),
            inFlight: Int(clamping: totals.inFlight))
    }

    private func configuration(_ table: ServedTable) -> AdminStatus.Configuration {
        let reload = router.lastReload.map { report in
            AdminStatus.Reload(
                result: report.accepted ? "accepted" : "refused", at: WallClock.text(report.at),
                message: report.message,
                // What was served since has replaced the file: its errors are past.
                isCurrent: table.loadedAt <= report.at)
        }
        return .init(
            file: RouterNotice.absolute(router.store.path), loadedAt: WallClock.text(table.loadedAt),
            lastReload: reload, source: router.source.rawValue,
            sourceIsCurrent: table.loadedAt == router.startedLoadedAt && router.reloads.accepted == 0,
            persistence: Persistence(router.store))
    }

    private func route(_ index: Int, _ table: ServedTable) -> AdminStatus.Route {
        let route = table.document.routes[index]
        let context = route.context.map { table.document.contexts[$0] }
        let counted = totals.route(route.id)
        let open = longLived.routes[route.id, default: .init()]
        return .init(
            id: route.id, match: route.match.sentence, context: context?.name, mode: context?.mode.rawValue,
            methods: route.match.methods, immovable: table.document.whyImmovable(index),
            keys: context?.keys.map(\.text) ?? [], percent: route.percent.number,
            requests: Int(
                clamping: counted.legacy.counters.responses.total + counted.service.counters.responses.total),
            errors: Int(clamping: counted.legacy.counters.errors + counted.service.counters.errors),
            legacy: side(
                counted.legacy, table, route.legacy, Percent(ticks: Percent.all.ticks - route.percent.ticks),
                open.legacy),
            service: route.service.map { side(counted.service, table, $0, route.percent, open.service) },
            longLivedPolicy: .init(
                policy: route.longLived.action.rawValue,
                afterMilliseconds: Int(clamping: route.longLived.after.milliseconds),
                deadlineMilliseconds: Int(clamping: route.longLived.deadline.milliseconds),
                jitterMilliseconds: Int(clamping: route.longLived.jitter.milliseconds)),
            mirror: route.mirror.map { mirror($0, counted.mirror, route, table) },
            overrideHeader: route.override?.header,
            changesForUsers: table.document.changesForUsers(ofRoute: index),
            refusals: RouteLimit.allCases.filter { counted.limits.total($0) > 0 }.map { limit in
                .init(
                    lack: limit.key, limit: route.limit(limit), total: Int(clamping: counted.limits.total(limit)),
                    lastMinute: counted.limits.lastMinute(limit))
            })
    }

    private func side(
        _ side: WorkerSnapshot.Side, _ table: ServedTable, _ upstream: Int, _ percent: Percent,
        _ open: LongLivedInventory.Counts
    ) -> AdminStatus.Side {
        let counters = side.counters
        let last = counters.lastEndedNanoseconds
        return .init(
            upstream: table.document.upstreams[upstream].name, percent: percent.number,
            requests: Int(clamping: counters.responses.total), errors: Int(clamping: counters.errors),
            inFlight: Int(clamping: counters.inFlight), p50: counters.latency.milliseconds(at: 0.5)?.inThousandths,
            p99: counters.latency.milliseconds(at: 0.99)?.inThousandths,
            codes: StatusClasses { Int(clamping: counters.responses.ofClass(UInt16($0))) },
            fallbacks: Int(clamping: counters.fallbacks), recentFallbacks: Int(clamping: side.recentFallbacks),
            retries: Int(clamping: counters.retries), cut: Int(clamping: counters.cut),
            faults: .init(
                isAlarm: side.isFailing, answers: Int(clamping: side.recent.responses),
                errors: Int(clamping: side.recent.errors), cut: Int(clamping: side.recent.cut)),
            health: totals.health(ofUpstream: upstream), circuit: side.circuit.name,
            lastRequestAge: last == 0 ? nil : totals.takenAt.since(Moment(nanoseconds: last)).wireMilliseconds,
            longLived: LongLived(open), latency: withLatencies ? buckets(counters) : nil)
    }

    private func buckets(_ counters: SideCounters) -> [LatencyBucket] {
        counters.latency.filled().map {
            LatencyBucket(behindMicroseconds: Int(clamping: $0.behindMicroseconds), count: Int(clamping: $0.count))
        }
    }

    private func mirror(
        _ policy: MirrorPolicy, _ counters: MirrorCounters, _ route: Route, _ table: ServedTable
    ) -> AdminStatus.Mirror {
        let to = route.percent == .all ? route.legacy : route.service ?? route.legacy
        return .init(
            percent: policy.percent.number, methods: policy.methods, to: table.document.upstreams[to].name,
            sent: Int(clamping: counters.sent), answered: Int(clamping: counters.answered),
            classes: StatusClasses { Int(clamping: counters.classes[$0 - 1]) }, failed: Int(clamping: counters.failed),
            inFlight: Int(clamping: counters.inFlight),
            skipped: WireCounts(
                MirrorSkip.allCases.map { reason in
                    let name = reason.name.description.dropFirst("skipped_".count)
                    return (name.split(separator: "_").joined(separator: "-"), Int(clamping: counters.count(reason)))
                }))
    }

    private func upstream(_ index: Int, _ table: ServedTable) -> AdminStatus.Upstream {
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
        return .init(
            name: upstream.name, health: totals.health(ofUpstream: index), circuit: worst.name,
            inFlight: Int(clamping: group?.inFlight ?? 0),
            connections: group?.endpoints.reduce(0) { $0 + Int(clamping: $1.active) } ?? 0,
            streams: group?.endpoints.reduce(0) { $0 + Int(clamping: $1.long) } ?? 0,
            waiting: Int(clamping: group?.waiting ?? 0),
            refusals: UpstreamLack.allCases.map { lack in
                .init(
                    lack: lack.key, limit: upstream.limit(lack),
                    total: Int(clamping: group?.refusals.lacks.total(lack) ?? 0),
                    lastMinute: group?.refusals.lacks.lastMinute(lack) ?? 0)
            },
            endpoints: (group?.endpoints ?? []).map { found in
                endpoint(found, router.prober?.counts(upstream: upstream.name, address: found.address) ?? (0, 0))
            })
    }

    private func endpoint(
        _ endpoint: WorkerSnapshot.Endpoint, _ probes: (sent: UInt64, failed: UInt64)
    ) -> AdminStatus.Endpoint {
        var health = "unknown"
        var reason: String?
        switch endpoint.health {
        case .healthy: health = "healthy"
        case .unhealthy(let why, _):
            health = "unhealthy"
            reason = why.rawValue
        case .unknown: break
        }
        return .init(
            address: endpoint.text, health: health, reason: reason,
            since: endpoint.changedAt > 0 ? WallClock.text(endpoint.changedAt * 1000) : nil,
            probes: Int(clamping: probes.sent), probeFailures: Int(clamping: probes.failed),
            idleConnections: Int(clamping: endpoint.idle), activeConnections: Int(clamping: endpoint.active),
            streams: Int(clamping: endpoint.long))
    }
}

extension StatusClasses {
    /// - Parameter count: of a class, from 1 to 5.
    init(_ count: (Int) -> Int) {
        self.init(
            informational: count(1), good: count(2), redirects: count(3), clientErrors: count(4),
            serverErrors: count(5))
    }
}
