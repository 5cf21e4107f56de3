/// Which routes can never match because others take every such request first.
enum Reachability {
    /// `(route, those that cover it)`, by index.
    static func covered(_ routes: [Route]) -> [(route: Int, by: [Int])] {
        // Of two patterns, the one asked first has a literal where they first differ from a parameter: it cannot take
        // all of the other's paths. So only patterns of one shape need to be held against each other.
        var byShape: [String: [Int]] = [:]
        var result: [(Int, [Int])] = []
        for index in RouteTable.precedence(routes) {
            let match = routes[index].match
            let shape = shape(match.path)
            guard let ofShape = byShape[shape] else {
                byShape[shape] = [index]
                continue
            }
            let earlier = ofShape.filter { covers(routes[$0].match, match) }
            byShape[shape]?.append(index)
            if let whole = earlier.first(where: { routes[$0].match.methods.isEmpty }) {
                result.append((index, [whole]))
            } else if !match.methods.isEmpty {
                // Several may cover it together, each some of its methods.
                let needed = match.methods.map { method in earlier.first { routes[$0].match.methods.contains(method) } }
                guard !needed.contains(nil) else { continue }
                result.append((index, Array(Set(needed.compactMap { $0 })).sorted()))
            }
        }
        return result.sorted { $0.0 < $1.0 }.map { (route: $0.0, by: $0.1) }
    }

    /// The pattern without the names of its parameters; whole paths and prefixes are never of one shape.
    private static func shape(_ path: PathPattern) -> String {
        switch path {
        case .exact(let text): return text
        case .prefix(let text): return "*" + text
        case .template(let segments):
            return segments.reduce(into: "") { text, segment in
                // A brace cannot stand in a literal.
                if case .literal(let literal) = segment { text += "/" + literal } else { text += "/{}" }
            }
        }
    }

    /// Whether everything but path and methods of `wide` holds wherever `narrow` matches.
    private static func covers(_ wide: RouteMatch, _ narrow: RouteMatch) -> Bool {
        // Of two hosts the narrower is asked first, so one that is asked before another covers it only when they are
        // the same.
        guard wide.host == nil || wide.host == narrow.host else { return false }
        return RouteMatch.fields(wide.headers, cover: narrow.headers)
            && RouteMatch.fields(wide.query, cover: narrow.query)
    }
}
