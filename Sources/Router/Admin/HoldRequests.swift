import AdminAPI
import EventLoop
import Routing

/// `POST` and `GET /v1/holds`, and `DELETE /v1/holds/{id}`.
struct HoldRequests {
    let router: RouterProcess

    typealias Reply = (AdminAnswer) -> Void

    // MARK: Holding

    func hold(_ request: AdminRequest, _ reply: @escaping Reply) {
        let order: HoldDesk.Order
        do throws(AdminAnswerError) {
            order = try self.order(request)
        } catch {
            return reply(error.answer)
        }
        do throws(HoldDesk.Refusal) {
            try router.holds.ask(order) { [router] hold, outcome in
                guard case .drained = outcome else { return reply(Self.refusal(hold, outcome, order)) }
                let number = hold.number
                router.collect({ $0.holdLoads()[number] ?? HoldLoad() }) { loads in
                    let load = loads.reduce(into: HoldLoad()) { $0.add($1) }
                    reply(.json(hold.described(load, now: router.loop.now)))
                }
            }
        } catch {
            switch error {
            case .overlaps(let sentence): reply(.problem(409, "hold_overlaps", sentence))
            case .tooMany:
                reply(
                    .problem(
                        503, "busy", "\(HoldDesk.most) holds stand, which is as many as may be",
                        fields: "retry-after: 1\r\n"))
            case .takenOver: reply(.takenOver)
            case .draining: reply(.problem(503, "draining", "the router is stopping"))
            }
        }
    }

    private func order(_ request: AdminRequest) throws(AdminAnswerError) -> HoldDesk.Order {
        let asked = try request.read(HoldRequest.self)
        guard let document = router.store.current?.document else {
            throw .problem(503, "busy", "nothing is served yet")
        }
        guard let context = document.contexts.first(where: { $0.name == asked.context }) else {
            let names = document.contexts.map(\.name).joined(separator: ", ")
            throw .problem(404, "not_found", "there is no context \"\(asked.context)\"; there are: \(names)")
        }
        guard context.mode == .owned else {
            throw .problem(
                422, "mode_refuses",
                "the context \"\(context.name)\" has the mode \"\(context.mode.rawValue)\"; only requests of the mode \"owned\" are held"
            )
        }
        let most = Int(Percent.mostTicks)
        guard asked.from.value < asked.to.value, asked.to.value <= most else {
            throw .problem(400, "bad_request", "from is a bucket below to, and to at most \(most)")
        }
        guard let kind = HoldCohort.Kind(asked.kind) else {
            throw .problem(400, "bad_request", "kind is one of \(Hold.kinds.joined(separator: ", "))")
        }
        let longest = router.holdBounds.lease
        guard (1...longest).contains(asked.lease.value) else {
            throw .problem(400, "bad_request", "lease is 1 to \(longest), in milliseconds")
        }
        guard asked.drain.value <= longest else {
            throw .problem(400, "bad_request", "drain is 0 to \(longest), in milliseconds")
        }
        return HoldDesk.Order(
            cohort: HoldCohort(
                context: context.name, buckets: Int32(clamping: asked.from.value)..<Int32(clamping: asked.to.value),
                kind: kind),
            lease: .milliseconds(UInt64(clamping: asked.lease.value)),
            drain: .milliseconds(UInt64(clamping: asked.drain.value)),
            actor: ChangeAuthor(request, actor: asked.actor).actor)
    }

    private static func refusal(
        _ hold: StandingHold, _ outcome: StandingHold.Outcome, _ order: HoldDesk.Order
    ) -> AdminAnswer {
        let name = hold.cohort.name
        switch outcome {
        case .undrained(let inFlight):
            let waited = order.drain.nanoseconds / 1_000_000
            return .problem(
                409, "hold_not_drained",
                "\(inFlight) request\(inFlight == 1 ? "" : "s") of \(name) that began before had not ended after \(waited) ms; nothing is held"
            )
        case .expired: return .problem(409, "hold_ended", "the lease on \(name) ran out; nothing is held")
        case .released, .drained: return .problem(409, "hold_ended", "the hold on \(name) was released meanwhile")
        }
    }

    // MARK: Releasing and reading

    func release(_ id: String, _ reply: @escaping Reply) {
        router.holds.release(id) { hold, released in
            guard let hold else {
                return reply(
                    .problem(404, "not_found", "no hold \"\(id)\" stands; it was released, or its lease ran out"))
            }
            reply(
                .json(
                    HoldReleasedResponse(
                        id: hold.id, context: hold.cohort.context, from: Int(hold.cohort.buckets.lowerBound),
                        to: Int(hold.cohort.buckets.upperBound), released: released)))
        }
    }

    func list(_ reply: @escaping Reply) {
        guard let document = router.store.current?.document else {
            return reply(.problem(503, "busy", "nothing is served yet"))
        }
        router.collect({ ($0.holdLoads(), $0.ownedFigures()) }) { [router] parts in
            var loads: [UInt64: HoldLoad] = [:]
            for (number, load) in parts.lazy.flatMap(\.0) { loads[number, default: HoldLoad()].add(load) }
            let figures = OwnedFigures.sums(parts.map(\.1))
            let now = router.loop.now
            reply(
                .json(
                    HoldsResponse(
                        holds: router.holds.standing.map { $0.described(loads[$0.number] ?? HoldLoad(), now: now) },
                        contexts: document.contexts.filter { $0.mode == .owned }.map { context in
                            let counted = figures[context.name] ?? OwnedFigures()
                            return HoldsResponse.OwnedCounts(
                                context: context.name, epoch: context.epoch.map { Int(clamping: $0) },
                                held: counted.waiting, mostHeld: LoopContext.mostHeld,
                                unkeyedWrites: Int(clamping: counted.unkeyedWrites))
                        })))
        }
    }
}
