/// What is known about a message's body when its head is sent, independent of the version of HTTP: each connection
/// frames it in its own way.
package enum BodyLength: Equatable, Sendable {
    /// There is none, and a request announces none.
    case none
    /// The length in bytes, which may be 0. In a response to HEAD and in a 304 it is the length that a GET would have
    /// had.
    case length(UInt64)
    /// The length is not known in advance.
    case unknown

    /// What the head of a request says.
    package init(_ framing: BodyFraming) {
        switch framing {
        case .none: self = .none
        case .length(let length): self = .length(length)
        case .chunked, .untilClose: self = .unknown
        }
    }

    /// What the head of a response to `method` says. For HEAD and 304 it is the length that the head declared.
    package init(_ head: ResponseHead, answering method: HTTPMethod) {
        switch head.framing {
        case .none: self = head.declaredLength.map { .length($0) } ?? (method == .head ? .unknown : .none)
        case .length(let length): self = .length(length)
        case .chunked, .untilClose: self = .unknown
        }
    }

    /// Whether the message ends with its head.
    package var isEmpty: Bool {
        switch self {
        case .none, .length(0): true
        case .length, .unknown: false
        }
    }
}
