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

/// One difference between two documents, of the kinds that people watch.
struct RouteChange {
    var route: String
    /// One of added, removed, percent, mirror, changed.
    var field: String
    var before: Percent?
    var after: Percent?

    var json: JSONText.Value {
        .object([
            ("route", .text(route)), ("field", .text(field)), ("before", .optional(before)),
            ("after", .optional(after)),
        ])
    }

    static func between(_ old: ServedTable, _ new: ServedTable) -> [RouteChange] {
        var changes: [RouteChange] = []
        for route in new.document.routes {
            guard let index = old.places[route.id] else {
                changes.append(RouteChange(route: route.id, field: "added", before: nil, after: route.percent))
                continue
            }
            var previous = old.document.routes[index]
            if previous.percent != route.percent {
                changes.append(
                    RouteChange(route: route.id, field: "percent", before: previous.percent, after: route.percent))
            }
            let (was, now) = (previous.mirror?.percent, route.mirror?.percent)
            if was != now {
                changes.append(RouteChange(route: route.id, field: "mirror", before: was, after: now))
            }
            previous.percent = route.percent
            if previous.mirror?.percent != route.mirror?.percent { previous.mirror = route.mirror }
            if previous != route { changes.append(RouteChange(route: route.id, field: "changed")) }
        }
        for route in old.document.routes where new.places[route.id] == nil {
            changes.append(RouteChange(route: route.id, field: "removed", before: route.percent, after: nil))
        }
        return changes
    }
}

extension JSONText.Value {
    static func percent(_ percent: Percent) -> JSONText.Value { .number(Double(percent.ticks) / 10_000) }
    static func optional(_ percent: Percent?) -> JSONText.Value { percent.map { .percent($0) } ?? .null }
}
