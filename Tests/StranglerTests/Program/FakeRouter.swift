import AdminAPI
import EventLoop
import HTTP
import JSON
import Operations
import ServiceKit
import Strangler
import Synchronization

/// A router's admin API without a router: keeps a document, answers as docs/admin.openapi.json says.
final class FakeRouter: Sendable {
    struct State: Sendable {
        var document: [UInt8]
        var revision: Int
        var percents: [String: Double]
        var mirrors: [String: Double] = [:]
        /// What was asked, as `METHOD TARGET BODY`.
        var calls: [String] = []
        /// Requests still on the service after a rollback.
        var left = 0
        /// Those that its status tells of later.
        var kept = 0
        /// How often a change is refused first, and how.
        var refusals = (count: 0, status: UInt16(503), code: "")
        /// Elements of `GET /v1/changes`.
        var remembered: [RecordedChange] = []
        /// What the service has open for long, in every response.
        var longLived: LongLivedLeft?
        /// How often the counters were read for their difference; each look is a second and some traffic later.
        var looks = 0
    }

    private let shared: Shared
    private let service: RunningService

    init(socket: String, document: String) throws {
        let bytes = Array(document.utf8)
        guard let sketch = RoutesSketch(bytes), let address = SocketAddress("unix:" + socket) else { throw BadInput() }
        let percents = Dictionary(uniqueKeysWithValues: sketch.routes.map { ($0.id, $0.percent) })
        let shared = Shared(State(document: bytes, revision: sketch.revision, percents: percents))
        self.shared = shared
        service = try Service.start(ServiceOptions(name: "fake-router", listen: [address]), app: Self.app(shared))
    }

    struct BadInput: Error {}

    var snapshot: State { shared.state.withLock { $0 } }
    func leave(_ count: Int) { shared.state.withLock { $0.left = count } }
    /// The service has tunnels and streams open; `policy` is what a change does to them.
    func open(policy: String, closing: Int) {
        let left = LongLivedLeft(
            side: "service", policy: policy,
            open: LongLived(
                count: 4, tunnel: 3, stream: 1, download: 0, upload: 0, waiting: 0, oldestMilliseconds: 754_000,
                closing: closing))
        shared.state.withLock { $0.longLived = left }
    }
    func keep(_ count: Int) { shared.state.withLock { $0.kept = count } }
    func refuse(_ count: Int, status: UInt16, code: String) {
        shared.state.withLock { $0.refusals = (count, status, code) }
    }
    func remember(_ changes: [RecordedChange]) { shared.state.withLock { $0.remembered = changes } }
    func bump() { shared.state.withLock { $0.revision += 1 } }
    func stop() { service.stop() }

    final class Shared: Sendable {
        let state: Mutex<State>
        init(_ state: State) { self.state = Mutex(state) }
    }

    private static func app(_ shared: Shared) -> ServiceApp {
        var app = ServiceApp()
        app.on(.get, "/v1/status") { request in
            let isLook = request.queryItem("latency") != nil
            return shared.state.withLock { state in
                if isLook { state.looks += 1 }
                return answer(status(state))
            }
        }
        app.on(.get, "/v1/changes") { _ in
            shared.state.withLock { answer(RecentChangesResponse(changes: $0.remembered)) }
        }
        app.on(.get, "/v1/tap") { request in
            let filter = ["route", "status", "sample"].map { request.queryItem($0) ?? "-" }.joined(separator: " ")
            shared.state.withLock { $0.calls.append("tap \(filter)") }
            guard request.queryItem("route") == nil else { return problem(404, "not_found", "no route nosuch") }
            let isFiltered = request.queryItem("status") != nil
            return .stream(.ok, contentType: "text/event-stream") { writer in
                try await writer.write(Array(tapped(isFiltered).utf8))
            }
        }
        app.on(.get, "/v1/events") { _ in
            .stream(.ok, contentType: "text/event-stream") { try await $0.write(Array(events.utf8)) }
        }
        app.on(.get, "/v1/routes") { _ in
            shared.state.withLock { .init(.ok, body: $0.document, contentType: "application/json") }
        }
        app.on(.put, "/v1/routes") { request in
            let body = try await request.body.collect(limit: 1 << 20)
            let expected = request.fields["if-match"] ?? "*"
            return shared.state.withLock { state in
                state.calls.append("PUT \(expected)")
                guard expected == "\"\(state.revision)\"" else { return stale(state.revision) }
                state.document = body
                state.revision += 1
                return answer(
                    DocumentResponse(
                        revision: state.revision, previousRevision: state.revision - 1, isDryRun: false,
                        isChanged: true, loops: 2, tookMilliseconds: 0.8, warnings: [], changes: []))
            }
        }
        app.on(.post, "/v1/routes/{id}/shift") { request in
            let body = try JSONDocument(try await request.body.collect(limit: 4096)).root
            let id = request.parameter("id")
            let isDry = request.queryItem("dry_run") == "true"
            let expected = request.fields["if-match"]
            return shared.state.withLock { state in
                if let refusal = refusal(&state) { return refusal }
                state.calls.append("shift \(id) \(body["percent"]?.numberText ?? "?") \(body["reason"]?.string ?? "-")")
                guard let before = state.percents[id], let percent = body["percent"]?.double else {
                    return problem(404, "not_found", "no route \(id)")
                }
                if let expected, expected != "\"\(state.revision)\"" { return stale(state.revision) }
                if id == "profile-writes", percent > 0 {
                    return problem(422, "mode_refuses", "the mode \"reads\" keeps writes on legacy")
                }
                let isChange = percent != before
                if isChange, !isDry {
                    state.percents[id] = percent
                    state.revision += 1
                }
                return changed(
                    RouteChange(route: id, field: "percent", before: before, after: percent), state, isDryRun: isDry,
                    isChanged: isChange)
            }
        }
        app.on(.post, "/v1/rollback") { request in
            let body = try JSONDocument(try await request.body.collect(limit: 4096)).root
            return shared.state.withLock { state in
                if let refusal = refusal(&state) { return refusal }
                let ids = body["route"]?.string.map { [$0] } ?? state.percents.keys.sorted()
                state.calls.append("rollback \(ids.joined(separator: ",")) \(body["mode"]?.string ?? "-")")
                let last = state.left == 0 ? 12.5 : nil
                let routes = ids.filter { (state.percents[$0] ?? 0) > 0 }.map { id in
                    RollbackResponse.Route(
                        id: id, before: state.percents[id] ?? 0, after: 0, inFlight: state.left,
                        inFlightAtFlip: state.left, lastRequestMilliseconds: last,
                        longLived: state.longLived ?? LongLivedLeft(side: "service", policy: "pin", open: LongLived()))
                }
                let previous = state.revision
                for id in ids { state.percents[id] = 0 }
                if !routes.isEmpty { state.revision += 1 }
                return answer(
                    RollbackResponse(
                        mode: body["mode"]?.string ?? "", revision: state.revision, previousRevision: previous,
                        isDryRun: false, isChanged: !routes.isEmpty, loops: 2, flipMilliseconds: 0.42,
                        isComplete: state.left == 0, inFlight: routes.reduce(0) { $0 + $1.inFlight },
                        lastRequestMilliseconds: last, routes: routes, tookMilliseconds: 0.8, warnings: [],
                        nextSteps: []))
            }
        }
        app.on(.post, "/v1/routes/{id}/mirror") { request in
            let id = request.parameter("id")
            let body = try JSONDocument(try await request.body.collect(limit: 4096)).root
            return shared.state.withLock { state in
                if let refusal = refusal(&state) { return refusal }
                let before = state.mirrors[id] ?? 0
                state.mirrors[id] = body["percent"]?.double
                return changed(
                    RouteChange(route: id, field: "mirror", before: before, after: state.mirrors[id] ?? 0), state,
                    isDryRun: false, isChanged: false)
            }
        }
        return app
    }

    private static func refusal(_ state: inout State) -> ServiceResponse? {
        guard state.refusals.count > 0 else { return nil }
        state.refusals.count -= 1
        return problem(state.refusals.status, state.refusals.code, "not now")
    }

    private static func answer(_ value: some WireObject) -> ServiceResponse {
        .init(.ok, body: value.json, contentType: "application/json")
    }

    private static func changed(
        _ change: RouteChange, _ state: State, isDryRun: Bool, isChanged: Bool
    ) -> ServiceResponse {
        answer(
            ChangeResponse(
                route: change.route, field: change.field, before: change.before, after: change.after,
                revision: state.revision,
                previousRevision: isChanged && !isDryRun ? state.revision - 1 : state.revision, isDryRun: isDryRun,
                isChanged: isChanged, loops: 2, tookMilliseconds: 0.8,
                longLived: change.field == "percent" ? state.longLived : nil, warnings: [], nextSteps: []))
    }

    private static func stale(_ revision: Int) -> ServiceResponse {
        problem(412, "stale_revision", "the router serves revision \(revision)", revision: revision)
    }

    private static func problem(
        _ status: UInt16, _ code: String, _ detail: String, revision: Int? = nil
    ) -> ServiceResponse {
        let problem = AdminProblem(
            type: "about:blank", title: "Refused", status: Int(status), detail: detail, origin: "router", code: code,
            revision: revision, diagnostics: nil)
        return .init(HTTPStatus(status), body: problem.json, contentType: "application/problem+json")
    }
}
