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
        guard let path = request.value("path"), !path.isEmpty else {
            return .failure(.problem(400, "bad_request", "give path, percent-encoded"))
        }
        let method = request.value("method") ?? "GET"
        let address = request.value("client_ip") ?? "127.0.0.1"
        // Names and brackets are of addresses with a port.
        let isAddress = SocketAddress(host: address, port: 0) != nil && address.utf8.allSatisfy { $0 != 0x5B }
        guard isAddress, !["", "*", "localhost"].contains(address) else {
            return .failure(.problem(400, "bad_request", "client_ip is an address, IPv4 or IPv6"))
        }
        let host = request.value("host") ?? "localhost"
        var text = "\(method) \(path) HTTP/1.1\r\nhost: \(host)\r\n"
        for header in request.values("header") { text += header + "\r\n" }
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

    init(_ table: ServedTable, _ explained: ExplainedRequest, _ totals: WorkerTotals) {
        self.table = table
        self.explained = explained
        self.totals = totals
    }

    func members() -> [(String, JSONText.Value)] {
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

    private func refused(_ why: String) -> [(String, JSONText.Value)] {
        let method = String(decoding: explained.bytes.prefix { $0 != 0x20 }, as: UTF8.self)
        return unrouted(
            .object([
                ("method", .text(method)), ("path", .text(explained.path)), ("normalised_path", .text("")),
                ("forwarded_path", .null), ("host", .null),
            ]), considered: [], sentence: "refused with 400: \(why)")
    }

    /// All members, for a request that no route takes.
    private func unrouted(
        _ request: JSONText.Value, considered: [JSONText.Value], sentence: String
    ) -> [(String, JSONText.Value)] {
        [
            ("request", request), ("revision", .count(table.revision)), ("route", .null), ("match", .null),
            ("considered", .array(considered)), ("keys", .array([])), ("key_source", .null), ("bucket", .null),
            ("threshold", .count(0)), ("percent", .number(0)), ("decision", .text("no-route")), ("side", .null),
            ("upstream", .null), ("upstream_health", .null), ("fallback", .null),
            ("mirror", .object([("would", .bool(false)), ("to", .null), ("reason", .text("no route"))])),
            ("sentence", .text(sentence)),
        ]
    }

    private func decided(
        _ parser: RequestHeadParser, _ bytes: UnsafeRawBufferPointer, _ target: NormalTarget
    ) -> [(String, JSONText.Value)] {
        let head = parser.head
        let (path, query) = (target.path, target.query)
        let lookup = RequestLookup(bytes: bytes, fields: parser.fields, query: query)
        let methodName = head.methodRange.slice(of: bytes)
        let host = head.host.slice(of: bytes)
        let index = table.table.match(
            method: head.method.rawValue, methodName: methodName, host: host, path: path, fields: lookup)
        let pathText = String(decoding: path, as: UTF8.self)
        let request: JSONText.Value = .object([
            ("method", .text(String(decoding: methodName, as: UTF8.self))), ("path", .text(explained.path)),
            ("normalised_path", .text(pathText)),
            ("forwarded_path", .text(String(decoding: target.forwardedPath, as: UTF8.self))),
            ("host", .text(String(decoding: host, as: UTF8.self))),
        ])
        var considered: [JSONText.Value] = []
        for candidate in RouteTable.precedence(table.document.routes).prefix(200) {
            let route = table.document.routes[candidate]
            considered.append(
                .object([
                    ("route", .text(route.id)), ("matched", .bool(candidate == index)),
                    (
                        "reason",
                        .text(candidate == index ? route.match.sentence : reason(route, parser, bytes, path, lookup))
                    ),
                ]))
            if candidate == index { break }
        }
        guard index >= 0 else {
            return unrouted(request, considered: considered, sentence: "no route matches \(pathText): 404")
        }
        let route = table.document.routes[index]
        let assignment = ExplainedAssignment(
            route, of: table, fields: parser.fields, bytes: bytes, path: path, query: query,
            peer: Array(explained.clientAddress.utf8).withUnsafeBytes { IPAddress($0) })
        let decision = assignment.decision
        let because = decision.sentence(
            percent: route.percent, override: route.override, mints: assignment.mints)
        let upstream = decision.side == .service ? route.service ?? route.legacy : route.legacy
        let name = table.document.upstreams[upstream].name
        let isRead = head.method == .get || head.method == .head
        let mode = route.context.map { table.document.contexts[$0].mode } ?? .stateless
        let fallsBack = decision.side == .service && isRead && route.fallsBackForReads(in: mode)
        let mirror = mirrored(route, decision.side, String(decoding: methodName, as: UTF8.self))
        return [
            ("request", request), ("revision", .count(table.revision)), ("route", .text(route.id)),
            ("match", .text(route.match.sentence)), ("considered", .array(considered)),
            ("keys", .array(assignment.trials.map(Self.trial))),
            ("key_source", .optional(assignment.source?.text)),
            ("bucket", assignment.bucket.map { .count($0) } ?? .null),
            ("threshold", .count(route.percent.ticks)), ("percent", .percent(route.percent)),
            ("decision", .text(decision.reason.word)), ("side", .text(decision.side.name.description)),
            ("upstream", .text(name)), ("upstream_health", .text(totals.health(ofUpstream: upstream))),
            ("fallback", fallsBack ? .text("legacy") : .null), ("mirror", mirror),
            (
                "sentence",
                .text("route \(route.id): \(decision.side.name) (\(name)), because \(because)")
            ),
        ]
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

    private static func trial(_ key: AssignmentKey, _ became: ExplainedAssignment.Trial) -> JSONText.Value {
        let reason: String? =
            switch became {
            case .found: nil
            case .minted: "the router would make one up and set it as a cookie"
            case .missing: "not in the request"
            }
        return .object([
            ("source", .text(key.text)), ("found", .bool(reason == nil)), ("reason", .optional(reason)),
        ])
    }

    private func mirrored(_ route: Route, _ side: Side, _ method: String) -> JSONText.Value {
        func answer(_ would: Bool, _ to: String?, _ reason: String) -> JSONText.Value {
            .object([("would", .bool(would)), ("to", .optional(to)), ("reason", .text(reason))])
        }
        guard let mirror = route.mirror, let service = route.service, mirror.percent > .zero else {
            return answer(false, nil, "the route does not mirror")
        }
        let other = table.document.upstreams[side == .service ? route.legacy : service].name
        guard mirror.methods.contains(method) else {
            return answer(false, other, "the method is not mirrored")
        }
        return answer(true, other, mirror.percent == .all ? "every request is" : "\(mirror.percent) % of requests are")
    }
}
