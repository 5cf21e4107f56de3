/// What is asked of a response header. Only headers that are named by a rule or by the defaults are compared.
package enum HeaderCheck: String, Sendable, CaseIterable {
    /// The same field lines in the same order.
    case exact
    /// Not compared: takes a header off the default list.
    case ignore
    /// On both sides or on neither.
    case present
    /// Comma-separated tokens as a set, without regard to case (`cache-control`, `vary`, `allow`).
    case tokens
    /// The media type without regard to case, and its `charset`; `boundary` and others are left out.
    case mediaType = "media-type"
    /// A URL without its host, identifiers in its path as a bijection.
    case url = "url-host"
    /// `set-cookie`: names and attributes of each cookie; values, `expires` and the exact `max-age` are left out.
    case cookies
    /// `www-authenticate`: the scheme alone.
    case scheme

    /// What may be asked of `content-type`, which decides how bodies are read.
    static let ofContentType: [HeaderCheck] = [.mediaType, .exact, .present, .ignore]

    /// Why a rule for this header could never take effect; nil when it can.
    static func hindrance(_ name: String) -> String? {
        // RFC 9110 5.6.2: what a field's name may be made of.
        let isToken =
            !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
        if !isToken { return "no header can be called \"\(name)\" (RFC 9110 §5.6.2)" }
        return ofConnections.contains(name)
            ? "\"\(name)\" is of one connection and no part of the answer (RFC 9110 §7.6.1): it is not compared" : nil
    }

    /// Fields of one connection or of its framing.
    private static let ofConnections: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade",
    ]

    /// Compared where a rule file says nothing: what clients and caches act upon. `date`, `server` and trace ids never.
    package static let defaults: [(name: String, check: HeaderCheck)] = [
        ("content-type", .mediaType), ("content-encoding", .exact), ("content-disposition", .exact),
        ("cache-control", .tokens), ("vary", .tokens), ("allow", .tokens), ("etag", .present),
        ("last-modified", .present), ("location", .url), ("set-cookie", .cookies), ("retry-after", .present),
        ("www-authenticate", .scheme), ("accept-ranges", .exact),
    ]
}
