/// A set of known fields, as one word.
public struct FieldSet: OptionSet, Sendable {
    public var rawValue: UInt64

    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

    // `OptionSet`'s default would be called through a witness table from other modules; this is one operation on a
    // word.
    @inlinable public mutating func formUnion(_ other: FieldSet) { rawValue |= other.rawValue }
    @inlinable public func union(_ other: FieldSet) -> FieldSet { FieldSet(rawValue: rawValue | other.rawValue) }
    @inlinable public func isDisjoint(with other: FieldSet) -> Bool { rawValue & other.rawValue == 0 }

    /// The set of just that field. `KnownField` has fewer than 64 cases (pinned by a test).
    package init(_ field: KnownField) { rawValue = 1 &<< UInt64(field.rawValue) }

    package init(_ fields: KnownField...) {
        rawValue = fields.reduce(0) { $0 | FieldSet($1).rawValue }
    }

    @inline(__always)
    package func contains(_ field: KnownField) -> Bool { rawValue &>> UInt64(field.rawValue) & 1 != 0 }

    /// Hop-by-hop fields (RFC 9110 7.6.1), and two that are no fields of HTTP/1.1 but are treated as such by many
    /// programs.
    package static let hopByHop = FieldSet(
        .connection, .keepAlive, .proxyConnection, .te, .trailer, .upgrade, .http2Settings)
    /// The fields that say where the body ends. They are always written anew and never copied.
    package static let framing = FieldSet(.contentLength, .transferEncoding)
    /// Names that must not pass a proxy in this direction: `Proxy`, names with the reserved prefix, and names with `_`
    /// that look like what we write or take out.
    package static let untrusted = FieldSet(.proxy, .lookalike, .reserved)
    /// Everything that is cut from a request before our own lines are added. `Host` is among them: it is written from
    /// `RequestHead.host`. So is `Expect`: the code that forwards it writes it.
    package static let cutFromRequest: FieldSet = [
        .hopByHop, .framing, .untrusted, FieldSet(.host, .expect, .proxyAuthorization),
    ]
    /// Fields that say who the client is. They are cut as well when the peer is not trusted or when they are to be
    /// rewritten.
    package static let forwarding = FieldSet(
        .forwarded, .xForwardedFor, .xForwardedProto, .xForwardedHost, .xForwardedPort, .xForwardedOther, .xRealIP)
    /// Fields for which no name with `_` may be mistaken: those that we write and those that we take out.
    static let unmistakable: FieldSet = [
        .framing, .forwarding, .hopByHop, FieldSet(.xRequestID, .proxyAuthorization, .proxyAuthenticate),
    ]
    /// Everything that is cut from a response before our own lines are added.
    package static let cutFromResponse: FieldSet = [.hopByHop, .framing, FieldSet(.reserved, .proxy)]

    /// Fields that `Connection` may name so that they are removed: those of the next hop, and unknown ones. Naming a
    /// known end-to-end field has no effect, else a client could take away `Host`, `Authorization` or what we say about
    /// it (RFC 9110 7.6.1 forbids it too).
    static let nominable: FieldSet = [
        .hopByHop,
        FieldSet(
            .other, .underscored, .lookalike, .reserved, .proxy, .proxyAuthenticate, .proxyAuthorization,
            .proxyAuthenticationInfo),
    ]
}
