import AdminAPI
import AdminClient
import ControlKit
import Operations

/// The status as words and tables. Pure.
enum StatusPage {
    static func answer(_ status: AdminStatus, _ facts: StatusFacts, route id: String?, data: OutputValue) -> Answer {
        let judgement = StatusJudgement(facts, route: id)
        var blocks: [Answer.Block] = [.sentence(judgement.sentence, judgement.severity.map(Tone.init) ?? .strong)]
        let shown = id.map { id in status.routes.filter { $0.id == id } } ?? status.routes
        blocks += judgement.further.map { .sentence($0.sentence, $0.severity.map(Tone.init) ?? .strong) }
        if let route = shown.first, id != nil {
            blocks.append(.table(sides(of: route)))
            if let mirror = route.mirror { blocks.append(.sentence(sentence(mirror))) }
            if !route.changesForUsers.isEmpty {
                blocks.append(
                    .sentence(
                        "Users get otherwise than from the monolith alone: \(route.changesForUsers.joined(separator: "; ")).",
                        .faint))
            }
            for side in [route.legacy, route.service].compactMap({ $0 }) {
                let open = side.longLived
                if open.count > 0 || open.closing > 0 {
                    let closing = open.closing > 0 ? "; \(open.closing) will be closed (longLived)" : ""
                    blocks.append(.sentence("Open for long on \(side.upstream): \(open.words)\(closing)."))
                }
            }
        } else {
            blocks.append(.table(table(shown)))
            let ill = endpoints(status)
            if !ill.rows.isEmpty { blocks.append(.table(ill)) }
        }
        let router = status.router
        blocks.append(
            .sentence(
                "revision \(status.revision) · router \(router.pid) · " + router.listening.joined(separator: ", ")
                    + " · up \(uptime(router.uptimeSeconds)) · \(router.connections) connections", .faint))
        var data = data
        data["sentence"] = .string(judgement.sentence)
        data["findings"] = .array(judgement.findings.map { .string($0.sentence) })
        return Answer(blocks, data: data, next: judgement.next.map(Answer.NextStep.init))
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
                !side.faults.isAlarm ? .init(side.health, tone(side.health)) : .init("failing", .bad),
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

    private static func sentence(_ mirror: AdminStatus.Mirror) -> String {
        guard mirror.percent > 0 else { return "Mirroring is off." }
        let parts = [
            ("2xx", mirror.classes.good), ("3xx", mirror.classes.redirects), ("4xx", mirror.classes.clientErrors),
            ("5xx", mirror.classes.serverErrors),
        ].filter { $0.1 > 0 }.map { "\(Decimal.grouped($0.1)) \($0.0)" }
        let classes = parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
        return "Mirroring \(Decimal.percent(mirror.percent)): \(Decimal.grouped(mirror.sent)) copies sent, "
            + "\(Decimal.grouped(mirror.answered)) answered\(classes), \(mirror.failed) without an answer, "
            + "\(mirror.skipped.total) skipped."
    }

    private static func health(_ route: AdminStatus.Route) -> Table.Cell {
        let sides = [route.legacy, route.service].compactMap { $0 }
        if let ill = sides.first(where: { $0.health == "unhealthy" || $0.health == "degraded" }) {
            return .init("\(ill.upstream) \(ill.health)", .bad)
        }
        if let failing = sides.first(where: { $0.faults.isAlarm }) { return .init("\(failing.upstream) failing", .bad) }
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
        milliseconds.map { Decimal.milliseconds($0) } ?? "-"
    }

    private static func uptime(_ seconds: Double) -> String { Decimal.age(seconds: seconds) }
}
