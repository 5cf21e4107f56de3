/// How the end of a message's body is known (RFC 9112 6.3). Every message has exactly one.
package enum BodyFraming: Equatable, Sendable {
    /// No body, and none is announced.
    case none
    /// `Content-Length`, at most 2⁶³-1; may be 0.
    case length(UInt64)
    /// `Transfer-Encoding: chunked`.
    case chunked
    /// Responses only: the body lasts until the sender closes the connection.
    case untilClose

    /// The framing of a request with such a body.
    package init(ofRequest length: BodyLength) {
        switch length {
        case .none: self = .none
        case .length(let length): self = .length(length)
        case .unknown: self = .chunked
        }
    }

    /// Whether the message ends with its head.
    package var isEmpty: Bool {
        switch self {
        case .none, .length(0): true
        case .length, .chunked, .untilClose: false
        }
    }
}
