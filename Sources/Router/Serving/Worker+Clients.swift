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

    /// No head was read, so there is nothing to route, and no exchange: the response is the whole of it.
    func requestRefused(_ stream: any ClientStream, _ refusal: RequestRefusal) {
        unrouted.count(method: 0, code: refusal.status.rawValue)
        countLimit(of: refusal)
        noteRefused(stream, refusal.violation, line: refusal.line)
        let problem = ViolationProblem(
            refusal.violation, line: refusal.line, identity: RequestIdentity(random: &random))
        var head = stream.beginHead(problem.status)
        problem.appendFields(to: &head)
        stream.sendHead(head, body: .length(UInt64(problem.body.count)), forceClose: true)
        problem.body.withUnsafeBytes { stream.sendBody($0) }
        stream.finish()
    }

    /// Counts a request that one of the router's own limits refused.
    func countLimit(of refusal: RequestRefusal) {
        if let lack = EdgeLack(refusal) {
            edgeRefusals.count(lack, now: loop.now.milliseconds)
        }
    }

    /// Counts and reports a request that breaks a rule of HTTP.
    func noteRefused(_ stream: any ClientStream, _ violation: HTTPViolation, line: Int) {
        let now = loop.now.milliseconds
        if let times = refused.count(violation, now: now) {
            report(
                .refused(
                    RefusalNotice(
                        message: .request(peer: stream.peerText), violation: violation, line: line, times: times)))
        }
    }
}

/// Responses of upstreams that are not valid HTTP.
extension Worker {
    func responseRefused(
        _ violation: HTTPViolation, line: Int, by endpoint: UpstreamEndpoint, of group: UpstreamGroup,
        route: @autoclosure () -> String
    ) {
        let now = loop.now.milliseconds
        guard let times = group.refusals.responses.count(violation, now: now) else { return }
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
