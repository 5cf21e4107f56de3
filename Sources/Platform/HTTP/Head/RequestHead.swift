/// What a request head says, as offsets and flags: a plain value that costs nothing to copy and owns nothing.
public struct RequestHead: Equatable, Sendable {
    /// The four forms of a request target (RFC 9112 3.2), less the authority form, which only CONNECT has.
    package enum TargetForm: UInt8, Sendable {
        /// `/path?query`
        case origin
        /// `http://host/path?query`: its authority replaces `Host`.
        case absolute
        /// `*`, of OPTIONS only.
        case asterisk
    }

    package var method: HTTPMethod = .other
    package var version: HTTPVersion = .http11
    package var targetForm: TargetForm = .origin
    package var framing: BodyFraming = .none
    /// Whether the connection may carry another request after this one.
    package var keepAlive = false
    /// The client waits for `100 Continue` before it sends the body. Only in 1.1 and only with a body.
    package var expectsContinue = false
    /// A complete WebSocket handshake (RFC 6455 4.1): GET, 1.1, no body or one of length 0, `Connection: upgrade`,
    /// `Upgrade: websocket`, one key, one version.
    package var isWebSocketUpgrade = false
    /// The method's token.
    package var methodRange = ByteRange.empty
    /// The target as it came.
    package var target = ByteRange.empty
    /// Path and query as they came: the target without scheme and authority. Empty for `http://host`. Give it to
    /// `TargetNormaliser`.
    package var pathAndQuery = ByteRange.empty
    /// The path alone.
    package var path = ByteRange.empty
    /// Behind the `?`, or empty.
    package var query = ByteRange.empty
    /// Host and port: the authority of an absolute target, else the `Host` field; empty in HTTP/1.0 without one. Valid,
    /// not normalised.
    package var host = ByteRange.empty
    /// Bytes of the head with its final empty line, and with the empty line before it if there was one.
    package var length = 0

    package init() {}

    /// What the head says about the body, independent of the version of HTTP.
    package var bodyLength: BodyLength { BodyLength(framing) }
}

/// The result of parsing a head.
package enum HeadParseResult: Equatable, Sendable {
    /// Everything so far may begin a valid head.
    case needMoreBytes
    /// A valid head of that many bytes; the body begins behind it.
    case complete(headLength: Int)
    /// Not valid, whatever follows.
    case invalid(HTTPViolation)
}
