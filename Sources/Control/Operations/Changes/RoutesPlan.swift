package import AdminAPI
package import ControlKit
package import Routing

/// What would change from one routes document to another, before anything does: a pure comparison.
package struct RoutesPlan: Equatable, Sendable {
    package enum Step: Equatable, Sendable {
        case add(RoutesSketch.Route, Fate)
        case remove(RoutesSketch.Route, Fate)
        /// The percentage alone: a threshold moves over the same draw, between the same upstreams.
        case move(RoutesSketch.Route, ShiftChange)
        /// Who goes where changes in another way: keys, salt or an upstream, the percentage perhaps as well.
        case redraw(RoutesSketch.Route, before: Double, Crossing)
        case mirror(RoutesSketch.Route, before: Double, after: Double)
        /// Anything else about the route. With another match it takes other requests: what becomes of those.
        case rewrite(RoutesSketch.Route, [SettingChange], Fate?)
        /// Route order decides ties of precedence, so a new order is a change.
        case reorder
        /// What stands outside `routes`: listeners, upstreams, contexts, limits.
        case settings([SettingChange])
    }

    package var steps: [Step]
    /// false: one of the documents is invalid, so that keys, salts and matches could not be compared.
    package var isComplete = true

    package var isEmpty: Bool { steps.isEmpty }

    /// The most users of any one route that change sides, in percent, as far as the files tell.
    package var largestShare: Double { steps.map { $0.share ?? 0 }.max() ?? 0 }

    /// Whether more users may change sides than the files tell.
    package var mayMoveMore: Bool { !isComplete || steps.contains { $0.share == nil } }

    /// The changes as the ledger keeps them.
    package var changes: [RouteChange] {
        steps.compactMap { step in
            switch step {
            case .add(let route, _): RouteChange(route: route.id, field: "added", before: nil, after: route.percent)
            case .remove(let route, _):
                RouteChange(route: route.id, field: "removed", before: route.percent, after: nil)
            case .move(let route, let movement):
                RouteChange(route: route.id, field: "percent", before: movement.before, after: movement.after)
            case .redraw(let route, let before, _):
                before == route.percent
                    ? RouteChange(route: route.id, field: "changed", before: nil, after: nil)
                    : RouteChange(route: route.id, field: "percent", before: before, after: route.percent)
            case .mirror(let route, let before, let after):
                RouteChange(route: route.id, field: "mirror", before: before, after: after)
            case .rewrite(let route, _, _): RouteChange(route: route.id, field: "changed", before: nil, after: nil)
            case .reorder: RouteChange(route: "*", field: "order", before: nil, after: nil)
            case .settings(let settings):
                RouteChange(
                    route: "*", field: SettingChange.members(settings).joined(separator: ","), before: nil, after: nil)
            }
        }
    }

    /// `+` comes, `-` goes, `~` changes.
    package var lines: [String] { steps.flatMap(\.lines) }
}

extension RoutesPlan {
    /// What would change; throws when `new`, which is called `name`, is no JSON.
    package static func between(
        _ old: [UInt8], _ new: [UInt8], named name: String
    ) throws(OperationFailure) -> RoutesPlan {
        guard let plan = RoutesSketch.plan(from: old, to: new) else {
            throw OperationFailure(.configuration, "\(name) is not JSON", fix: "strangler validate \(name)")
        }
        return plan
    }
}

extension RoutesPlan.Step {
    /// Users of a route that change sides, in percent; nil when the files do not tell.
    package var share: Double? {
        switch self {
        case .add(_, let fate), .remove(_, let fate): fate.share
        case .move(_, let movement): movement.share
        case .redraw(_, _, let crossing): crossing.share
        case .rewrite(_, _, let fate): fate.map(\.share) ?? 0
        case .mirror, .settings: 0
        case .reorder: nil
        }
    }

    fileprivate var lines: [String] {
        switch self {
        case .add(let route, let fate):
            [
                "+ \(route.id): new route, \(Decimal.percent(route.percent)) to \(route.service ?? "nobody but \(route.legacy)"); "
                    + fate.sentence(isNew: true)
            ]
        case .remove(let route, let fate):
            ["- \(route.id): removed; \(fate.sentence(isNew: false))"]
        case .move(let route, let movement):
            [
                "~ \(route.id): \(Decimal.percent(movement.before)) -> \(Decimal.percent(movement.after)): "
                    + movement.sentence(
                        route: route.id, legacy: route.legacy, service: route.service ?? "service", keyed: route.isKeyed
                    )
            ]
        case .redraw(let route, let before, let crossing):
            [
                "~ \(route.id): "
                    + (before == route.percent
                        ? "stays at \(Decimal.percent(before)), but "
                        : "\(Decimal.percent(before)) -> \(Decimal.percent(route.percent)): ")
                    + crossing.sentence(keyed: route.isKeyed)
            ]
        case .mirror(let route, let before, let after):
            ["~ \(route.id): mirror \(Decimal.percent(before)) -> \(Decimal.percent(after)); nobody moves"]
        case .rewrite(let route, let settings, let fate):
            settings.map { "~ \(route.id): \($0.sentence)" }
                + (fate.map { ["~ \(route.id): it takes other requests then; \($0.sentence(isNew: true))"] } ?? [])
        case .reorder: ["~ order of routes changes: ties of precedence may be decided otherwise"]
        case .settings(let settings): settings.map { "~ " + $0.sentence }
        }
    }
}

extension SettingChange {
    /// The top-level members that they belong to, sorted.
    package static func members(_ settings: [SettingChange]) -> [String] {
        Set(settings.map { String($0.name.prefix { $0 != "." }) }).sorted()
    }
}

extension RoutesSketch {
    /// The plan from this document to `bytes`, with the differences outside of `routes`; nil when one of them is no
    /// JSON.
    package static func plan(from old: [UInt8], to new: [UInt8]) -> RoutesPlan? { PlanMaker(from: old, to: new)?.plan }
}
