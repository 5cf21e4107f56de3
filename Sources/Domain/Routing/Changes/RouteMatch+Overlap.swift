extension RouteMatch {
    /// Whether some request can fulfil both. Conditions on headers and query are taken for compatible: a request may
    /// have any.
    package func overlaps(_ other: RouteMatch) -> Bool {
        guard methods.isEmpty || other.methods.isEmpty || !Set(methods).isDisjoint(with: other.methods) else {
            return false
        }
        return Self.hostsMeet(host, other.host) && path.shape.meets(other.path.shape)
    }

    /// Whether every request that fulfils `other` fulfils this one too, as far as the two texts tell.
    package func covers(_ other: RouteMatch) -> Bool {
        guard methods.isEmpty || (!other.methods.isEmpty && Set(methods).isSuperset(of: other.methods)) else {
            return false
        }
        guard host == nil || host == other.host, path.shape.covers(other.path.shape) else { return false }
        return Self.fields(headers, cover: other.headers) && Self.fields(query, cover: other.query)
    }

    static func fields(_ wide: [FieldCondition], cover narrow: [FieldCondition]) -> Bool {
        wide.allSatisfy { condition in
            narrow.contains { $0.name == condition.name && (condition.value == nil || condition.value == $0.value) }
        }
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

    func covers(_ other: PathShape) -> Bool {
        guard isOpen ? other.segments.count >= segments.count : !other.isOpen && other.segments.count == segments.count
        else { return false }
        return zip(segments, other.segments).allSatisfy { wide, narrow in wide == nil || wide == narrow }
    }

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
