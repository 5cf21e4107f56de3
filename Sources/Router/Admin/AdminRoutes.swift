import AdminAPI
import DurableFiles
import EventLoop
import HTTP
import JSON
import Routing

/// Which request of the admin API does what: one list, in one place.
struct AdminRoutes {
    let router: RouterProcess

    init(_ router: RouterProcess) { self.router = router }

    typealias Reply = (AdminAnswer) -> Void

    func answer(_ request: AdminRequest, _ reply: @escaping Reply) {
        let method = request.method == "HEAD" ? "GET" : request.method
        let segments = request.segments
        let there = AdminEndpoint.at(segments)
        let endpoint = there.first { $0.method == method }
        // Probes and scrapers may say what they like.
        if segments.first == "v1", segments.count > 1 {
            let refusal =
                endpoint?.refusal(ofQuery: request) ?? request.flagRefusal ?? request.mediaTypeRefusal
                ?? request.ifMatchRefusal
            if let refusal { return reply(refusal) }
        }
        if let endpoint {
            serve(endpoint, segments, request) { answer in
                let statuses = endpoint.declaration.statuses
                assert(statuses.contains(Int(answer.status)), "\(endpoint) does not declare \(answer.status)")
                reply(answer)
            }
        } else if there.isEmpty {
            reply(.problem(404, "not_found", "the admin API has no \(request.path)"))
        } else {
            let list = there.map(\.method).joined(separator: ", ")
            reply(.problem(405, "method_not_allowed", "use \(list)", fields: "allow: \(list)\r\n"))
        }
    }

    private func serve(
        _ endpoint: AdminEndpoint, _ path: [String], _ request: AdminRequest, _ reply: @escaping Reply
    ) {
        switch endpoint {
        case .status: status(request, reply)
        case .getRoutes: routes(request, reply)
        case .putRoutes: ChangeRequests(router).put(request, reply)
        case .shift: ChangeRequests(router).shift(path[2], request, promptly(reply))
        case .mirror: ChangeRequests(router).mirror(path[2], request, promptly(reply))
        case .rollback: RollbackRun(router).run(request, promptly(reply))
        case .data: DataRequests(router: router).show(reply)
        case .reportData: DataRequests(router: router).report(request, reply)
        case .holds: HoldRequests(router: router).list(reply)
        case .hold: HoldRequests(router: router).hold(request, promptly(reply))
        case .releaseHold: HoldRequests(router: router).release(path[2], promptly(reply))
        case .explain: explain(request, reply)
        case .events: reply(AdminAnswer(contentType: "text/event-stream", stream: .events))
        case .streams: streams(request, reply)
        case .tap: tap(request, reply)
        case .revisions: revisions(reply)
        case .revision: revision(path[2], reply)
        case .changes: changes(request, reply)
        case .reload: ChangeRequests(router).reload(request, reply)
        case .drain: drain(reply)
        case .metrics: metrics(reply)
        case .healthz: reply(.json(healthResponse))
        case .readyz: readiness(request, reply)
        }
    }

    // MARK: Reading

    private var revision: UInt64 { router.store.current?.revision ?? 0 }

    private var healthResponse: HealthResponse {
        HealthResponse(status: router.isDraining ? "draining" : "ok", revision: Int(clamping: revision))
    }

    private func readiness(_ request: AdminRequest, _ reply: Reply) {
        var response = healthResponse
        // Traffic is served all the same: what is not on disk is for people, not for the load balancer.
        if request.value(.verbose) != nil { response.persistence = Persistence(router.store) }
        reply(.json(response, status: router.isDraining ? 503 : 200))
    }

    private func metrics(_ reply: @escaping Reply) {
        router.collect({ ($0.snapshot(), $0.longLivedInventory()) }) { parts in
            let report = MetricsReport(
                router, WorkerTotals(parts.map(\.0)), LongLivedInventory(parts.map(\.1)))
            reply(AdminAnswer(contentType: "text/plain; version=0.0.4; charset=utf-8", body: Array(report.text().utf8)))
        }
    }

    private func status(_ request: AdminRequest, _ reply: @escaping Reply) {
        let withLatencies = request.wantsLatencies
        router.collect({ ($0.snapshot(), $0.longLivedInventory()) }) { parts in
            let totals = WorkerTotals(parts.map(\.0))
            let open = LongLivedInventory(parts.map(\.1))
            let report = StatusReport(router, totals, open, withLatencies: withLatencies)
            reply(report.status().map { .json($0) } ?? .problem(503, "busy", "nothing is served yet"))
        }
    }

    private func streams(_ request: AdminRequest, _ reply: @escaping Reply) {
        let routes = router.store.current?.document.routes.map(\.id) ?? []
        switch OpenExchangeFilter.read(request, routes: routes) {
        case .failure(let error): reply(error.answer)
        case .success(let filter):
            router.collect({ $0.openExchanges(filter) }) { parts in
                reply(.json(StreamsResponse(parts, limit: filter.limit)))
            }
        }
    }

    private func tap(_ request: AdminRequest, _ reply: @escaping Reply) {
        let routes = router.store.current?.document.routes.map(\.id) ?? []
        switch TapFilter.read(request, routes: routes) {
        case .failure(let error): reply(error.answer)
        case .success(let filter):
            // Answered when every loop taps: what the reader does after the head is seen.
            router.taps.open(filter) { number in
                guard let number else {
                    let detail = "\(TapHub.readerLimit) taps are open, which is as many as may be"
                    return reply(.problem(503, "busy", detail, fields: "retry-after: 1\r\n"))
                }
                reply(
                    AdminAnswer(
                        contentType: "text/event-stream", stream: .tap(number: number, limit: filter.limit)))
            }
        }
    }

    private func routes(_ request: AdminRequest, _ reply: Reply) {
        guard let table = router.store.current else { return reply(.problem(503, "busy", "nothing is served yet")) }
        let tag = "\"\(table.revision)\""
        if request.ifNoneMatch == tag {
            reply(AdminAnswer(status: 304, fields: "etag: \(tag)\r\n"))
            return
        }
        reply(AdminAnswer(fields: "etag: \(tag)\r\n", body: table.bytes))
    }

    private func revisions(_ reply: Reply) {
        let copies = router.store.generations.copies()
        reply(
            .json(
                RevisionsResponse(
                    revisions: copies.map { copy in
                        RevisionsResponse.Kept(
                            revision: Int(clamping: copy.revision), at: WallClock.text(copy.keptAt * 1000),
                            bytes: Int(clamping: copy.size), isServing: copy.revision == revision)
                    })))
    }

    private func changes(_ request: AdminRequest, _ reply: Reply) {
        guard
            let after = AdminRequest.number(request.value(.after) ?? "0", in: 0...9_007_199_254_740_991)
        else {
            return reply(.problem(400, "bad_request", "after is a revision"))
        }
        reply(.json(router.recentChanges.response(after: after)))
    }

    private func revision(_ text: String, _ reply: Reply) {
        let copies = router.store.generations.copies()
        guard let number = UInt64(text), let copy = copies.first(where: { $0.revision == number }),
            let bytes = router.store.generations.bytes(of: copy)
        else {
            reply(.problem(404, "not_found", "revision \(text) is not kept"))
            return
        }
        reply(AdminAnswer(fields: "etag: \"\(number)\"\r\n", body: bytes))
    }

    private func explain(_ request: AdminRequest, _ reply: @escaping Reply) {
        guard let table = router.store.current else { return reply(.problem(503, "busy", "nothing is served yet")) }
        switch ExplainedRequest.read(request, limits: table.document.limits) {
        case .failure(let error): reply(error.answer)
        case .success(let explained):
            router.collect({ $0.snapshot() }) { snapshots in
                reply(.json(ExplainReport(table, explained, WorkerTotals(snapshots), router.writes).response()))
            }
        }
    }

    // MARK: Changing

    private func drain(_ reply: @escaping Reply) {
        router.collect({ ($0.inFlight + $0.streams, $0.connectionCount) }) { loads in
            let patience = router.store.current?.document.timeouts.drain ?? .seconds(10)
            reply(
                .json(
                    DrainResponse(
                        state: "draining", deadlineMilliseconds: Double(patience.milliseconds),
                        inFlight: loads.reduce(0) { $0 + Int(clamping: $1.0) },
                        connections: loads.reduce(0) { $0 + Int(clamping: $1.1) }), status: 202))
            if !router.isDraining { router.stop() }
        }
    }

    /// What the operator orders of one route goes before everything, on a machine whose cores are taken too: going back
    /// must not wait.
    private func promptly(_ reply: @escaping Reply) -> Reply {
        router.hurry(1)
        return { [router] answer in
            router.hurry(-1)
            reply(answer)
        }
    }
}
