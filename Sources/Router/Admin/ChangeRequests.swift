import EventLoop
import JSON
import Routing

/// The changes that the admin API makes: checked, written, served by every loop, and only then answered.
struct ChangeRequests {
    let router: RouterProcess

    init(_ router: RouterProcess) { self.router = router }

    typealias Reply = (AdminAnswer) -> Void

    /// Who asks and why, for the audit line.
    struct Author {
        var actor: String
        var reason: String

        init(_ object: JSONValue?, _ request: AdminRequest) {
            let fallback = request.isUnix ? "unix" : request.bearer.isEmpty ? "loopback" : "token"
            actor = object?["actor"]?.string ?? fallback
            reason = object?["reason"]?.string ?? ""
        }
    }

    // MARK: One route

    func shift(_ id: String, _ request: AdminRequest, _ reply: @escaping Reply) {
        guard let (object, before, index) = prepare(id, request, ["percent", "reason", "actor"], reply) else { return }
        let route = before.document.routes[index]
        guard let value = object["percent"], let percent = Self.percent(value, relativeTo: route.percent) else {
            reply(.problem(400, "bad_request", #"percent must be 0 to 100 in steps of 0.0001, or "+N" or "-N""#))
            return
        }
        guard route.service != nil || percent == .zero else {
            reply(
                .problem(
                    422, "no_service", "route \"\(id)\" has no service to shift to; give it \"service\" in routes.json")
            )
            return
        }
        if let refusal = before.document.refusal(ofRoute: index, percent: percent) {
            reply(.problem(422, "mode_refuses", "\(refusal.reason); \(refusal.help)"))
            return
        }
        change(
            before, [.percent(route: index, percent)], field: "percent", id: id, was: route.percent, becomes: percent,
            Author(object, request), request, reply)
    }

    func mirror(_ id: String, _ request: AdminRequest, _ reply: @escaping Reply) {
        let members: Set<String> = ["percent", "methods", "reason", "actor"]
        guard let (object, before, index) = prepare(id, request, members, reply) else { return }
        let route = before.document.routes[index]
        guard let value = object["percent"],
            let percent = Self.percent(value, relativeTo: route.mirror?.percent ?? .zero)
        else {
            reply(.problem(400, "bad_request", "percent must be 0 to 100 in steps of 0.0001"))
            return
        }
        guard route.service != nil || percent == .zero else {
            reply(.problem(422, "no_service", "route \"\(id)\" has no service to mirror to"))
            return
        }
        if let methods = object["methods"] {
            let wanted = methods.elements.compactMap(\.string)
            guard wanted == route.mirror?.methods ?? ["GET", "HEAD"] else {
                reply(
                    .problem(
                        422, "bad_request", "methods of a mirror are changed in routes.json (PUT /v1/routes), not here")
                )
                return
            }
        }
        change(
            before, [.mirror(route: index, percent)], field: "mirror", id: id, was: route.mirror?.percent,
            becomes: percent, Author(object, request), request, reply)
    }

    private func prepare(
        _ id: String, _ request: AdminRequest, _ members: Set<String>, _ reply: Reply
    ) -> (JSONValue, ServedTable, Int)? {
        guard let table = current(request, reply) else { return nil }
        switch request.object(members) {
        case .failure(let error):
            reply(error.answer)
            return nil
        case .success(let object):
            guard let index = table.document.route(id) else {
                let known = table.document.routes.map(\.id).joined(separator: ", ")
                reply(.problem(404, "not_found", "no route \"\(id)\"; routes are \(known)"))
                return nil
            }
            return (object, table, index)
        }
    }

    /// What is served, if the caller has seen that.
    func current(_ request: AdminRequest, _ reply: Reply) -> ServedTable? {
        guard let table = router.store.current, router.flips.isEmpty else {
            reply(.problem(503, "busy", "another change is under way; try again", fields: "retry-after: 1\r\n"))
            return nil
        }
        if let wanted = request.ifMatch, wanted != "*" {
            let plain = wanted.hasPrefix("\"") && wanted.hasSuffix("\"") && wanted.count > 1
            let number = plain ? String(wanted.dropFirst().dropLast()) : wanted
            guard number == "\(table.revision)" else {
                reply(
                    .problem(
                        412, "stale_revision",
                        "the router serves revision \(table.revision), not \(number); look again, then repeat",
                        members: [("revision", .count(table.revision))]))
                return nil
            }
        }
        return table
    }

    static func percent(_ value: JSONValue, relativeTo present: Percent) -> Percent? {
        if let number = value.numberText { return Percent(parsing: number) }
        guard let text = value.string, let sign = text.first else { return nil }
        guard sign == "+" || sign == "-" else { return Percent(parsing: text) }
        guard let step = Percent(parsing: text.dropFirst()) else { return nil }
        return Percent(ticks: sign == "+" ? present.ticks + step.ticks : present.ticks - step.ticks)
    }

    private func change(
        _ before: ServedTable, _ edits: [RoutesDocument.Edit], field: String, id: String, was: Percent?,
        becomes: Percent, _ author: Author, _ request: AdminRequest, _ reply: @escaping Reply
    ) {
        let began = Moment.read()
        func answer(_ revision: UInt64, changed: Bool) -> AdminAnswer {
            .json(
                [
                    ("route", .text(id)), ("field", .text(field)), ("before", .optional(was)),
                    ("after", .percent(becomes)), ("revision", .count(revision)),
                    ("previous_revision", .count(before.revision)), ("dry_run", .bool(request.isDryRun)),
                    ("changed", .bool(changed)), ("loops", .count(router.workers.count)),
                    ("took_ms", .optional(Moment.read().since(began).seconds * 1000)), ("warnings", .array([])),
                    ("next_steps", .array([.text("strangler status \(id)")])),
                ], fields: "etag: \"\(revision)\"\r\n")
        }
        guard was != becomes else { return reply(answer(before.revision, changed: false)) }
        publish(before, before.document.edited(edits), author, dryRun: request.isDryRun) { result in
            switch result {
            case .failure(let problem): reply(.problem(problem, revision: before.revision))
            case .success(let table): reply(answer(table.revision, changed: true))
            }
        }
    }

    // MARK: The whole document

    func put(_ request: AdminRequest, _ reply: @escaping Reply) {
        guard request.ifMatch != nil else {
            reply(.problem(428, "bad_request", #"send If-Match with the revision you saw, e.g. If-Match: "41""#))
            return
        }
        guard let before = current(request, reply) else { return }
        let began = Moment.read()
        publish(before, request.body, Author(nil, request), dryRun: request.isDryRun) { result in
            reply(documentAnswer(result, before, request.isDryRun, began))
        }
    }

    func reload(dryRun: Bool, _ reply: @escaping Reply) {
        guard let before = router.store.current, router.flips.isEmpty else {
            reply(.problem(503, "busy", "another change is under way; try again"))
            return
        }
        let began = Moment.read()
        guard !dryRun else {
            let result = router.store.candidate()
            reply(documentAnswer(result, before, true, began))
            return
        }
        router.reload { result in
            reply(documentAnswer(result.map(\.after), before, false, began))
        }
    }

    private func documentAnswer(
        _ result: Result<ServedTable, ConfigurationProblem>, _ before: ServedTable, _ dryRun: Bool, _ began: Moment
    ) -> AdminAnswer {
        switch result {
        case .failure(let problem): return .problem(problem, revision: before.revision)
        case .success(let table):
            let revision = dryRun ? before.revision : table.revision
            return .json(
                [
                    ("revision", .count(revision)), ("previous_revision", .count(before.revision)),
                    ("dry_run", .bool(dryRun)), ("changed", .bool(table.bytes != before.bytes)),
                    ("loops", .count(router.workers.count)),
                    ("took_ms", .optional(Moment.read().since(began).seconds * 1000)),
                    ("warnings", .array(table.document.warnings.map { .text($0.render()) })),
                    (
                        "changes", .array(RouteChange.between(before.document, table.document).map { $0.json })
                    ),
                ], fields: "etag: \"\(revision)\"\r\n")
        }
    }

    /// Checks, writes, serves. A dry run ends after the checks, with the table that would be served.
    private func publish(
        _ before: ServedTable, _ bytes: [UInt8], _ author: Author, dryRun: Bool,
        _ done: @escaping (Result<ServedTable, ConfigurationProblem>) -> Void
    ) {
        switch router.store.draft(bytes) {
        case .failure(let problem): done(.failure(problem))
        case .success(let table):
            guard !dryRun else { return done(.success(table.numbered(before.revision))) }
            if let problem = router.store.write(table) { return done(.failure(problem)) }
            router.serve(table) { [router] in
                router.settle(table)
                router.publishRevision(before: before, after: table, actor: author.actor, reason: author.reason)
                done(.success(table))
            }
        }
    }
}
