private import JSON

extension RoutesDocument {
    /// One change to the text that leaves the rest as its author wrote it.
    package enum Edit: Sendable, Equatable {
        case percent(route: Int, Percent)
        /// Sets the share of copies; adds `mirror` with its defaults where there is none.
        case mirror(route: Int, Percent)
        case revision(Int)
    }

    /// The text with the edits made. It is a draft: parse it before it counts.
    package func edited(_ edits: [Edit]) -> [UInt8] {
        var changes = JSONEdits(json)
        for edit in edits {
            switch edit {
            case .revision(let revision): changes.set("revision", of: json.root, to: String(revision))
            case .percent(let index, let percent):
                guard let route = routeValue(index) else { continue }
                changes.set("percent", of: route, to: percent.description)
            case .mirror(let index, let percent):
                guard let route = routeValue(index) else { continue }
                if let mirror = route["mirror"] {
                    changes.set("percent", of: mirror, to: percent.description)
                } else {
                    changes.set("mirror", of: route, to: "{ \"percent\": \(percent) }")
                }
            }
        }
        return changes.apply()
    }

    private func routeValue(_ index: Int) -> JSONValue? { json.root["routes"]?[index] }
}
