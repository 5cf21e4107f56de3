extension RoutesDocument {
    /// Routes whose service may get users that it does not serve in `before`. The way back to legacy is never among
    /// them.
    ///
    /// - Parameters:
    ///   - before: what is served now; nil: nothing that could be read, so everybody on a service arrives there.
    ///   - isAsked: which contexts' routes are looked at, by the context's index.
    package func arrivals(from before: RoutesDocument?, in isAsked: (Int?) -> Bool = { _ in true }) -> [Int] {
        let asked = routes.indices.filter { index in
            routes[index].service != nil && routes[index].percent > .zero && isAsked(routes[index].context)
        }
        guard let before, !asked.isEmpty else { return asked }
        let sources = RouteSources(from: before, to: self)
        return asked.filter { index in
            let destination = destination(ofRoute: index)
            let found = sources.ofRoute(index)
            // Nobody took it before: whoever comes is new to the service.
            return found.isEmpty
                || found.contains { source in
                    Crossing(from: before.destination(ofRoute: source), to: destination).flows
                        .contains { $0.to == destination.service }
                }
        }
    }
}

/// Which routes of one document took what a route of another takes.
package struct RouteSources {
    private let before: RoutesDocument
    private let after: RoutesDocument
    /// With the matches as they were, each route takes what it took; to compare them pair by pair takes the square of
    /// their number.
    private let keepsMatches: Bool
    /// Routes of `before` in the order in which they are asked.
    private let order: [Int]

    package init(from before: RoutesDocument, to after: RoutesDocument) {
        self.before = before
        self.after = after
        keepsMatches = before.routes.map(\.match) == after.routes.map(\.match)
        order = keepsMatches ? [] : RouteTable.precedence(before.routes)
    }

    /// By index into `before`; empty: nobody took it.
    ///
    /// A match that was there takes what it took, and what falls to it because a match is gone or stands in another
    /// order now. One that was not there may take what any took that it overlaps, up to the first that took all of it.
    package func ofRoute(_ index: Int) -> [Int] {
        guard !keepsMatches else { return [index] }
        let match = after.routes[index].match
        guard let same = before.routes.firstIndex(where: { $0.match == match }) else {
            var found: [Int] = []
            for source in order where before.routes[source].match.overlaps(match) {
                found.append(source)
                if before.routes[source].match.covers(match) { break }
            }
            return found
        }
        return before.routes.indices.filter { source in
            if source == same { return true }
            let other = before.routes[source].match
            // One that was asked later had none of what this one took.
            guard other.overlaps(match), Self.precedes(other, match, source < same) else { return false }
            guard let place = after.routes.firstIndex(where: { $0.match == other }) else { return true }
            return !Self.precedes(other, match, place < index)
        }
    }

    /// Whether `left` is asked before `right`; of equals the one that stands first.
    private static func precedes(_ left: RouteMatch, _ right: RouteMatch, _ standsFirst: Bool) -> Bool {
        MatchRank(left).precedes(MatchRank(right)) ?? standsFirst
    }
}
