/// What becomes of a path with `%2F` or `%5C`, which servers read in different ways.
package enum EscapedSlashes: String, Sendable, CaseIterable {
    /// 400.
    case refuse
    /// Passed on as it came; a byte inside of its segment for matching and keys.
    case keep
}

/// What becomes of a request's fields whose name has a `_`, which CGI-like programs cannot tell from `-`. Those that
/// could be taken for one that the router writes or takes out never pass.
package enum Underscores: String, Sendable, CaseIterable {
    case keep
    case drop
    /// 400.
    case refuse
}

/// How the responses of an upstream are read.
package enum ResponseTolerance: String, Sendable, CaseIterable {
    /// As the standard says, with the repairs that it asks a proxy for.
    case strict
    /// What old servers send as well, as far as it can be read in one way only.
    case legacy
}
