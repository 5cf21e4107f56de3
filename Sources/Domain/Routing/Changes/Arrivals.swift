extension RoutesDocument {
    /// Routes whose service may get users that it does not serve in `before`. The way back to legacy is never among them.
    ///
    /// - Parameters:
    ///   - before: what is served now; nil: nothing that could be read, so everybody on a service arrives there.
    ///   - isAsked: which contexts' routes are looked at, by the context's index.
    package func arrivals(from before: RoutesDocument?, in isAsked: (Int?) -> Bool = { _ in true }) -> [Int] {
        // With the matches as they were, each route takes what it took; to compare them pair by pair takes the square of their number.
        let keepsMatches = before.map { $0.routes.map(\.match) == routes.map(\.match) } ?? false
        return routes.indices.filter { index in
            guard let service = routes[index].service, routes[index].percent > .zero, isAsked(routes[index].context)
            else { return false }
            guard let before else { return true }
            let destination = destination(ofRoute: index)
            let sources = keepsMatches ? [index] : sources(ofRoute: index, in: before)
            let name = upstreams[service].name
            return sources.isEmpty
                || sources.contains { source in
                    Crossing(from: before.destination(ofRoute: source), to: destination).flows.contains { $0.to == name }
                }
        }
    }

    /// The routes of `before` that may have taken what the route takes now, by index. Empty: nobody took it.
    ///
    /// A match that was there takes what it took, and what falls to it because a match is gone or stands in another order now. One that was
    /// not there may take what any took that it overlaps.
    package func sources(ofRoute index: Int, in before: RoutesDocument) -> [Int] {
        let match = routes[index].match
        let same = before.routes.firstIndex { $0.match == match }
        return before.routes.indices.filter { source in
            if source == same { return true }
            let other = before.routes[source].match
            guard other.overlaps(match) else { return false }
            guard let same, let place = routes.firstIndex(where: { $0.match == other }) else { return true }
            return (source < same) != (place < index)
        }
    }
}
