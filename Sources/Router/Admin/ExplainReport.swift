import AdminAPI
import EventLoop
import HTTP
import HTTPTransport
import Routing

/// The request that `GET /v1/explain` is about, written out as the wire would have it and read by the same parser as
/// any other.
struct ExplainedRequest {
    let bytes: [UInt8]
    let path: String
    let clientAddress: String
    let limits: EdgeLimits

    static func read(_ request: AdminRequest, limits: EdgeLimits) -> Result<ExplainedRequest, AdminAnswerError> {
        guard let path = request.value(.path), !path.isEmpty else {
            return .failure(.problem(400, "bad_request", "give path, percent-encoded"))
        }
        let method = request.value(.method) ?? "GET"
        let address = request.value(.clientIP) ?? "127.0.0.1"
        // Names and brackets are of addresses with a port.
        let isAddress = SocketAddress(host: address, port: 0) != nil && address.utf8.allSatisfy { $0 != 0x5B }
        guard isAddress, !["", "*", "localhost"].contains(address) else {
            return .failure(.problem(400, "bad_request", "client_ip is an address, IPv4 or IPv6"))
        }
        let host = request.value(.host) ?? "localhost"
        var text = "\(method) \(path) HTTP/1.1\r\nhost: \(host)\r\n"
        for header in request.values(.header) { text += header + "\r\n" }
        text += "\r\n"
        return .success(
            ExplainedRequest(
                bytes: Array(text.utf8), path: path, clientAddress: address,
                limits: limits))
    }
}

/// Which route, key, bucket and side a request would have, and why.
struct ExplainReport {
    private let table: ServedTable
    private let explained: ExplainedRequest
    private let totals: WorkerTotals
    private let writes: WritesBook

    init(_ table: ServedTable, _ explained: ExplainedRequest, _ totals: WorkerTotals, _ writes: WritesBook) {
        self.table = table
        self.explained = explained
        self.totals = totals
        self.writes = writes
    }

    func response() -> ExplainResponse {
        let parser = RequestHeadParser(reservedPrefix: "x-strangler-")
        return explained.bytes.withUnsafeBytes { bytes in
            switch parser.parse(bytes) {
            case .complete: break
            case .invalid(let violation): return refused(violation.sentence)
            case .needMoreBytes: return refused("this is not a valid HTTP/1.1 request")
            }
            let head = parser.head
            var buffer = [UInt8](repeating: 0, count: TargetNormaliser.room(for: head.pathAndQuery.count))
            return buffer.withUnsafeMutableBytes { buffer in
                let raw = head.pathAndQuery.slice(of: bytes)
                switch TargetNormaliser(table.document).read(raw, into: buffer) {
                case .success(let target): return decided(parser, bytes, target)
                case .failure(let violation): return refused(violation.sentence)
                }
            }
        }
    }

    private func refused(_ why: String) -> ExplainResponse {
        let method = String(decoding: explained.bytes.prefix { $0 != 0x20 }, as: UTF8.self)
        return unrouted(
            .init(method: method, path: explained.path, normalisedPath: "", forwardedPath: nil, host: nil),
            considered: [], sentence: "refused with 400: \(why)")
    }

    /// Of a request that no route takes.
    private func unrouted(
        _ request: ExplainResponse.Request, considered: [ExplainResponse.Considered], sentence: String
    ) -> ExplainResponse {
        ExplainResponse(
            request: request, revision: Int(clamping: table.revision), route: nil, match: nil, considered: considered,
            keys: [], keySource: nil, bucket: nil, threshold: 0, percent: 0, decision: "no-route", side: nil,
            upstream: nil, upstreamHealth: nil, fallback: nil,
            mirror: .init(would: false, to: nil, reason: "no route"), sentence: sentence)
    }

    private func decided(
        _ parser: RequestHeadParser, _ bytes: UnsafeRawBufferPointer, _ target: NormalTarget
    ) -> ExplainResponse {
        let head = parser.head
        let (path, query) = (target.path, target.query)
        let lookup = RequestLookup(bytes: bytes, fields: parser.fields, query: query)
        let methodName = head.methodRange.slice(of: bytes)
        let host = head.host.slice(of: bytes)
        let index = table.table.match(
            method: head.method.rawValue, methodName: methodName, host: host, path: path, fields: lookup)
        let pathText = String(decoding: path, as: UTF8.self)
        let request = ExplainResponse.Request(
            method: String(decoding: methodName, as: UTF8.self), path: explained.path, normalisedPath: pathText,
            forwardedPath: String(decoding: target.forwardedPath, as: UTF8.self),
            host: String(decoding: host, as: UTF8.self))
        var considered: [ExplainResponse.Considered] = []
        for candidate in RouteTable.precedence(table.document.routes).prefix(200) {
            let route = table.document.routes[candidate]
            considered.append(
                .init(
                    route: route.id, isMatch: candidate == index,
                    reason: candidate == index ? route.match.sentence : reason(route, parser, bytes, path, lookup)))
            if candidate == index { break }
        }
        guard index >= 0 else {
            return unrouted(request, considered: considered, sentence: "no route matches \(pathText): 404")
        }
        let route = table.document.routes[index]
        let assignment = ExplainedAssignment(
            route, of: table, fields: parser.fields, bytes: bytes, path: path, query: query,
            peer: Array(explained.clientAddress.utf8).withUnsafeBytes { IPAddress($0) },
            isSafe: head.method.isSafe, writes: writes)
        let decision = assignment.decision
        let because = decision.sentence(
            percent: route.percent, override: route.override, mints: assignment.mints,
            sinceWrite: assignment.sinceWrite ?? 0)
        let upstream = decision.side == .service ? route.service ?? route.legacy : route.legacy
        let name = table.document.upstreams[upstream].name
        let isRead = head.method == .get || head.method == .head
        let mode = route.context.map { table.document.contexts[$0].mode } ?? .stateless
        let fallsBack = decision.side == .service && isRead && route.fallsBackForReads(in: mode)
        let mirror = mirrored(
            route, decision.side, String(decoding: methodName, as: UTF8.self),
            awaitsWrite: assignment.sinceWrite != nil)
        return ExplainResponse(
            request: request, revision: Int(clamping: table.revision), route: route.id, match: route.match.sentence,
            considered: considered, keys: assignment.trials.map(Self.trial), keySource: assignment.source?.text,
            bucket: assignment.bucket.map { Int($0) }, threshold: Int(route.percent.ticks),
            percent: route.percent.number, decision: decision.reason.word, side: decision.side.name.description,
            upstream: name, upstreamHealth: totals.health(ofUpstream: upstream),
            fallback: fallsBack ? "legacy" : nil, mirror: mirror,
            sentence: "route \(route.id): \(decision.side.name) (\(name)), because \(because)")
    }

    /// The first condition that the request does not fulfil.
    private func reason(
        _ route: Route, _ parser: RequestHeadParser, _ bytes: UnsafeRawBufferPointer, _ path: UnsafeRawBufferPointer,
        _ lookup: RequestLookup
    ) -> String {
        route.match.firstUnmet { match in
            var document = table.document
            var only = route
            only.match = match
            document.routes = [only]
            let head = parser.head
            return RouteTable(document).match(
                method: head.method.rawValue, methodName: head.methodRange.slice(of: bytes),
                host: head.host.slice(of: bytes), path: path, fields: lookup) == 0
        }
    }

    private static func trial(_ key: AssignmentKey, _ became: ExplainedAssignment.Trial) -> ExplainResponse.Key {
        let reason: String? =
            switch became {
            case .found: nil
            case .minted: "the router would make one up and set it as a cookie"
            case .missing: "not in the request"
            }
        return .init(source: key.text, isFound: reason == nil, reason: reason)
    }

    private func mirrored(
        _ route: Route, _ side: Side, _ method: String, awaitsWrite: Bool
    ) -> ExplainResponse.Mirror {
        guard let mirror = route.mirror, let service = route.service, mirror.percent > .zero else {
            return .init(would: false, to: nil, reason: "the route does not mirror")
        }
        let other = table.document.upstreams[side == .service ? route.legacy : service].name
        guard mirror.methods.contains(method) else {
            return .init(would: false, to: other, reason: "the method is not mirrored")
        }
        guard !awaitsWrite else {
            return .init(would: false, to: other, reason: "the follower has not confirmed its user's last write")
        }
        return .init(
            would: true, to: other,
            reason: mirror.percent == .all ? "every request is" : "\(mirror.percent) % of requests are")
    }
}
