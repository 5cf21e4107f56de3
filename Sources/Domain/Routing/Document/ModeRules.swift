/// Why a percentage is refused, and what to do instead.
package struct ModeRefusal: Sendable, Equatable {
    package let reason: String
    package let help: String
    /// The reason within a sentence that names the route already: `writes stay on legacy (mode "reads")`.
    package let because: String
}

extension RoutesDocument {
    /// What the mode of the route's context has against a percentage; nil when it can be kept.
    ///
    /// 0 is always allowed: the way back to legacy is never refused.
    package func refusal(ofRoute index: Int, percent: Percent) -> ModeRefusal? {
        let route = routes[index]
        guard percent > .zero, let context = route.context.map({ contexts[$0] }) else { return nil }
        switch context.mode {
        case .stateless: return nil
        case .reads:
            guard route.match.allowsUnsafeMethods else { return nil }
            let changing = route.match.methods.filter { !["GET", "HEAD", "OPTIONS", "TRACE"].contains($0) }
            let which = changing.isEmpty ? "every method" : changing.joined(separator: ", ")
            return ModeRefusal(
                reason:
                    "route \"\(route.id)\" takes \(which), and the context \"\(context.name)\" has the mode \"reads\": writes stay on legacy",
                help:
                    "give the route \"methods\": [\"GET\", \"HEAD\"], and the writes a route of their own without \"service\"",
                because: "it takes \(which), and in mode reads writes stay on legacy")
        case .authority:
            guard percent < .all else { return nil }
            return ModeRefusal(
                reason:
                    "the context \"\(context.name)\" has the mode \"authority\": one side owns all of it, so route \"\(route.id)\" can only have 0 or 100",
                help: "use 0 or 100", because: "in mode authority one side owns all of it: 0 or 100")
        case .owned:
            return ModeRefusal(
                reason:
                    "the context \"\(context.name)\" has the mode \"owned\", and ownership per user is not built yet",
                help: "move the reads first: \"mode\": \"reads\" with \"methods\": [\"GET\", \"HEAD\"]",
                because: "mode owned is not built yet")
        }
    }
}

extension RoutesDocument {
    /// Why no percentage above 0 of a route with a service can be accepted as it is configured; nil: some would be, or it has no service.
    package func whyImmovable(_ index: Int) -> String? {
        guard routes[index].service != nil else { return nil }
        return refusal(ofRoute: index, percent: .all)?.because
    }
}
