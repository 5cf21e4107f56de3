extension PathPattern {
    /// The stretches between slashes. The trailing slash of an exact path is an empty last one; that of a prefix is
    /// none.
    var pathSegments: [Segment] {
        switch self {
        case .exact(let path): Self.literals(path)
        case .prefix(let path): Self.literals(path.hasSuffix("/") ? String(path.dropLast()) : path)
        case .template(let segments): segments
        }
    }

    /// How many there are in an exact path.
    static func segmentCount(exact path: String) -> Int { path.utf8.count { $0 == UInt8(ascii: "/") } }

    /// How many there are in a prefix.
    static func segmentCount(prefix path: String) -> Int {
        segmentCount(exact: path) - (path.hasSuffix("/") ? 1 : 0)
    }

    private static func literals(_ path: String) -> [Segment] {
        // By bytes: by characters it was a twelfth of what a table of ten thousand routes took to load.
        path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst().map {
            .literal(String(Substring($0)))
        }
    }

    /// Position of a template's parameter among its segments, or nil.
    package func segmentIndex(ofParameter name: String) -> Int? {
        guard case .template(let segments) = self else { return nil }
        return segments.firstIndex(of: .parameter(name))
    }
}
