import JSON
import Routing

/// Holds two documents side by side: leniently, so that one that is invalid can be compared as well, and as the router
/// would read them, for who changes sides.
package struct PlanMaker {
    private let old: RoutesSketch
    private let new: RoutesSketch
    private let oldJSON: JSONDocument
    private let newJSON: JSONDocument
    /// nil: one of them is invalid.
    private let documents: (old: RoutesDocument, new: RoutesDocument)?

    /// nil: one of them is no JSON.
    package init?(from old: [UInt8], to new: [UInt8]) {
        let limits = JSONLimits(duplicateKeys: .report)
        guard let before = try? JSONDocument(old, limits: limits), let after = try? JSONDocument(new, limits: limits)
        else { return nil }
        (oldJSON, newJSON) = (before, after)
        (self.old, self.new) = (RoutesSketch(before), RoutesSketch(after))
        // What is served may offend a rule that is newer than it; who moves can be told all the same.
        if case .success(let was) = RoutesDocument.parse(old, file: "routes.json", guards: .told),
            case .success(let becomes) = RoutesDocument.parse(new, file: "routes.json", guards: .told)
        {
            documents = (was, becomes)
        } else {
            documents = nil
        }
    }

    package var plan: RoutesPlan {
        let settings = SettingChange.between(oldJSON, newJSON)
        let kept = Set(old.routes.map(\.id)).intersection(new.routes.map(\.id))
        let isReordered = old.routes.map(\.id).filter(kept.contains) != new.routes.map(\.id).filter(kept.contains)
        return RoutesPlan(
            steps: new.routes.flatMap { route in old.route(route.id).map { changes($0, route) } ?? [added(route)] }
                + old.routes.filter { new.route($0.id) == nil }.map(removed)
                + (isReordered ? [.reorder] : []) + (settings.isEmpty ? [] : [.settings(settings)]),
            isComplete: documents != nil)
    }

    private func changes(_ before: RoutesSketch.Route, _ after: RoutesSketch.Route) -> [RoutesPlan.Step] {
        var steps: [RoutesPlan.Step] = []
        switch crossing(after.id) {
        case let crossing? where crossing.isRedraw && !crossing.crossing.isEmpty:
            steps.append(.redraw(after, before: before.percent, crossing.crossing))
        case _ where before.percent != after.percent:
            steps.append(.move(after, ShiftChange(before: before.percent, after: after.percent)))
        case _: break
        }
        if before.mirrorPercent != after.mirrorPercent {
            steps.append(.mirror(after, before: before.mirrorPercent, after: after.mirrorPercent))
        }
        let settings = self.settings(after.id)
        if !settings.isEmpty { steps.append(.rewrite(after, settings, fate(ofChanged: after.id))) }
        return steps
    }

    // MARK: Who moves

    private func crossing(_ id: String) -> (crossing: Crossing, isRedraw: Bool)? {
        guard let documents, let was = documents.old.route(id), let becomes = documents.new.route(id) else {
            return nil
        }
        let (before, after) = (documents.old.destination(ofRoute: was), documents.new.destination(ofRoute: becomes))
        var alike = before
        alike.percent = after.percent
        return (Crossing(from: before, to: after), alike != after)
    }

    /// What becomes of what the route takes more than before, or less; nil: it takes what it took.
    private func fate(ofChanged id: String) -> Fate? {
        guard let documents, let was = documents.old.route(id), let becomes = documents.new.route(id),
            documents.old.routes[was].match != documents.new.routes[becomes].match
        else { return nil }
        let gained = RouteSources(from: documents.old, to: documents.new).ofRoute(becomes).filter { $0 != was }
        let lost = RouteSources(from: documents.new, to: documents.old).ofRoute(was).filter { $0 != becomes }
        let own = documents.new.destination(ofRoute: becomes)
        let others =
            gained.map { (documents.old.routes[$0].id, documents.old.destination(ofRoute: $0)) }
            + lost.map { (documents.new.routes[$0].id, documents.new.destination(ofRoute: $0)) }
        if others.isEmpty || others.allSatisfy({ Crossing(from: $0.1, to: own).isEmpty }) { return .stays }
        var names: [String] = []
        for (name, _) in others where !names.contains(name) { names.append(name) }
        return .unknown(routes: names)
    }

    private func added(_ route: RoutesSketch.Route) -> RoutesPlan.Step {
        guard let documents, let index = documents.new.route(route.id) else { return .add(route, .unknown(routes: [])) }
        let sources = RouteSources(from: documents.old, to: documents.new).ofRoute(index)
        return .add(
            route,
            .of(
                sources.map { (documents.old.routes[$0].id, documents.old.destination(ofRoute: $0)) },
                own: documents.new.destination(ofRoute: index), isNew: true))
    }

    private func removed(_ route: RoutesSketch.Route) -> RoutesPlan.Step {
        guard let documents, let index = documents.old.route(route.id) else {
            return .remove(route, .unknown(routes: []))
        }
        let heirs = RouteSources(from: documents.new, to: documents.old).ofRoute(index)
        return .remove(
            route,
            .of(
                heirs.map { (documents.new.routes[$0].id, documents.new.destination(ofRoute: $0)) },
                own: documents.old.destination(ofRoute: index), isNew: false))
    }

    // MARK: Settings

    private func settings(_ id: String) -> [SettingChange] {
        func route(_ document: JSONDocument) -> JSONValue? {
            document.root["routes"]?.elements.first { $0["id"]?.string == id }
        }
        guard let before = route(oldJSON), let after = route(newJSON), !before.isWritten(like: after) else { return [] }
        return SettingChange.ofRoute(before, after, in: oldJSON, newJSON)
    }
}

extension JSONValue {
    /// Layout apart.
    fileprivate func isWritten(like other: JSONValue) -> Bool {
        var (mine, theirs) = (JSONWriter(), JSONWriter())
        mine.value(self)
        theirs.value(other)
        return mine.bytes == theirs.bytes
    }
}
