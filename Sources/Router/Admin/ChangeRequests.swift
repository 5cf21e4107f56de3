import EventLoop
import JSON
import Routing

/// The changes that the admin API makes: checked, written, served by every loop, and only then answered.
struct ChangeRequests {
    let router: RouterProcess

    init(_ router: RouterProcess) { self.router = router }

    typealias Reply = (AdminAnswer) -> Void

    // MARK: One route

    func shift(_ id: String, _ request: AdminRequest, _ reply: @escaping Reply) {
        follow(request, reply) { document throws(AdminAnswerError) in try PercentOrder.shift(id, request, document) }
    }

    func mirror(_ id: String, _ request: AdminRequest, _ reply: @escaping Reply) {
        follow(request, reply) { document throws(AdminAnswerError) in try PercentOrder.mirror(id, request, document) }
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

    private func follow(
        _ request: AdminRequest, _ reply: @escaping Reply,
        _ read: (RoutesDocument) throws(AdminAnswerError) -> PercentOrder
    ) {
        guard let before = current(request, reply) else { return }
        do throws(AdminAnswerError) {
            change(before, try read(before.document), request, reply)
        } catch {
            reply(error.answer)
        }
    }

    private func change(
        _ before: ServedTable, _ order: PercentOrder, _ request: AdminRequest, _ reply: @escaping Reply
    ) {
        let id = before.document.routes[order.route].id
        let began = Moment.read()
        func answer(_ revision: UInt64, changed: Bool, took: Moment.Span, left: JSONText.Value) -> AdminAnswer {
            .json(
                [
                    ("route", .text(id)), ("field", .text(order.field.rawValue)), ("before", .optional(order.was)),
                    ("after", .percent(order.becomes)), ("revision", .count(revision)),
                    ("previous_revision", .count(before.revision)), ("dry_run", .bool(request.isDryRun)),
                    ("changed", .bool(changed)), ("loops", .count(router.workers.count)),
                    ("took_ms", .optional(took.seconds * 1000)), ("long_lived", left), ("warnings", .array([])),
                    ("next_steps", .array([.text("strangler status \(id)")])),
                ], fields: "etag: \"\(revision)\"\r\n")
        }
        guard order.isChange else {
            return reply(answer(before.revision, changed: false, took: Moment.read().since(began), left: .null))
        }
        publish(before, router.store.draft([order.edit]), order.author, dryRun: request.isDryRun) {
            [router] result in
            switch result {
            case .failure(let problem): reply(.problem(problem, revision: before.revision))
            case .success(let step):
                let table = step.after
                let took = Moment.read().since(began)
                guard order.field == .percent, let was = order.was, let index = table.places[id] else {
                    return reply(answer(table.revision, changed: true, took: took, left: .null))
                }
                router.collect({ $0.longLivedInventory() }) { parts in
                    let left = LongLivedReport.value(
                        LongLivedInventory(parts), table.document.routes[index],
                        losing: order.becomes < was ? .service : .legacy)
                    reply(answer(table.revision, changed: true, took: took, left: left))
                }
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
        publish(before, router.store.draft(request.body), ChangeAuthor(nil, request), dryRun: request.isDryRun) {
            result in
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
            let result = router.store.candidate().map { RevisionStep(before: before, after: $0) }
            reply(documentAnswer(result, before, true, began))
            return
        }
        router.reload { result in
            reply(documentAnswer(result, before, false, began))
        }
    }

    private func documentAnswer(
        _ result: Result<RevisionStep, ConfigurationProblem>, _ before: ServedTable, _ dryRun: Bool, _ began: Moment
    ) -> AdminAnswer {
        switch result {
        case .failure(let problem): return .problem(problem, revision: before.revision)
        case .success(let step):
            let table = step.after
            let revision = dryRun ? before.revision : table.revision
            return .json(
                [
                    ("revision", .count(revision)), ("previous_revision", .count(before.revision)),
                    ("dry_run", .bool(dryRun)), ("changed", .bool(table.bytes != before.bytes)),
                    ("loops", .count(router.workers.count)),
                    ("took_ms", .optional(Moment.read().since(began).seconds * 1000)),
                    ("warnings", .array(table.document.warnings.map { .text($0.render()) })),
                    ("changes", .array(step.changes.map { $0.json })),
                ], fields: "etag: \"\(revision)\"\r\n")
        }
    }

    /// Checks, writes, serves. A dry run ends after the checks, with the table that would be served.
    private func publish(
        _ before: ServedTable, _ draft: Result<ServedTable, ConfigurationProblem>, _ author: ChangeAuthor, dryRun: Bool,
        _ done: @escaping (Result<RevisionStep, ConfigurationProblem>) -> Void
    ) {
        switch draft {
        case .failure(let problem): done(.failure(problem))
        case .success(let table):
            guard !dryRun else {
                return done(.success(RevisionStep(before: before, after: table.numbered(before.revision))))
            }
            if let problem = router.store.write(table) { return done(.failure(problem)) }
            router.serve(table) { [router] in
                router.settle(table)
                let step = RevisionStep(before: before, after: table)
                router.publishRevision(step, actor: author.actor, reason: author.reason)
                done(.success(step))
            }
        }
    }
}
