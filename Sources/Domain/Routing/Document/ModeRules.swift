/// Why a percentage or a mode is refused, and what to do instead.
package struct ModeRefusal: Sendable, Equatable {
    package let reason: String
    package let help: String
    /// The reason within a sentence that names the route already: `writes stay on legacy (mode "reads")`.
    package let because: String
}

extension RoutesDocument {
    /// What the data of the route's context has against a percentage; nil when it can be kept.
    ///
    /// 0 is always allowed: the way back to legacy is never refused. Where routes serve already, neither is any lower
    /// percentage: ask `refusal(ofRoute:raisingTo:)`.
    package func refusal(ofRoute index: Int, percent: Percent) -> ModeRefusal? {
        let route = routes[index]
        guard percent > .zero, route.service != nil else { return nil }
        guard let context = route.context.map({ contexts[$0] }) else {
            return route.match.allowsUnsafeMethods ? .unnamed(route, percent, context: nil) : nil
        }
        switch context.mode {
        case .stateless:
            guard route.match.allowsUnsafeMethods, !context.isModeWritten else { return nil }
            return .unnamed(route, percent, context: context.name)
        case .reads:
            guard route.match.allowsUnsafeMethods else { return nil }
            return ModeRefusal(
                reason:
                    "route \"\(route.id)\" takes \(route.match.writes), and the context \"\(context.name)\" has the mode \"reads\": writes stay on legacy",
                help:
                    "give the route \"methods\": [\"GET\", \"HEAD\"], and the writes a route of their own without \"service\"",
                because: "it takes \(route.match.writes), and in mode reads writes stay on legacy")
        // Whose users are whose is said by the stores; here any share may be written down.
        case .owned: return nil
        case .authority: return context.refusal
        }
    }

    /// The same for a change of what is served: only going up is ever refused.
    package func refusal(ofRoute index: Int, raisingTo percent: Percent) -> ModeRefusal? {
        guard percent > routes[index].percent else { return nil }
        if routes[index].service != nil, let context = routes[index].context.map({ contexts[$0] }),
            context.mode == .owned
        {
            return .byMove(context.name, percent)
        }
        return refusal(ofRoute: index, percent: percent)
    }
}

extension RoutingContext {
    /// Why the mode cannot be used at all; nil: it can.
    package var refusal: ModeRefusal? {
        let meaning: String
        switch mode {
        case .stateless, .reads, .owned: return nil
        case .authority: meaning = "the move of a whole context's writes is not built yet"
        }
        return ModeRefusal(
            reason: "the context \"\(name)\" has the mode \"\(mode.rawValue)\": \(meaning)",
            help:
                "move the reads first: \"mode\": \"reads\" with \"methods\": [\"GET\", \"HEAD\"]; \"stateless\" when there is nothing to keep",
            because: "mode \(mode.rawValue) is not built yet")
    }
}

extension ModeRefusal {
    /// Users of an owned context go with their rows, or not at all.
    static func byMove(_ context: String, _ percent: Percent) -> ModeRefusal {
        ModeRefusal(
            reason:
                "users of the context \"\(context)\" (mode \"owned\") change sides with their rows, not by the routes alone",
            help: "strangler data move \(context) --to \(percent)", because: "in mode owned, users move with their rows"
        )
    }

    /// A route that takes writes, of which nothing says what they may do to data.
    fileprivate static func unnamed(_ route: Route, _ percent: Percent, context: String?) -> ModeRefusal {
        let danger = percent < .all ? "writes would be split by chance" : "writes would all leave legacy"
        let lacks = context.map { "name a mode in the context \"\($0)\"" } ?? "name a context and a mode"
        let mode = "\"mode\": \"stateless\""
        let cure =
            context == nil
            ? "write \"context\": NAME, and in \"contexts\" NAME: { \"keys\": [...], \(mode) }, if there is nothing to keep"
            : "write \(mode), if there is nothing to keep"
        return ModeRefusal(
            reason: "route \"\(route.id)\" takes \(route.match.writes), and at \(percent) % \(danger): \(lacks)",
            help: "\(cure); or \"methods\": [\"GET\", \"HEAD\"], and the writes a route of their own",
            because: context == nil
                ? "it takes writes and names no context" : "it takes writes, and its context names no mode")
    }
}

extension RouteMatch {
    /// The methods that may change state, in words.
    fileprivate var writes: String { unsafeMethods.isEmpty ? "every method" : unsafeMethods.joined(separator: ", ") }
}

extension RoutesDocument {
    /// Why no percentage above 0 of a route with a service can be accepted as it is configured; nil: some would be, or
    /// it has no service.
    package func whyImmovable(_ index: Int) -> String? {
        guard routes[index].service != nil else { return nil }
        return refusal(ofRoute: index, percent: .all)?.because
    }
}
