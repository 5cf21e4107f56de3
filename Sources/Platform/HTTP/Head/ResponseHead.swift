/// What a response head says, as offsets and flags: a plain value that costs nothing to copy and owns nothing.
public struct ResponseHead: Equatable, Sendable {
    package var version: HTTPVersion = .http11
    public var status = HTTPStatus.ok
    package var framing: BodyFraming = .none
    /// `Content-Length` where the framing does not show it: in a response to HEAD and in a 304 it says what a GET would
    /// have had (RFC 9110 8.6), and may be forwarded. nil when absent, and in 1xx and 204.
    package var declaredLength: UInt64?
    /// Whether the connection may carry another exchange after this one. False when the body lasts until close.
    public var keepAlive = false
    /// 101 with `Connection: upgrade` and `Upgrade: websocket`. Whether the request asked for it is for the caller to
    /// check.
    package var isWebSocketUpgrade = false
    /// The reason phrase as it came; may be empty.
    package var reason = ByteRange.empty
    /// Bytes of the head with its final empty line.
    package var length = 0

    package init() {}

    /// Another response to the same request follows. 101 is not one: it ends HTTP on the connection.
    package var isInterim: Bool { status.isInformational && status != .switchingProtocols }
}
