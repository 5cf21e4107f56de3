/// The status as words and tables. Pure.
enum StatusReport {
    /// The state of the whole migration in one sentence.
    static func sentence(_ status: AdminStatus) -> String {
        let movable = status.routes.filter { $0.service != nil }
        let done = movable.filter { $0.percent == 100 }
        let moving = movable.filter { $0.percent > 0 && $0.percent < 100 }
        var sentence: String
        if movable.isEmpty {
            sentence = "No route has a service yet: the monolith serves everything"
        } else if done.count == movable.count {
            sentence = "All \(movable.count) movable routes are on their service"
        } else if moving.isEmpty && done.isEmpty {
            sentence = "Nothing has moved: \(count(movable.count, "route")) with a service, all on the monolith"
        } else {
            var parts: [String] = []
            if !done.isEmpty { parts.append("\(count(done.count, "route")) moved") }
            if !moving.isEmpty {
                let names = moving.map { "\($0.id) at \(Decimal.percent($0.percent))" }.joined(separator: ", ")
                parts.append("\(moving.count) moving (\(names))")
            }
            let waiting = movable.count - done.count - moving.count
            if waiting > 0 { parts.append("\(waiting) waiting") }
            sentence = "\(parts.joined(separator: ", ")) of \(count(movable.count, "movable route"))"
        }
        let ill = status.upstreams.filter { $0.health == "unhealthy" || $0.health == "degraded" }
        if status.state == "draining" {
            sentence += "; the router is draining"
        } else if ill.isEmpty {
            sentence +=
                "; "
                + (status.upstreams.contains { $0.health == "unknown" }
                    ? "no upstream is ill" : "all upstreams are healthy")
        } else {
            sentence += "; " + ill.map { "\($0.name) is \($0.health)" }.joined(separator: ", ")
        }
        return sentence + "."
    }

    static func answer(_ status: AdminStatus, route id: String?, data: Datum) -> Answer {
        let isWell = !status.upstreams.contains { $0.health == "unhealthy" || $0.health == "degraded" }
        var blocks: [Answer.Block] = []
        let shown = id.map { id in status.routes.filter { $0.id == id } } ?? status.routes
        if let route = shown.first, id != nil {
            blocks.append(.sentence(sentence(route), .strong))
            blocks.append(.table(sides(of: route)))
            if let mirror = route.mirror { blocks.append(.sentence(sentence(mirror))) }
            for side in [route.legacy, route.service].compactMap({ $0 }) {
                if let open = side.longLived, open.count > 0 || open.closing > 0 {
                    let closing = open.closing > 0 ? "; \(open.closing) will be closed (longLived)" : ""
                    blocks.append(.sentence("Open for long on \(side.upstream): \(open.words)\(closing)."))
                }
            }
        } else {
            blocks.append(.sentence(sentence(status), isWell ? .strong : .warning))
            blocks.append(.table(table(shown)))
            let ill = endpoints(status)
            if !ill.rows.isEmpty { blocks.append(.table(ill)) }
        }
        if let message = status.refusedReload {
            blocks.append(
                .sentence(
                    "The last reload was refused, revision \(status.revision) keeps serving: \(message)", .warning))
        }
        if status.configSource == "last-known-good" {
            blocks.append(.sentence("The file was bad at start: the last known good document serves.", .warning))
        }
        if Set(status.revisions).count > 1 {
            blocks.append(.sentence("A change is under way: loops serve revisions \(status.revisions).", .warning))
        }
        blocks.append(
            .sentence(
                "revision \(status.revision) · router \(status.pid) · "
                    + status.listening.joined(separator: ", ") + " · up \(uptime(status.uptimeSeconds)) · "
                    + "\(status.connections) connections", .faint))
        return Answer(blocks, data: data, next: next(status, shown))
    }

    // MARK: Tables

    private static func table(_ routes: [AdminStatus.Route]) -> Table {
        var table = Table([
            .text("ROUTE"), .text("LEGACY", expendable: 2), .text("SERVICE"), .number("SHARE"),
            .number("MIRROR", expendable: 1),
            .number("REQUESTS"), .number("ERRORS"), .number("P99 LEGACY"), .number("P99 SERVICE"), .text("HEALTH"),
        ])
        for route in routes {
            table.rows.append([
                .init(route.id, .strong), .init(route.legacy.upstream),
                .init(route.service?.upstream ?? "-"),
                .init(route.service == nil ? "-" : Decimal.percent(route.percent), route.percent > 0 ? .good : .plain),
                .init(route.mirror.map { Decimal.percent($0.percent) } ?? "-"),
                .init(Decimal.grouped(route.requests)),
                .init(Decimal.grouped(route.errors), route.errors > 0 ? .bad : .plain),
                .init(latency(route.legacy.p99)), .init(latency(route.service?.p99)), health(route),
            ])
        }
        return table
    }

    private static func sides(of route: AdminStatus.Route) -> Table {
        var table = Table([
            .text("SIDE"), .text("UPSTREAM"), .number("SHARE"), .number("REQUESTS"), .number("ERRORS"),
            .number("IN FLIGHT"), .number("P50"), .number("P99"), .number("FALLBACKS"), .text("HEALTH"),
        ])
        for (name, side) in [("legacy", route.legacy as AdminStatus.Side?), ("service", route.service)] {
            guard let side else { continue }
            table.rows.append([
                .init(name, .strong), .init(side.upstream), .init(Decimal.percent(side.percent)),
                .init(Decimal.grouped(side.requests)),
                .init(Decimal.grouped(side.errors), side.errors > 0 ? .bad : .plain),
                .init("\(side.inFlight)"), .init(latency(side.p50)), .init(latency(side.p99)),
                .init(Decimal.grouped(side.fallbacks), side.fallbacks > 0 ? .warning : .plain),
                .init(side.health, tone(side.health)),
            ])
        }
        return table
    }

    /// Only endpoints that are ill: a table of well ones tells nothing.
    private static func endpoints(_ status: AdminStatus) -> Table {
        var table = Table([.text("UPSTREAM"), .text("ENDPOINT"), .text("HEALTH"), .text("WHY")])
        for upstream in status.upstreams {
            for endpoint in upstream.endpoints where endpoint.health == "unhealthy" {
                table.rows.append([
                    .init(upstream.name, .strong), .init(endpoint.address), .init(endpoint.health, .bad),
                    .init(endpoint.reason ?? ""),
                ])
            }
        }
        return table
    }

    // MARK: Words

    private static func sentence(_ route: AdminStatus.Route) -> String {
        guard let service = route.service else {
            return "\(route.id) (\(route.match)) is served by \(route.legacy.upstream) alone."
        }
        switch route.percent {
        case 0: return "\(route.id) (\(route.match)) is served by \(route.legacy.upstream); \(service.upstream) waits."
        case 100: return "\(route.id) (\(route.match)) is served by \(service.upstream); nobody is left on legacy."
        default:
            return "\(route.id) (\(route.match)): \(Decimal.percent(route.percent)) of users are on "
                + "\(service.upstream), the others on \(route.legacy.upstream)."
        }
    }

    private static func sentence(_ mirror: AdminStatus.Mirror) -> String {
        guard mirror.percent > 0 else { return "Mirroring is off." }
        return "Mirroring \(Decimal.percent(mirror.percent)): \(Decimal.grouped(mirror.sent)) copies sent, "
            + "\(Decimal.grouped(mirror.answered)) answered, \(mirror.failed) failed, \(mirror.skipped) skipped."
    }

    private static func next(_ status: AdminStatus, _ shown: [AdminStatus.Route]) -> [Answer.NextStep] {
        let movable = shown.filter { $0.service != nil }
        if let ill = movable.first(where: { $0.percent > 0 && $0.service?.health == "unhealthy" }) {
            return [.init("strangler rollback \(ill.id)", "its service is ill")]
        }
        guard
            let route = movable.first(where: { $0.percent > 0 && $0.percent < 100 })
                ?? movable.first(where: { $0.percent == 0 })
        else {
            return movable.isEmpty ? [.init("strangler plan FILE", "see what a new routes.json would change")] : []
        }
        if route.percent == 0 && (route.mirror?.percent ?? 0) == 0 {
            return [
                .init("strangler mirror \(route.id) 100", "try the service without anybody waiting for it"),
                .init("strangler shift \(route.id) 1", "the first users"),
            ]
        }
        let higher = [1.0, 10, 50, 100].first { $0 > route.percent } ?? 100
        var steps: [Answer.NextStep] = [
            .init("strangler parity run \(route.id)", "do both sides answer alike?"),
            .init("strangler shift \(route.id) \(Decimal.short(higher))", "more users"),
        ]
        if route.percent > 0 { steps.append(.init("strangler rollback \(route.id)", "everybody back, at once")) }
        return steps
    }

    private static func health(_ route: AdminStatus.Route) -> Table.Cell {
        let sides = [route.legacy, route.service].compactMap { $0 }
        if let ill = sides.first(where: { $0.health == "unhealthy" || $0.health == "degraded" }) {
            return .init("\(ill.upstream) \(ill.health)", .bad)
        }
        if let open = sides.first(where: { $0.circuit != "closed" }) {
            return .init("\(open.upstream) circuit \(open.circuit)", .warning)
        }
        return sides.contains { $0.health == "unknown" } ? .init("unknown", .faint) : .init("healthy", .good)
    }

    private static func tone(_ health: String) -> Tone {
        switch health {
        case "healthy": .good
        case "unknown": .faint
        default: .bad
        }
    }

    private static func latency(_ milliseconds: Double?) -> String {
        milliseconds.map { Decimal.milliseconds(.microseconds(Int64($0 * 1000))) } ?? "-"
    }

    private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    private static func uptime(_ seconds: Double) -> String { Decimal.age(seconds: seconds) }
}
