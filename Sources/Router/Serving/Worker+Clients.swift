import EventLoop
import HTTP
import HTTPTransport

/// The delegate of every listener's connections. Each request gets an exchange, which is the delegate until it has
/// ended.
extension Worker: ClientStreamDelegate {
    func requestHead(_ stream: any ClientStream, _ request: RequestHeadView) {
        take()._withUnsafeGuaranteedRef { exchange in
            stream.delegate = exchange
            exchange.requestHead(stream, request)
        }
    }

    /// No head was read, so there is nothing to route.
    func requestRefused(_ stream: any ClientStream, _ refusal: RequestRefusal) {
        unrouted.count(method: 0, code: refusal.status.rawValue)
        countLimit(of: refusal)
        answerViolation(
            stream, refusal.violation, line: refusal.line, identity: RequestIdentity(random: &random))
    }

    /// Counts a request that one of the router's own limits refused.
    func countLimit(of refusal: RequestRefusal) {
        if let lack = EdgeLack(refusal) {
            edgeRefusals.count(lack, now: loop.now.milliseconds)
        }
    }

    /// Sends a response that says which line of the request breaks which rule, and which setting decides it.
    func answerViolation(
        _ stream: any ClientStream, _ violation: HTTPViolation, line: Int, identity: RequestIdentity
    ) {
        let now = loop.now.milliseconds
        if let times = refused.count(violation, now: now) {
            report(
                .refused(
                    RefusalNotice(
                        message: .request(peer: stream.peerText), violation: violation, line: line, times: times)))
        }
        var detail = violation.sentence
        if let key = violation.requestKey { detail += "; the setting \(key) decides" }
        var members = #","reason":"\#(violation.label)","rule":"\#(violation.clause)""#
        if line > 0 { members += #","line":\#(line)"# }
        if let key = violation.requestKey { members += #","setting":"\#(key)""# }
        var digits = [UInt8](repeating: 0, count: 32)
        digits.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { identity.write(to: base) } }
        stream.sendProblem(
            status: violation.status, detail: detail,
            members: members + #","origin":"router","request_id":"\#(String(decoding: digits, as: UTF8.self))""#,
            forceClose: true)
    }
}

/// Responses of upstreams that are not valid HTTP.
extension Worker {
    func responseRefused(
        _ violation: HTTPViolation, line: Int, by endpoint: UpstreamEndpoint, of group: UpstreamGroup,
        route: @autoclosure () -> String
    ) {
        let now = loop.now.milliseconds
        guard let times = group.refusals.answers.count(violation, now: now) else { return }
        report(
            .refused(
                RefusalNotice(
                    message: .answer(upstream: group.name, endpoint: endpoint.text, route: route()),
                    violation: violation, line: line, times: times)))
    }

    /// Reports a response to a mirrored copy as well, because users are to be moved to that side. A copy keeps neither
    /// group nor route; they are looked up only here.
    func responseRefused(
        _ violation: HTTPViolation, line: Int, by endpoint: UpstreamEndpoint, copiedBy state: RouteState
    ) {
        guard let group = groups.first(where: { $0.endpoints.contains { $0 === endpoint } }) else { return }
        responseRefused(
            violation, line: line, by: endpoint, of: group, route: states.first { $0.value === state }?.key ?? "-")
    }
}
