import EventLoop
import HTTP
import HTTPTransport

/// Of every listener: each request gets an exchange, which takes the delegate's place until it has ended.
extension Worker: ClientStreamDelegate {
    func requestHead(_ stream: any ClientStream, _ request: RequestHeadView) {
        take()._withUnsafeGuaranteedRef { exchange in
            stream.delegate = exchange
            exchange.requestHead(stream, request)
        }
    }

    /// No head was read: there is nothing to route.
    func requestRefused(_ stream: any ClientStream, _ refusal: RequestRefusal) {
        unrouted.count(method: 0, code: refusal.status.rawValue)
        countLimit(of: refusal)
        answerViolation(
            stream, status: refusal.status, detail: refusal.reason, identity: RequestIdentity(random: &random))
    }

    /// Of a request that one of the router's own limits refused.
    func countLimit(of refusal: RequestRefusal) {
        if let lack = EdgeLack(refusal) {
            edgeRefusals.count(lack, now: Int64(truncatingIfNeeded: loop.now.nanoseconds / 1_000_000))
        }
    }

    func answerViolation(
        _ stream: any ClientStream, status: HTTPStatus, detail: StaticString, identity: RequestIdentity
    ) {
        refused &+= 1
        var digits = [UInt8](repeating: 0, count: 32)
        digits.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { identity.write(to: base) } }
        stream.sendProblem(
            status: status, detail: detail.description,
            members: #","origin":"router","request_id":"\#(String(decoding: digits, as: UTF8.self))""#, forceClose: true
        )
    }
}
