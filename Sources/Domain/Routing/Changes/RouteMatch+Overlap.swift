extension RouteMatch {
    /// Whether some request can fulfil both. Conditions on headers and query are taken for compatible: a request may have any.
    package func overlaps(_ other: RouteMatch) -> Bool {
        guard methods.isEmpty || other.methods.isEmpty || !Set(methods).isDisjoint(with: other.methods) else {
            return false
        }
        return Self.hostsMeet(host, other.host) && path.shape.meets(other.path.shape)
    }

    private static func hostsMeet(_ left: String?, _ right: String?) -> Bool {
        guard let left, let right, left != right else { return true }
        func isOfDomain(_ name: String, _ pattern: String) -> Bool {
            pattern.hasPrefix("*.") && name.hasSuffix(pattern.dropFirst())
        }
        return isOfDomain(left, right) || isOfDomain(right, left)
    }
}

/// A path as segments, of which nil is any one.
private struct PathShape {
    var segments: [Substring?]
    /// Whether more segments may follow.
    var isOpen: Bool

    func meets(_ other: PathShape) -> Bool {
        guard isOpen || segments.count >= other.segments.count, other.isOpen || other.segments.count >= segments.count
        else { return false }
        return zip(segments, other.segments).allSatisfy { left, right in
            guard let left, let right else { return true }
            return left == right
        }
    }
}

extension PathPattern {
    fileprivate var shape: PathShape {
        switch self {
        case .exact(let path): PathShape(segments: Self.split(path), isOpen: false)
        case .prefix("/"): PathShape(segments: [], isOpen: true)
        case .prefix(let path): PathShape(segments: Self.split(path), isOpen: true)
        case .template(let segments):
            PathShape(
                segments: segments.map { if case .literal(let text) = $0 { text[...] } else { nil } }, isOpen: false)
        }
    }

    private static func split(_ path: String) -> [Substring?] {
        path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { $0 }
    }
}
