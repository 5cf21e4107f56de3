/// What matching may ask of a request's fields; asked only when a candidate has such a condition.
package protocol RouteFieldLookup {
    /// Value of the first field of that name (given in lower case), or nil.
    func header(_ name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer?
    /// Raw value of the first query parameter whose decoded name is that, or nil.
    func query(_ name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer?
}

/// The routes of a document, compiled for matching. Immutable; any number of loops read it at once without a lock.
package final class RouteTable: Sendable {
    /// Buckets of each context's keys, by index of the context.
    package let assignments: [Assignment]
    private let tree: PathTree
    private let ranked: RankedConditions

    package init(_ document: RoutesDocument) {
        assignments = document.contexts.map { Assignment(salt: $0.salt) }
        let order = Self.precedence(document.routes)
        tree = PathTree(order.map { document.routes[$0].match.path })
        ranked = RankedConditions(order.map { (route: $0, match: document.routes[$0].match) })
    }

    /// Indices of routes in the order in which they are asked.
    package static func precedence(_ routes: [Route]) -> [Int] {
        let ranks = routes.map { MatchRank($0.match) }
        return routes.indices.sorted { left, right in ranks[left].precedes(ranks[right]) ?? (left < right) }
    }

    /// The route of a request: index into `document.routes`, or -1.
    /// - Parameters:
    ///   - method: its index (`Methods.index`), 0 for one that has none; `methodName` is looked at only then.
    ///   - host: with or without port, in any case of letters.
    ///   - path: normalised, without query; the very bytes that will be forwarded.
    package func match(
        method: UInt8, methodName: UnsafeRawBufferPointer, host: UnsafeRawBufferPointer,
        path: UnsafeRawBufferPointer, fields: some RouteFieldLookup
    ) -> Int {
        let found = tree.first(matching: path) { rank in
            ranked.accepts(rank, method: method, methodName: methodName, host: host, fields: fields)
        }
        guard let found else { return -1 }
        return ranked.route(found)
    }

    /// The segment of a path at `index`, counted from 0; nil when the path has fewer.
    package static func segment(_ index: Int, of path: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var remaining = index
        var start = 1
        while start <= path.count {
            var end = start
            while end < path.count, path[end] != UInt8(ascii: "/") { end += 1 }
            if remaining == 0 { return UnsafeRawBufferPointer(rebasing: path[start..<end]) }
            remaining -= 1
            start = end + 1
        }
        return nil
    }
}

/// Methods as small numbers, the same as the wire's parser uses (a test of the router holds both together).
package enum Methods {
    /// Index 0 is every method that is not listed.
    package static let names = ["", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"]

    package static func index(_ name: String) -> UInt8 {
        UInt8(truncatingIfNeeded: names.firstIndex(of: name) ?? 0)
    }

    /// One bit per index. Bit 0 is set when some name has no index.
    package static func mask(_ methods: [String]) -> UInt16 {
        methods.reduce(0) { $0 | 1 << UInt16(index($1)) }
    }
}
