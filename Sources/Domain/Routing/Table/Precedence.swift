/// What decides between paths that both match (Gateway API: exact, then the longest path), taken out of the pattern
/// once: a table of ten thousand routes compares each some fifteen times.
package struct PathRank: Equatable, Sendable {
    private let isExact: Bool
    private let isPrefix: Bool
    /// Of each segment: whether it is a parameter.
    private let parameters: [Bool]

    package init(_ pattern: PathPattern) {
        isExact = if case .exact = pattern { true } else { false }
        isPrefix = if case .prefix = pattern { true } else { false }
        parameters =
            switch pattern {
            case .template(let segments): segments.map { if case .parameter = $0 { true } else { false } }
            case .exact(let path): Array(repeating: false, count: PathPattern.segmentCount(exact: path))
            case .prefix(let path): Array(repeating: false, count: PathPattern.segmentCount(prefix: path))
            }
    }

    /// Whether its pattern is asked before that of `other`: more segments before fewer, whole paths before prefixes of
    /// the same length, then a literal before a parameter at the first place where they differ. nil: equal, other
    /// conditions decide.
    package func precedes(_ other: PathRank) -> Bool? {
        if isExact != other.isExact { return isExact }
        if parameters.count != other.parameters.count { return parameters.count > other.parameters.count }
        if isPrefix != other.isPrefix { return !isPrefix }
        for (mine, theirs) in zip(parameters, other.parameters) where mine != theirs { return theirs }
        return nil
    }
}

/// The same of a whole match.
package struct MatchRank: Equatable, Sendable {
    private let path: PathRank
    /// Longer names first; a wildcard behind every name.
    private let host: Int
    private let namesMethods: Bool
    private let headers: Int
    private let query: Int

    package init(_ match: RouteMatch) {
        path = PathRank(match.path)
        host = match.host.map { $0.hasPrefix("*") ? $0.utf8.count : 1000 + $0.utf8.count } ?? 0
        namesMethods = !match.methods.isEmpty
        headers = match.headers.count
        query = match.query.count
    }

    /// Whether its match is asked before that of `other`: path, host (a name, a wildcard, none), methods named, number
    /// of headers, number of query parameters. nil: the order of the file decides.
    package func precedes(_ other: MatchRank) -> Bool? {
        if let decided = path.precedes(other.path) { return decided }
        if host != other.host { return host > other.host }
        if namesMethods != other.namesMethods { return namesMethods }
        if headers != other.headers { return headers > other.headers }
        if query != other.query { return query > other.query }
        return nil
    }
}
