import Formats

/// What users get otherwise through the router than from the monolith alone: limits that end a request, and spellings
/// that are not passed on as they came. Told before anybody meets them.
extension RoutesDocument {
    /// Of one route, each with the key that decides it.
    package func changesForUsers(ofRoute index: Int) -> [String] {
        let route = routes[index]
        var changes = [
            "bodies above \(SizeText.text(route.bodyLimit)) get 413 (limits.body)",
            "answers that do not begin within \(DurationText.text(route.timeouts.response)) become 504 (timeouts.response)",
            "bodies that stand still for \(DurationText.text(route.timeouts.idle)) are cut (timeouts.idle)",
        ]
        if let request = route.timeouts.request {
            changes.append("exchanges that take longer than \(DurationText.text(request)) are ended (timeouts.request)")
        }
        if !route.websocket { changes.append("WebSockets are not opened (websocket)") }
        if upstreams[route.legacy].tolerance == .strict {
            changes.append(
                "answers of \(upstreams[route.legacy].name) that are no strict HTTP/1.1 become 502 (tolerance)")
        }
        return changes
    }

    /// Of every route.
    package var changesForUsers: [String] {
        let requestLine = SizeText.text(limits.requestLine)
        let (head, field) = (SizeText.text(limits.head), SizeText.text(limits.field))
        var changes = [
            "request lines above \(requestLine) get 414 (limits.requestLine)",
            "heads above \(head), \(limits.fields) fields or \(field) for one get 431 (limits.head, fields, field)",
        ]
        if limits.bodyRate > 0 {
            changes.append(
                "uploads that take longer than 30s get 408 below \(SizeText.text(limits.bodyRate))/s (limits.bodyRate)"
            )
        }
        changes.append("what is not valid HTTP/1.1 gets 400")
        if escapedSlashes == .refuse { changes.append("%2F and %5C in a path get 400 (paths.escapedSlashes)") }
        switch underscores {
        case .keep: changes.append("fields such as x_forwarded_for, which look like the router's, are dropped")
        case .drop: changes.append("fields with _ in their name are dropped (headers.underscores)")
        case .refuse: changes.append("fields with _ in their name get 400 (headers.underscores)")
        }
        if mergesSlashes { changes.append("// in a path is passed on as / (mergeSlashes)") }
        if tracing != .off { changes.append("requests without a traceparent get one (tracing)") }
        return changes
    }

    /// All of it: routes that say the same together, then what is of every route.
    package var allChangesForUsers: [UserChanges] {
        var groups: [(routes: [String], changes: [String])] = []
        for index in routes.indices {
            let changes = changesForUsers(ofRoute: index)
            if let known = groups.firstIndex(where: { $0.changes == changes }) {
                groups[known].routes.append(routes[index].id)
            } else {
                groups.append(([routes[index].id], changes))
            }
        }
        let ofRoutes = groups.map { group in
            let names =
                group.routes.count > 5
                ? group.routes.prefix(4).joined(separator: ", ") + " and \(group.routes.count - 4) more"
                : group.routes.joined(separator: ", ")
            return UserChanges(subject: groups.count == 1 ? "each route" : names, changes: group.changes)
        }
        return ofRoutes + [UserChanges(subject: "the router", changes: changesForUsers)]
    }
}

/// What users get otherwise, by what they ask.
package struct UserChanges: Sendable, Equatable {
    /// Routes, or the router as a whole.
    package var subject: String
    package var changes: [String]
}
