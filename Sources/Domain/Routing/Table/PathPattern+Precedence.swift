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
}
