package import HTTP

/// Why a request is not served. The connection closes after the response.
package enum RequestRefusal: Equatable, Sendable {
    /// Not HTTP as it must be. The line of the head that is wrong, counted from 1; 0: no single one.
    case malformed(HTTPViolation, line: Int)
    /// The head had begun and was not complete in time: 408.
    case headTooSlow
    /// Nothing of the body came for too long: 408.
    case bodyStalled
    /// The body came below the rate that it must have: 408.
    case bodyTooSlow
    /// More body than `limitBody` allows: 413.
    case bodyTooLarge

    /// The rule that it breaks.
    package var violation: HTTPViolation {
        switch self {
        case .malformed(let violation, _): violation
        case .headTooSlow, .bodyStalled, .bodyTooSlow: .tooSlow
        case .bodyTooLarge: .bodyTooLarge
        }
    }

    package var line: Int { if case .malformed(_, let line) = self { line } else { 0 } }
    package var status: HTTPStatus { violation.status }
    /// A few words for the response, without any byte of the request.
    package var reason: StaticString { violation.reason }
}

/// How an exchange ended.
package enum ExchangeEnd: Equatable, Sendable {
    /// The whole response was handed to the kernel, or waits for the client only.
    case completed
    /// The client went away, or took nothing of the response for too long.
    case clientGone
    /// We broke it off: `abort`, a response of another length than announced, a request that turned out malformed.
    case aborted
}

/// What a client's stream tells. All on the loop's thread.
///
/// A listener has one delegate for all its streams. In `requestHead` it may hand the exchange to another object by
/// setting `stream.delegate`; when the exchange has ended, the listener's delegate is told again.
package protocol ClientStreamDelegate: AnyObject {
    /// A request begins. The view is valid during the call.
    func requestHead(_ stream: any ClientStream, _ request: RequestHeadView)
    /// Body bytes, without chunk framing, valid during the call.
    func requestBody(_ stream: any ClientStream, _ bytes: UnsafeRawBufferPointer)
    /// The request is complete. In a tunnel: the client will send no more.
    func requestEnd(_ stream: any ClientStream)
    /// What waited for the client has been sent.
    func responseWritable(_ stream: any ClientStream)
    /// The request cannot be served. Answer it now, with `sendProblem` or by head, body and `finish`; if the response
    /// has begun already the transport breaks it off instead of calling this. Without a preceding `requestHead` this is
    /// the whole exchange, and `exchangeEnded` does not follow.
    func requestRefused(_ stream: any ClientStream, _ refusal: RequestRefusal)
    /// Exactly once for each `requestHead`, and last. The stream must not be used for that exchange any more.
    func exchangeEnded(_ stream: any ClientStream, _ end: ExchangeEnd)
}

extension ClientStreamDelegate {
    package func requestBody(_ stream: any ClientStream, _ bytes: UnsafeRawBufferPointer) {}
    package func requestEnd(_ stream: any ClientStream) {}
    package func responseWritable(_ stream: any ClientStream) {}
    package func exchangeEnded(_ stream: any ClientStream, _ end: ExchangeEnd) {}
    package func requestRefused(_ stream: any ClientStream, _ refusal: RequestRefusal) {
        stream.sendProblem(status: refusal.status, detail: refusal.reason)
    }
}
