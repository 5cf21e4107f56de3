extension PathPattern {
    /// The stretches between slashes. The trailing slash of an exact path is an empty last one; that of a prefix is none.
    var pathSegments: [Segment] {
        switch self {
        case .exact(let path): Self.literals(path)
        case .prefix(let path): Self.literals(path.hasSuffix("/") ? String(path.dropLast()) : path)
        case .template(let segments): segments
        }
    }

    private static func literals(_ path: String) -> [Segment] {
        path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { .literal(String($0)) }
    }

    /// Position of a template's parameter among its segments, or nil.
    package func segmentIndex(ofParameter name: String) -> Int? {
        guard case .template(let segments) = self else { return nil }
        return segments.firstIndex(of: .parameter(name))
    }

    /// Whether this pattern comes before `other` where both match (Gateway API: exact, then the longest path): more
    /// segments before fewer, whole paths before prefixes of the same length, then a literal before a parameter at the first place
    /// where they differ. nil: equal, other conditions decide.
    package func precedes(_ other: PathPattern) -> Bool? {
        if isExact != other.isExact { return isExact }
        let (mine, theirs) = (pathSegments, other.pathSegments)
        if mine.count != theirs.count { return mine.count > theirs.count }
        if isPrefix != other.isPrefix { return !isPrefix }
        for (left, right) in zip(mine, theirs) {
            switch (left, right) {
            case (.literal, .parameter): return true
            case (.parameter, .literal): return false
            case (.literal, .literal), (.parameter, .parameter): continue
            }
        }
        return nil
    }

    private var isExact: Bool { if case .exact = self { true } else { false } }
    private var isPrefix: Bool { if case .prefix = self { true } else { false } }
}

extension RouteMatch {
    /// Whether this match is asked before `other`: path, host (a name, a wildcard, none), methods named, number of headers, number of query
    /// parameters. nil: the order of the file decides.
    package func precedes(_ other: RouteMatch) -> Bool? {
        if let decided = path.precedes(other.path) { return decided }
        if hostRank != other.hostRank { return hostRank > other.hostRank }
        if methods.isEmpty != other.methods.isEmpty { return other.methods.isEmpty }
        if headers.count != other.headers.count { return headers.count > other.headers.count }
        if query.count != other.query.count { return query.count > other.query.count }
        return nil
    }

    /// Longer names first; a wildcard behind every name.
    private var hostRank: Int {
        guard let host else { return 0 }
        return host.hasPrefix("*") ? host.utf8.count : 1000 + host.utf8.count
    }
}
