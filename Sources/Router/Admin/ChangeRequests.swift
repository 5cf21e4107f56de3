import AdminAPI
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

    /// What is served, if the caller has seen that; otherwise why not.
    private func current(_ request: AdminRequest, isOvertaken: Bool) throws(AdminAnswerError) -> ServedTable {
        guard !router.refusesChanges else { throw AdminAnswerError(answer: .takenOver) }
        guard let table = router.store.current else { throw .problem(503, "busy", "nothing is served yet") }
        if let wanted = request.ifMatch, wanted != "*" {
            let plain = wanted.hasPrefix("\"") && wanted.hasSuffix("\"") && wanted.count > 1
            let number = plain ? String(wanted.dropFirst().dropLast()) : wanted
            guard number == "\(table.revision)" else {
                throw AdminAnswerError(
                    answer: .problem(
                        412, "stale_revision",
                        "the router serves revision \(table.revision), not \(number); look again, then repeat",
                        revision: table.revision))
            }
        }
        guard !isOvertaken else {
            throw AdminAnswerError(
                answer: .problem(
                    409, "overtaken",
                    "while it waited for its turn, a rollback changed what is served; look again, then repeat",
                    revision: table.revision))
        }
        return table
    }

    /// Lets `body` run when it is its turn, on what is served then.
    private func inTurn(
        _ request: AdminRequest, _ reply: @escaping Reply,
        _ body: @escaping (ServedTable, @escaping Reply) throws(AdminAnswerError) -> Void
    ) {
        let runs = router.inTurn(.other) { isOvertaken, finished in
            do throws(AdminAnswerError) {
                try body(try current(request, isOvertaken: isOvertaken)) { answer in
                    finished(false)
                    reply(answer)
                }
            } catch {
                finished(false)
                reply(error.answer)
            }
        }
        if !runs { reply(.problem(.busy, revision: router.store.current?.revision ?? 0)) }
    }

    private func follow(
        _ request: AdminRequest, _ reply: @escaping Reply,
        _ read: @escaping (RoutesDocument) throws(AdminAnswerError) -> PercentOrder
    ) {
        inTurn(request, reply) { before, reply throws(AdminAnswerError) in
            change(before, try read(before.document), request, reply)
        }
    }

    private func change(
        _ before: ServedTable, _ order: PercentOrder, _ request: AdminRequest, _ reply: @escaping Reply
    ) {
        let id = before.document.routes[order.route].id
        let began = Moment.read()
        func answer(_ revision: UInt64, changed: Bool, took: Moment.Span, left: LongLivedLeft?) -> AdminAnswer {
            let response = ChangeResponse(
                route: id, field: order.field.rawValue, before: order.was?.number, after: order.becomes.number,
                revision: Int(clamping: revision), previousRevision: Int(clamping: before.revision),
                isDryRun: request.isDryRun, isChanged: changed, loops: router.workers.count,
                tookMilliseconds: took.wireMilliseconds, longLived: left, warnings: [],
                nextSteps: ["strangler status \(id)"])
            return .json(response, tag: response.revision)
        }
        guard order.isChange else {
            return reply(answer(before.revision, changed: false, took: Moment.read().since(began), left: nil))
        }
        let verb = order.field == .percent ? ChangeVerb.shift : .mirror
        publish(before, router.store.draft([order.edit]), verb, order.author, request) { [router] result in
            switch result {
            case .failure(let problem): reply(.problem(problem, revision: before.revision))
            case .success(let step):
                let table = step.after
                let took = Moment.read().since(began)
                guard order.field == .percent, let was = order.was, let index = table.places[id] else {
                    return reply(answer(table.revision, changed: true, took: took, left: nil))
                }
                router.collect({ $0.longLivedInventory() }) { parts in
                    let left = LongLivedLeft(
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
        inTurn(request, reply) { [router] before, reply in
            let began = Moment.read()
            var draft = router.store.draft(request.body)
            // The draft has the next revision; what its author has seen is in the text that came.
            if !request.isOverRollback, case .success(let sent) = router.store.compiler.parse(request.body),
                let refusal = router.store.undoing(sent, request.body, modifiedAt: nil)
            {
                draft = .failure(refusal)
            }
            publish(before, draft, verb(request), ChangeAuthor(request), request) { result in
                reply(documentAnswer(result, before, request.isDryRun, began))
            }
        }
    }

    /// What the caller calls it.
    private func verb(_ request: AdminRequest) -> ChangeVerb {
        switch request.value(.verb) {
        case "apply": .apply
        case "undo": .undo
        default: .put
        }
    }

    func reload(_ request: AdminRequest, _ reply: @escaping Reply) {
        guard let before = router.store.current else {
            return reply(.problem(503, "busy", "nothing is served yet", fields: "retry-after: 1\r\n"))
        }
        let began = Moment.read()
        guard !request.isDryRun else {
            let result = router.store.candidate(overRollback: request.isOverRollback).flatMap {
                [router] table -> Result<RevisionStep, ConfigurationProblem> in
                if let refusal = router.moveRefusal(before, table) { return .failure(refusal) }
                if !request.isDespiteData, let refusal = router.dataRefusal(before, table) { return .failure(refusal) }
                return .success(RevisionStep(before: before, after: table))
            }
            reply(documentAnswer(result, before, true, began))
            return
        }
        let author = request.value(.actor) == nil ? nil : (verb(request), ChangeAuthor(request))
        router.reload(
            overRollback: request.isOverRollback, despiteData: request.isDespiteData,
            order: author.map { ($0.0 == .put ? .reload : $0.0, $0.1) }
        ) {
            result in
            var before = before
            if case .success(let step) = result { before = step.before }
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
            let response = DocumentResponse(
                revision: Int(clamping: dryRun ? before.revision : table.revision),
                previousRevision: Int(clamping: before.revision), isDryRun: dryRun,
                isChanged: table.bytes != before.bytes, loops: router.workers.count,
                tookMilliseconds: Moment.read().since(began).wireMilliseconds,
                warnings: table.document.warnings.map { $0.render() }, changes: step.changes)
            return .json(response, tag: response.revision)
        }
    }

    /// Checks, writes, serves. A dry run ends after the checks, with the table that would be served.
    private func publish(
        _ before: ServedTable, _ draft: Result<ServedTable, ConfigurationProblem>, _ verb: ChangeVerb,
        _ author: ChangeAuthor, _ request: AdminRequest,
        _ done: @escaping (Result<RevisionStep, ConfigurationProblem>) -> Void
    ) {
        switch draft {
        case .failure(let problem): done(.failure(problem))
        case .success(let table):
            // A single percentage was asked about before, and going down is never refused.
            if verb != .shift, let refusal = router.moveRefusal(before, table) { return done(.failure(refusal)) }
            if !request.isDespiteData, let refusal = router.dataRefusal(before, table) {
                return done(.failure(refusal))
            }
            guard !request.isDryRun else {
                return done(.success(RevisionStep(before: before, after: table.numbered(before.revision))))
            }
            if let problem = router.store.write(table) { return done(.failure(problem)) }
            // The whole of what is served is in the file now, rollbacks that were not among it.
            router.store.noteSettled()
            router.serve(table) { [router] in
                router.settle(table)
                let step = RevisionStep(before: before, after: table)
                router.publishRevision(step, verb, by: author)
                done(.success(step))
            }
        }
    }
}
