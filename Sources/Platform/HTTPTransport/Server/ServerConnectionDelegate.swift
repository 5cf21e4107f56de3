package import HTTP

/// A request head as it lies in memory; valid during the call that hands it out.
package struct RequestHeadView {
    /// The head, to its final empty line.
    package let bytes: UnsafeRawBufferPointer
    @usableFromInline unowned(unsafe) let parser: RequestHeadParser
    // unowned(unsafe): the parser belongs to the listener, which outlives every call it makes.

    init(bytes: UnsafeRawBufferPointer, parser: RequestHeadParser) {
        self.bytes = bytes
        self.parser = parser
    }

    @inlinable package var head: RequestHead { parser.head }
    @inlinable package var fields: FieldTable { parser.fields }

    /// The bytes of a part of the head.
    @inlinable package subscript(range: ByteRange) -> UnsafeRawBufferPointer { range.slice(of: bytes) }
}

/// Why a request is not served. The connection closes after the answer.
package enum RequestRefusal: Equatable, Sendable {
    /// Not HTTP as it must be.
    case malformed(HTTPViolation)
    /// The head or the body did not come in time, or too slowly: 408.
    case tooSlow
    /// More body than `limitBody` allows: 413.
    case bodyTooLarge

    package var status: HTTPStatus {
        switch self {
        case .malformed(let violation): violation.status
        case .tooSlow: .requestTimeout
        case .bodyTooLarge: .contentTooLarge
        }
    }

    /// A few words for the answer, without any byte of the request.
    package var reason: StaticString {
        switch self {
        case .malformed(let violation): violation.reason
        case .tooSlow: "the request did not arrive in time"
        case .bodyTooLarge: "the request body is too large"
        }
    }
}

/// How an exchange ended.
package enum ExchangeEnd: Equatable, Sendable {
    /// The whole answer was handed to the kernel, or waits for the client only.
    case completed
    /// The client went away, or took nothing of the answer for too long.
    case clientGone
    /// We broke it off: `abort`, an answer of another length than announced, a request that turned out malformed.
    case aborted
}

/// What a client connection tells. All on the loop's thread.
///
/// A listener has one delegate for all its connections. In `requestHead` it may hand the exchange to another object by setting
/// `connection.delegate`; when the exchange has ended, the listener's delegate is in its place again.
package protocol ServerConnectionDelegate: AnyObject {
    /// A request begins. The view is valid during the call.
    func requestHead(_ connection: ServerConnection, _ request: RequestHeadView)
    /// Body bytes, without chunk framing, valid during the call.
    func requestBody(_ connection: ServerConnection, _ bytes: UnsafeRawBufferPointer)
    /// The request is complete. In a tunnel: the client will send no more.
    func requestEnd(_ connection: ServerConnection)
    /// What waited for the client has been sent.
    func responseWritable(_ connection: ServerConnection)
    /// The request cannot be served. Answer it now, with `sendProblem` or by head, body and `finish`; if the answer has begun already the
    /// transport breaks it off instead of calling this. Without a preceding `requestHead` this is the whole exchange, and `exchangeEnded`
    /// does not follow.
    func requestRefused(_ connection: ServerConnection, _ refusal: RequestRefusal)
    /// Exactly once for each `requestHead`, and last. The connection must not be used for that exchange any more.
    func exchangeEnded(_ connection: ServerConnection, _ end: ExchangeEnd)
}

extension ServerConnectionDelegate {
    package func requestBody(_ connection: ServerConnection, _ bytes: UnsafeRawBufferPointer) {}
    package func requestEnd(_ connection: ServerConnection) {}
    package func responseWritable(_ connection: ServerConnection) {}
    package func exchangeEnded(_ connection: ServerConnection, _ end: ExchangeEnd) {}
    package func requestRefused(_ connection: ServerConnection, _ refusal: RequestRefusal) {
        connection.sendProblem(status: refusal.status, detail: refusal.reason.description)
    }
}
