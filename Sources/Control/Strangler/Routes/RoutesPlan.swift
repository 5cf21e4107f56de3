/// What would change from one routes document to another, before anything does: a pure comparison.
package struct RoutesPlan: Equatable, Sendable {
    package enum Step: Equatable, Sendable {
        case add(RoutesSketch.Route)
        case remove(RoutesSketch.Route)
        case move(RoutesSketch.Route, Movement)
        case mirror(RoutesSketch.Route, before: Double, after: Double)
        /// Anything else about the route: match, upstreams, timeouts.
        case rewrite(RoutesSketch.Route)
        /// Route order decides ties of precedence, so a new order is a change.
        case reorder
        /// What stands outside `routes`: listeners, upstreams, contexts, limits.
        case settings([String])
    }

    package var steps: [Step]

    package var isEmpty: Bool { steps.isEmpty }

    /// - Parameter settings: names of the top-level members, besides `routes` and `revision`, that differ.
    package init(from old: RoutesSketch, to new: RoutesSketch, settings: [String] = []) {
        var steps: [Step] = []
        for route in new.routes {
            guard let before = old.route(route.id) else {
                steps.append(.add(route))
                continue
            }
            if before.percent != route.percent {
                steps.append(.move(route, Movement(before: before.percent, after: route.percent)))
            }
            if before.mirrorPercent != route.mirrorPercent {
                steps.append(.mirror(route, before: before.mirrorPercent, after: route.mirrorPercent))
            }
            if before.text != route.text && before.percent == route.percent
                && before.mirrorPercent == route.mirrorPercent
            {
                steps.append(.rewrite(route))
            }
        }
        for route in old.routes where new.route(route.id) == nil { steps.append(.remove(route)) }
        let kept = Set(old.routes.map(\.id)).intersection(new.routes.map(\.id))
        if old.routes.map(\.id).filter(kept.contains) != new.routes.map(\.id).filter(kept.contains) {
            steps.append(.reorder)
        }
        if !settings.isEmpty { steps.append(.settings(settings)) }
        self.steps = steps
    }

    /// The most users that any one route moves, in percent.
    package var largestShare: Double {
        steps.map { step in if case .move(_, let movement) = step { movement.share } else { 0 } }.max() ?? 0
    }

    /// The changes as the ledger keeps them.
    package var changes: [RouteChange] {
        steps.compactMap { step in
            switch step {
            case .add(let route): RouteChange(route: route.id, field: "added", before: nil, after: route.percent)
            case .remove(let route): RouteChange(route: route.id, field: "removed", before: route.percent, after: nil)
            case .move(let route, let movement):
                RouteChange(route: route.id, field: "percent", before: movement.before, after: movement.after)
            case .mirror(let route, let before, let after):
                RouteChange(route: route.id, field: "mirror", before: before, after: after)
            case .rewrite(let route): RouteChange(route: route.id, field: "changed", before: nil, after: nil)
            case .reorder: RouteChange(route: "*", field: "order", before: nil, after: nil)
            case .settings(let names):
                RouteChange(route: "*", field: names.joined(separator: ","), before: nil, after: nil)
            }
        }
    }

    /// One line for each step: `+` comes, `-` goes, `~` changes.
    package var lines: [String] {
        steps.map { step in
            switch step {
            case .add(let route):
                return "+ \(route.id): new route, \(Decimal.percent(route.percent)) to "
                    + (route.service ?? "nobody but \(route.legacy)")
            case .remove(let route): return "- \(route.id): removed; its requests fall to the next route that matches"
            case .move(let route, let movement):
                let sentence = movement.sentence(
                    route: route.id, legacy: route.legacy, service: route.service ?? "service", keyed: route.isKeyed)
                return "~ \(route.id): \(Decimal.percent(movement.before)) -> \(Decimal.percent(movement.after)): "
                    + sentence
            case .mirror(let route, let before, let after):
                return "~ \(route.id): mirror \(Decimal.percent(before)) -> \(Decimal.percent(after)); nobody moves"
            case .rewrite(let route): return "~ \(route.id): settings change; nobody moves by percentage"
            case .reorder: return "~ order of routes changes: ties of precedence may be decided otherwise"
            case .settings(let names): return "~ \(names.joined(separator: ", ")) change"
            }
        }
    }
}

extension RoutesSketch {
    /// The plan from this document to `bytes`, with the differences outside of `routes`.
    package static func plan(from old: [UInt8], to new: [UInt8]) -> RoutesPlan? {
        guard let before = RoutesSketch(old), let after = RoutesSketch(new) else { return nil }
        return RoutesPlan(from: before, to: after, settings: TopLevel.differences(old, new))
    }
}
