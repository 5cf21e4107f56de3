import AdminAPI
import HTTP
import JSON
import Routing

@testable import EventLoop
@testable import HTTPTransport
@testable import Router

private nonisolated(unsafe) let parser = RequestHeadParser(limits: HeadLimits())
private let compiler = ConfigurationCompiler(path: "routes.json")
private let served = compile()

/// A request to the admin API, head and body: whatever it asks for is refused with a response that is JSON, or is a
/// change that the file's own reader accepts; and what is written about it for people and programs is JSON too.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzAdmin(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: data, count: size)
    guard case .complete(let length) = parser.parse(bytes) else { return 0 }
    let head = UnsafeRawBufferPointer(rebasing: bytes[..<length])
    var request = AdminRequest(RequestHeadView(bytes: head, parser: parser), isUnix: size % 2 == 0)
    request.body = Array(bytes[length...])
    _ = AdminServer.isLoopbackName(request.host)
    if let refusal = request.flagRefusal { checkRefusal(refusal) }
    let endpoint = AdminEndpoint.at(request.segments).first { $0.method == request.method }
    for refusal in [
        endpoint?.refusal(ofQuery: request), request.mediaTypeRefusal, request.ifMatchRefusal,
    ] {
        if let refusal { checkRefusal(refusal) }
    }
    if case .failure(let error) = TapFilter.read(request, routes: ["profile"]) { checkRefusal(error.answer) }
    if case .failure(let error) = OpenExchangeFilter.read(request, routes: ["profile"]) { checkRefusal(error.answer) }
    let author = ChangeAuthor(request)
    checkJSON(
        RecordedChange(
            at: "", verb: "put", actor: author.actor, reason: author.reason ?? "", previousRevision: 7, revision: 8,
            changes: []
        ).json)
    explain(request)
    let segments = request.segments
    for id in segments.suffix(2) + ["profile", "plain"] {
        shift(id, request)
        mirror(id, request)
    }
    rollBack(request)
    report(request)
    replace(request)
    return 0
}

private func explain(_ request: AdminRequest) {
    switch ExplainedRequest.read(request, limits: served.document.limits) {
    case .failure(let error): checkRefusal(error.answer)
    case .success(let explained):
        checkJSON(ExplainReport(served, explained, WorkerTotals([]), WritesBook()).response().json)
    }
}

private func shift(_ id: String, _ request: AdminRequest) {
    do throws(AdminAnswerError) {
        let order = try PercentOrder.shift(id, request, served.document)
        guard order.isChange else { return }
        require(changed([order.edit]).routes[order.route].percent == order.becomes, "another percentage was written")
    } catch {
        checkRefusal(error.answer)
    }
}

private func mirror(_ id: String, _ request: AdminRequest) {
    do throws(AdminAnswerError) {
        let order = try PercentOrder.mirror(id, request, served.document)
        guard order.isChange else { return }
        require(changed([order.edit]).routes[order.route].mirror?.percent == order.becomes, "another share was written")
    } catch {
        checkRefusal(error.answer)
    }
}

private func rollBack(_ request: AdminRequest) {
    do throws(AdminAnswerError) {
        let order = try RollbackOrder(request)
        let plan = try order.plan(served.document, revision: 8, now: 0)
        require(!plan.routes.isEmpty && order.wait >= 0, "a rollback of nothing")
        let after = changed(plan.edits)
        require(plan.routes.allSatisfy { after.routes[$0].percent == .zero }, "not everything went back")
    } catch {
        checkRefusal(error.answer)
    }
}

/// Whatever a report says, a watch that has taken it comes to a state that time and a good report lead on from.
private func report(_ request: AdminRequest) {
    do throws(AdminAnswerError) {
        let report = try DataReport(request)
        require((100...999_999).contains(report.lease), "a lease of \(report.lease) ms")
        var watch = DataWatch()
        for group in report.groups {
            _ = watch.reported(group, lease: report.lease, maxLag: 5_000, now: 1)
            if let stall = watch.stall {
                checkJSON(DataEvent(at: "", context: "c", to: "stalled", reason: stall.reason).json)
            }
        }
        let good = DataReport.Group(name: "g", state: .running)
        _ = watch.reported(good, lease: report.lease, maxLag: 5_000, now: 2)
        require(watch.deadline == 2 + report.lease, "a good report does not end a stall")
        _ = watch.passed(now: .max)
        require(watch.stall != nil, "a lease that does not run out")
    } catch {
        checkRefusal(error.answer)
    }
}

private func replace(_ request: AdminRequest) {
    switch compiler.parse(request.body) {
    case .failure(let problem): checkRefusal(.problem(problem, revision: served.revision))
    case .success(let document):
        let next = ServedTable(
            revision: 2, document: document, bytes: request.body, loadedAt: 0, addresses: [:], answers: [:],
            overrideSecrets: Array(repeating: nil, count: document.routes.count))
        for change in RouteChange.between(served, next) { checkJSON(change.json) }
        let numbered = document.edited([.revision(4711)])
        guard case .success(let again) = compiler.parse(numbered) else { fatalError("with a revision it is refused") }
        require(again.revision == 4711 && again.routes.count == document.routes.count, "an edit changed the routes")
    }
}

/// The served document with `edits`, as the file's reader sees it.
private func changed(_ edits: [RoutesDocument.Edit]) -> RoutesDocument {
    switch compiler.parse(served.document.edited(edits)) {
    case .success(let document): return document
    case .failure(let problem): fatalError("a change was taken that cannot be served: \(problem.message)")
    }
}

private func checkRefusal(_ answer: AdminAnswer) {
    require((400...428).contains(answer.status), "refused with \(answer.status)")
    checkJSON(answer.body)
}

private func checkJSON(_ text: [UInt8]) {
    do throws(JSONError) {
        _ = try JSONDocument(text)
    } catch {
        fatalError("not JSON: \(error): \(String(decoding: text, as: UTF8.self))")
    }
}

private func compile() -> ServedTable {
    let text = """
        { "version": 1, "revision": 7, "listen": ["127.0.0.1:0"],
          "upstreams": { "old": { "endpoints": ["127.0.0.1:9"] }, "new": { "endpoints": ["127.0.0.1:10"] } },
          "contexts": { "c": { "keys": ["jwt:sub", "header:x-user", "query:user", "cookie:strangler_id", "client-ip"], "mode": "reads" },
            "free": { "keys": [], "mode": "stateless" } },
          "routes": [
            { "id": "profile", "match": { "prefix": "/api/profiles", "methods": ["GET", "HEAD"] }, "legacy": "old",
              "service": "new", "context": "c", "percent": 12.5, "mirror": { "percent": 5, "methods": ["GET"] },
              "override": { "header": "x-side", "trusted": ["127.0.0.1/32"] } },
            { "id": "template", "match": { "template": "/a/{id}/c", "host": "a.example", "query": { "q": "1" } },
              "legacy": "old", "service": "new", "context": "free", "percent": 100 },
            { "id": "plain", "match": { "prefix": "/" }, "legacy": "old" } ] }
        """
    let bytes = Array(text.utf8)
    switch compiler.parse(bytes).flatMap({ compiler.compile($0, bytes: bytes, revision: 7) }) {
    case .success(let table): return table
    case .failure(let problem): fatalError(problem.message)
    }
}
