package import HTTP

/// How a response is framed, decided from the request (method, version, keep-alive) and what is known of the body.
/// Pure.
package struct ResponsePlan: Equatable, Sendable {
    /// What the head must say.
    package let framingField: BodyFraming
    /// Whether the client, who speaks HTTP/1.0, must be told that the connection stays.
    let announcesKeepAlive: Bool
    /// The connection closes after this response, and the head says so.
    package let closes: Bool
    /// How the body is sent; `.none` for HEAD, 204, 304 whatever the field says.
    let body: BodyFraming
    let isUpgrade: Bool

    /// - Parameters:
    ///   - mayKeepAlive: The client asked for it, limits allow it, nobody is draining, and the request has been read
    ///     whole.
    package init(
        status: HTTPStatus, body: BodyLength, answering method: HTTPMethod, version: HTTPVersion, mayKeepAlive: Bool
    ) {
        isUpgrade = status == .switchingProtocols
        var closes = !mayKeepAlive
        if isUpgrade || status.isInformational || status == .noContent {
            // RFC 9110 8.6, RFC 9112 6.1: neither field in 1xx and 204.
            framingField = .none
            self.body = isUpgrade ? .untilClose : .none
        } else if method == .head || status == .notModified {
            framingField = if case .length(let length) = body { .length(length) } else { .none }
            self.body = .none
        } else {
            switch body {
            case .none:
                framingField = .length(0)
                self.body = .none
            case .length(let length):
                framingField = .length(length)
                self.body = .length(length)
            case .unknown where version == .http11:
                framingField = .chunked
                self.body = .chunked
            case .unknown:
                // HTTP/1.0 knows no chunks: the close is the end (RFC 9112 6.3).
                framingField = .none
                self.body = .untilClose
                closes = true
            }
        }
        self.closes = isUpgrade ? false : closes
        announcesKeepAlive = !closes && version == .http10
    }

    /// What the head must say of the connection; each line with CRLF.
    var connectionLines: StaticString {
        if isUpgrade { return HeadWriter.upgradeLines }
        if closes { return "connection: close\r\n" }
        return announcesKeepAlive ? "connection: keep-alive\r\n" : ""
    }
}
