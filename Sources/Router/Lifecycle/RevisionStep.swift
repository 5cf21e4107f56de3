import AdminAPI
import Routing

/// The step from one revision to the next. The differences are found once, for the log, the events and the response.
struct RevisionStep {
    let before: ServedTable
    let after: ServedTable
    let changes: [RouteChange]

    init(before: ServedTable, after: ServedTable) {
        self.before = before
        self.after = after
        changes = before === after ? [] : RouteChange.between(before, after)
    }
}

extension RouteChange {
    static func between(_ old: ServedTable, _ new: ServedTable) -> [RouteChange] {
        var changes: [RouteChange] = []
        for route in new.document.routes {
            guard let index = old.places[route.id] else {
                changes.append(RouteChange(route: route.id, field: "added", after: route.percent.number))
                continue
            }
            var previous = old.document.routes[index]
            if previous.percent != route.percent {
                changes.append(
                    RouteChange(
                        route: route.id, field: "percent", before: previous.percent.number,
                        after: route.percent.number))
            }
            let (was, now) = (previous.mirror?.percent, route.mirror?.percent)
            if was != now {
                changes.append(RouteChange(route: route.id, field: "mirror", before: was?.number, after: now?.number))
            }
            previous.percent = route.percent
            if previous.mirror?.percent != route.mirror?.percent { previous.mirror = route.mirror }
            if previous != route { changes.append(RouteChange(route: route.id, field: "changed")) }
        }
        for route in old.document.routes where new.places[route.id] == nil {
            changes.append(RouteChange(route: route.id, field: "removed", before: route.percent.number))
        }
        return changes
    }
}
