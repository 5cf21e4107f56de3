/// Fields that have a meaning here, found by a table look-up while a head is read; every other field is `.other`.
package enum KnownField: UInt8, Sendable, CaseIterable {
    case other
    /// A name with `_` in it, which CGI-like programs cannot tell from `-`.
    case underscored
    /// A name with `_` that such programs take for a field that only we may write (`FieldSet.unmistakable`), for
    /// example `x_forwarded_for`.
    case lookalike
    /// A name that begins with `x-forwarded-` and has no meaning of its own here.
    case xForwardedOther
    /// A name that begins with the parser's reserved prefix.
    case reserved
    // Routing and framing
    case host, contentLength, transferEncoding, expect
    // Hop-by-hop (RFC 9110 7.6.1)
    case connection, keepAlive, proxyConnection, te, trailer, upgrade, http2Settings
    case proxyAuthenticate, proxyAuthorization, proxyAuthenticationInfo
    /// `Proxy` is never a real field, and CGI programs take it for a setting ("httpoxy", CVE-2016-5385).
    case proxy
    // Written by proxies
    case via, forwarded, xForwardedFor, xForwardedProto, xForwardedHost, xForwardedPort, xRealIP
    case xRequestID, traceparent, tracestate
    // End to end
    case accept, acceptEncoding, acceptLanguage, age, allow, authorization, cacheControl, contentEncoding, contentType
    case cookie, date, eTag, idempotencyKey, ifMatch, ifModifiedSince, ifNoneMatch, lastModified, location, maxForwards
    case origin, persistentAuth, range, referer, retryAfter, secWebSocketAccept, secWebSocketKey, secWebSocketVersion,
        server, setCookie
    case userAgent, vary, wwwAuthenticate

    /// The name in lower case; empty for the kinds that are no single name.
    package var name: StaticString {
        switch self {
        case .other, .underscored, .lookalike, .xForwardedOther, .reserved: ""
        case .host: "host"
        case .contentLength: "content-length"
        case .transferEncoding: "transfer-encoding"
        case .expect: "expect"
        case .connection: "connection"
        case .keepAlive: "keep-alive"
        case .proxyConnection: "proxy-connection"
        case .te: "te"
        case .trailer: "trailer"
        case .upgrade: "upgrade"
        case .http2Settings: "http2-settings"
        case .proxyAuthenticate: "proxy-authenticate"
        case .proxyAuthorization: "proxy-authorization"
        case .proxyAuthenticationInfo: "proxy-authentication-info"
        case .proxy: "proxy"
        case .via: "via"
        case .forwarded: "forwarded"
        case .xForwardedFor: "x-forwarded-for"
        case .xForwardedProto: "x-forwarded-proto"
        case .xForwardedHost: "x-forwarded-host"
        case .xForwardedPort: "x-forwarded-port"
        case .xRealIP: "x-real-ip"
        case .xRequestID: "x-request-id"
        case .traceparent: "traceparent"
        case .tracestate: "tracestate"
        case .accept: "accept"
        case .acceptEncoding: "accept-encoding"
        case .acceptLanguage: "accept-language"
        case .age: "age"
        case .allow: "allow"
        case .authorization: "authorization"
        case .cacheControl: "cache-control"
        case .contentEncoding: "content-encoding"
        case .contentType: "content-type"
        case .cookie: "cookie"
        case .date: "date"
        case .eTag: "etag"
        case .idempotencyKey: "idempotency-key"
        case .ifMatch: "if-match"
        case .ifModifiedSince: "if-modified-since"
        case .ifNoneMatch: "if-none-match"
        case .lastModified: "last-modified"
        case .location: "location"
        case .maxForwards: "max-forwards"
        case .origin: "origin"
        case .persistentAuth: "persistent-auth"
        case .range: "range"
        case .referer: "referer"
        case .retryAfter: "retry-after"
        case .secWebSocketAccept: "sec-websocket-accept"
        case .secWebSocketKey: "sec-websocket-key"
        case .secWebSocketVersion: "sec-websocket-version"
        case .server: "server"
        case .setCookie: "set-cookie"
        case .userAgent: "user-agent"
        case .vary: "vary"
        case .wwwAuthenticate: "www-authenticate"
        }
    }
}
