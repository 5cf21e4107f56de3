import EventLoop
import HTTP
import Routing
import Telemetry

/// `GET /metrics`: Prometheus text (exposition format 0.0.4). Labels come from the configuration, never from requests.
struct MetricsReport {
    let router: RouterProcess
    let totals: WorkerTotals
    let longLived: LongLivedInventory

    init(_ router: RouterProcess, _ totals: WorkerTotals, _ longLived: LongLivedInventory) {
        self.router = router
        self.totals = totals
        self.longLived = longLived
    }

    func text() -> String {
        var text = ""
        requests(&text)
        faults(&text)
        durations(&text)
        connects(&text)
        weights(&text)
        inFlight(&text)
        openForLong(&text)
        mirrors(&text)
        family(&text, "strangler_rollbacks_total", "counter", "Rollbacks by route and reason.")
        for (key, count) in router.rollbacks.sorted(by: {
            ($0.key.route, $0.key.cause.rawValue) < ($1.key.route, $1.key.cause.rawValue)
        }) {
            let labels = "route=\"\(escaped(key.route))\",reason=\"\(key.cause.rawValue)\""
            text += "strangler_rollbacks_total{\(labels)} \(count)\n"
        }
        family(&text, "strangler_config_revision", "gauge", "Revision that every loop serves.")
        let revision = totals.revisions.min() ?? 0
        text += "strangler_config_revision \(revision)\n"
        family(
            &text, "strangler_unwritten_revision", "gauge",
            "Revision that is served and not on disk yet; 0: the file says what is served.")
        text += "strangler_unwritten_revision \(router.store.unwritten == nil ? 0 : revision)\n"
        family(&text, "strangler_config_reloads_total", "counter", "Reloads of the configuration by result.")
        text += "strangler_config_reloads_total{result=\"accepted\"} \(router.reloads.accepted)\n"
        text += "strangler_config_reloads_total{result=\"refused\"} \(router.reloads.refused)\n"
        shed(&text)
        refused(&text)
        limits(&text)
        family(
            &text, "strangler_access_log_dropped_total", "counter",
            "Lines of the access log that were lost, by where: a loop's buffer, the file's disk, the socket's reader.")
        for (place, count) in router.accessLogLosses.counts {
            text += "strangler_access_log_dropped_total{place=\"\(place)\"} \(count)\n"
        }
        family(&text, "strangler_client_connections", "gauge", "Client connections open now.")
        text += "strangler_client_connections \(totals.connections)\n"
        upstreams(&text)
        names(&text)
        data(&text)
        holds(&text)
        return text
    }

    private func data(_ text: inout String) {
        guard let document = router.store.current?.document else { return }
        let report = DataWatchReport(router: router, document: document)
        for (name, help, samples) in report.families() {
            family(&text, name, "gauge", help)
            for (context, value) in samples { text += "\(name){context=\"\(escaped(context))\"} \(value)\n" }
        }
        let name = "strangler_reads_after_writes_total"
        family(
            &text, name, "counter",
            "Reads that legacy served because their user had written what the service was not known to have.")
        for (context, count) in report.readsAfterWrites() {
            text += "\(name){context=\"\(escaped(context))\"} \(count)\n"
        }
    }

    private func openForLong(_ text: inout String) {
        family(
            &text, "strangler_long_lived_exchanges", "gauge",
            "Exchanges that are open longer than longLived.after of their route, by kind.")
        for route in totals.routes {
            let sides = longLived.routes[route.id, default: .init()]
            for side in Side.allCases {
                for kind in LongLivedPolicy.Kind.allCases {
                    text +=
                        "strangler_long_lived_exchanges{route=\"\(escaped(route.id))\",side=\"\(side.name)\",kind=\""
                    text += "\(kind.name)\"} \(sides[side].count(kind))\n"
                }
            }
        }
    }

    func family(_ text: inout String, _ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    private func requests(_ text: inout String) {
        family(&text, "strangler_requests_total", "counter", "Requests answered, by route, side, method and code.")
        for route in totals.routes {
            for (side, counted) in sides(route) {
                for cell in counted.counters.responses.cells {
                    text += "strangler_requests_total{route=\"\(escaped(route.id))\",side=\"\(side)\",method=\""
                    text += "\(method(cell.method))\",code=\"\(cell.code)\"} \(cell.count)\n"
                }
            }
        }
        for cell in totals.unrouted.cells {
            text += "strangler_requests_total{route=\"\",side=\"\",method=\"\(method(cell.method))\","
            text += "code=\"\(cell.code)\"} \(cell.count)\n"
        }
        family(&text, "strangler_retries_total", "counter", "Attempts repeated on a fresh connection.")
        for route in totals.routes {
            for (side, counted) in sides(route) {
                text +=
                    "strangler_retries_total{route=\"\(escaped(route.id))\",side=\"\(side)\"} \(counted.counters.retries)\n"
            }
        }
        family(&text, "strangler_fallbacks_total", "counter", "Reads of the service that legacy answered.")
        for route in totals.routes {
            text += "strangler_fallbacks_total{route=\"\(escaped(route.id))\"} \(route.service.counters.fallbacks)\n"
        }
    }

    private func faults(_ text: inout String) {
        family(
            &text, "strangler_broken_answers_total", "counter", "Answers that broke off after their head, by side.")
        for route in totals.routes {
            for (side, counted) in sides(route) {
                text += "strangler_broken_answers_total{route=\"\(escaped(route.id))\",side=\"\(side)\"} "
                text += "\(counted.counters.cut)\n"
            }
        }
        family(
            &text, "strangler_side_failing", "gauge",
            "1 while most of a side's last answers are 5xx or break off, whatever its probes say.")
        for route in totals.routes {
            for (side, counted) in sides(route) {
                text += "strangler_side_failing{route=\"\(escaped(route.id))\",side=\"\(side)\"} "
                text += "\(counted.isFailing ? 1 : 0)\n"
            }
        }
    }

    private func durations(_ text: inout String) {
        let name = "strangler_request_duration_seconds"
        family(&text, name, "histogram", "From a request's head to the last byte of its answer.")
        for route in totals.routes {
            for (side, counted) in sides(route) where counted.counters.latency.total > 0 {
                histogram(
                    &text, name, "route=\"\(escaped(route.id))\",side=\"\(side)\"", counted.counters.latency)
            }
        }
    }

    private func connects(_ text: inout String) {
        let name = "strangler_upstream_connect_duration_seconds"
        family(&text, name, "histogram", "Making of a connection to an upstream, by side.")
        for side in Side.allCases {
            var sum = LatencyHistogram()
            for route in totals.routes {
                sum.add((side == .legacy ? route.legacy : route.service).counters.connects)
            }
            histogram(&text, name, "side=\"\(side.name)\"", sum)
        }
    }

    /// Powers of two of a microsecond that are shown as `le`: 0.128 ms to 67 s.
    private static let shownPowers = 7...26

    func histogram(_ text: inout String, _ name: String, _ labels: String, _ values: LatencyHistogram) {
        let cumulative = values.cumulative(Self.shownPowers)
        for (power, count) in zip(Self.shownPowers, cumulative) {
            text += "\(name)_bucket{\(labels),le=\"\(seconds(1 << UInt64(power)))\"} \(count)\n"
        }
        text += "\(name)_bucket{\(labels),le=\"+Inf\"} \(values.total)\n"
        text += "\(name)_sum{\(labels)} \(seconds(values.sumMicroseconds))\n"
        text += "\(name)_count{\(labels)} \(values.total)\n"
    }

    private func weights(_ text: inout String) {
        guard let table = router.store.current else { return }
        family(&text, "strangler_route_weight_ratio", "gauge", "Share of a route's keys that a side serves.")
        for route in table.document.routes {
            let service = route.percent.ratio
            text += "strangler_route_weight_ratio{route=\"\(escaped(route.id))\",side=\"legacy\"} \(1 - service)\n"
            text += "strangler_route_weight_ratio{route=\"\(escaped(route.id))\",side=\"service\"} \(service)\n"
        }
    }

    private func inFlight(_ text: inout String) {
        family(&text, "strangler_inflight_requests", "gauge", "Requests under way now, by side.")
        let legacy = totals.routes.reduce(0) { $0 + $1.legacy.counters.inFlight }
        let service = totals.routes.reduce(0) { $0 + $1.service.counters.inFlight }
        text += "strangler_inflight_requests{side=\"legacy\"} \(legacy)\n"
        text += "strangler_inflight_requests{side=\"service\"} \(service)\n"
    }

    private func mirrors(_ text: inout String) {
        family(
            &text, "strangler_mirror_total", "counter",
            "Copies of requests by result, answered ones by class; each request that was not copied is counted with its reason."
        )
        for route in totals.routes {
            let label = "route=\"\(escaped(route.id))\""
            let mirror = route.mirror
            guard mirror.sent > 0 || MirrorSkip.allCases.contains(where: { mirror.count($0) > 0 }) else { continue }
            for number in 1...5 where number == 2 || mirror.classes[number - 1] > 0 {
                text += "strangler_mirror_total{\(label),result=\"answered\",class=\"\(number)xx\"} "
                text += "\(mirror.classes[number - 1])\n"
            }
            text += "strangler_mirror_total{\(label),result=\"failed\"} \(mirror.failed)\n"
            for reason in MirrorSkip.allCases {
                text += "strangler_mirror_total{\(label),result=\"\(reason.name)\"} \(mirror.count(reason))\n"
            }
        }
    }

    private func shed(_ text: inout String) {
        let name = "strangler_shed_requests_total"
        family(
            &text, name, "counter",
            "Requests refused to protect the router or an upstream, or (service_share) served by legacy instead, by reason."
        )
        text += "\(name){reason=\"connections\"} \(totals.refusedConnections)\n"
        text += "\(name){reason=\"proxy_header\"} \(totals.refusedHeaders)\n"
        // What an upstream's limits refused is counted for each upstream.
        for reason in ShedReason.allCases where reason != .upstreamQueue {
            text += "\(name){reason=\"\(reason.name)\"} \(totals.shed[reason])\n"
        }
        for group in totals.groups {
            for lack in UpstreamLack.allCases {
                text += "\(name){reason=\"\(lack.reason)\",upstream=\"\(escaped(group.name))\"} "
                text += "\(group.refusals.lacks.total(lack))\n"
            }
        }
    }

    private func limits(_ text: inout String) {
        family(
            &text, "strangler_limit_hits_total", "counter",
            "Requests and answers that a limit ended, by the key that lifts it; of a route, or of the router as a whole."
        )
        for lack in EdgeLack.allCases where totals.edgeRefusals.total(lack) > 0 {
            text += "strangler_limit_hits_total{route=\"\",limit=\"\(lack.path)\"} \(totals.edgeRefusals.total(lack))\n"
        }
        for route in totals.routes {
            for limit in RouteLimit.allCases where route.limits.total(limit) > 0 {
                text += "strangler_limit_hits_total{route=\"\(escaped(route.id))\",limit=\"\(limit.key)\"} "
                text += "\(route.limits.total(limit))\n"
            }
        }
    }

    private func upstreams(_ text: inout String) {
        family(&text, "strangler_upstream_healthy_endpoints", "gauge", "Endpoints that are not known to be unwell.")
        for group in totals.groups {
            let good = group.endpoints.count { if case .unhealthy = $0.health { false } else { true } }
            text += "strangler_upstream_healthy_endpoints{upstream=\"\(escaped(group.name))\"} \(good)\n"
        }
        family(&text, "strangler_upstream_connections", "gauge", "Connections to an upstream, by state.")
        for group in totals.groups {
            let idle = group.endpoints.reduce(0) { $0 + $1.idle }
            let active = group.endpoints.reduce(0) { $0 + $1.active }
            let label = "upstream=\"\(escaped(group.name))\""
            text += "strangler_upstream_connections{\(label),state=\"idle\"} \(idle)\n"
            let streams = group.endpoints.reduce(0) { $0 + $1.long }
            text += "strangler_upstream_connections{\(label),state=\"active\"} \(active)\n"
            text += "strangler_upstream_connections{\(label),state=\"stream\"} \(streams)\n"
        }
        guard let upstreams = router.store.current?.document.upstreams else { return }
        family(&text, "strangler_upstream_limit", "gauge", "What the process may have of an upstream at once, by key.")
        for upstream in upstreams {
            for lack in UpstreamLack.allCases {
                text += "strangler_upstream_limit{upstream=\"\(escaped(upstream.name))\",limit=\"\(lack.key)\"} "
                text += "\(upstream.limit(lack))\n"
            }
        }
    }

    private func names(_ text: inout String) {
        guard let names = router.names else { return }
        family(&text, "strangler_name_lookups_total", "counter", "Look-ups of names among the endpoints, by result.")
        text += "strangler_name_lookups_total{result=\"answered\"} \(names.answered)\n"
        text += "strangler_name_lookups_total{result=\"failed\"} \(names.failed)\n"
        family(&text, "strangler_name_changes_total", "counter", "Look-ups that found other addresses than before.")
        text += "strangler_name_changes_total \(names.changes)\n"
        family(&text, "strangler_names_failing", "gauge", "Names that are served at their last good addresses.")
        text += "strangler_names_failing \(names.failing)\n"
    }

    private func sides(_ route: WorkerSnapshot.Route) -> [(String, WorkerSnapshot.Side)] {
        [("legacy", route.legacy), ("service", route.service)]
    }

    /// Only known names: a client must not make up labels.
    private func method(_ raw: UInt8) -> String {
        let name = HTTPMethod(rawValue: raw)?.name.description ?? ""
        return name.isEmpty ? "OTHER" : name
    }

    private func seconds(_ microseconds: UInt64) -> String {
        let whole = microseconds / 1_000_000
        let fraction = String(microseconds % 1_000_000)
        return "\(whole)." + String(repeating: "0", count: 6 - fraction.utf8.count) + fraction
    }

    func escaped(_ label: String) -> String {
        var text = ""
        for character in label.unicodeScalars {
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(character)
            }
        }
        return text
    }
}
