package import JSON

extension RoutesDocument {
    /// One change to the text that leaves the rest as its author wrote it.
    package enum Edit: Sendable, Equatable {
        case percent(route: Int, Percent)
        /// Sets the share of copies, and the methods that are copied when they are given; adds `mirror` where there is
        /// none.
        case mirror(route: Int, Percent, methods: [String]? = nil)
        case revision(Int)
        /// Sets the number of the last move of a context's users.
        case epoch(context: String, Int)
    }

    /// The text with the edits made. It is a draft: parse it before it counts.
    package func edited(_ edits: [Edit]) -> [UInt8] { Self.edited(json, edits) }

    /// The same of a text that need not be valid, so that a percentage can go back whatever else the document says. An
    /// edit of a route that is not there changes nothing.
    package static func edited(_ json: JSONDocument, _ edits: [Edit]) -> [UInt8] {
        var changes = JSONEdits(json)
        for edit in edits {
            switch edit {
            case .revision(let revision): changes.set("revision", of: json.root, to: String(revision))
            case .epoch(let name, let epoch):
                guard let context = json.root["contexts"]?[name] else { continue }
                changes.set("epoch", of: context, to: String(epoch))
            case .percent(let index, let percent):
                guard let route = json.root["routes"]?[index] else { continue }
                changes.set("percent", of: route, to: percent.description)
            case .mirror(let index, let percent, let methods):
                guard let route = json.root["routes"]?[index] else { continue }
                setMirror(of: route, to: percent.description, methods: methods, &changes)
            }
        }
        return changes.apply()
    }

    /// The document as reading `text`, which is its own text with `edits`, would make it: only the values that changed
    /// are decoded, so that a percentage of one route among ten thousand changes in the time of one. nil: `text` has to
    /// be read like any other, because an edit may be refused, adds what has defaults, or a warning would show an old
    /// line.
    package func following(_ edits: [Edit], to text: [UInt8]) -> RoutesDocument? {
        guard warnings.isEmpty, let json = try? JSONDocument(text) else { return nil }
        var next = self
        next.json = json
        for edit in edits {
            switch edit {
            case .revision(let revision): next.revision = revision
            // Made together with percentages of several routes, and read like any other document.
            case .epoch: return nil
            case .percent(let index, let percent):
                guard routes.indices.contains(index), percent == .zero || routes[index].service != nil,
                    refusal(ofRoute: index, raisingTo: percent) == nil
                else { return nil }
                next.routes[index].percent = percent
            case .mirror(let index, let percent, let methods):
                guard routes.indices.contains(index), routes[index].mirror != nil, methods == nil,
                    percent == .zero || mirrorRefusal(ofRoute: index) == nil
                else { return nil }
                next.routes[index].mirror?.percent = percent
            }
        }
        return next
    }

    /// Sets the share of copies of one route in its text, and their methods when they are given; what else its mirror
    /// says stays.
    private static func setMirror(
        of route: JSONValue, to percent: String, methods: [String]?, _ changes: inout JSONEdits
    ) {
        let list = methods.map { "[" + $0.map { "\"\($0)\"" }.joined(separator: ", ") + "]" }
        if let mirror = route["mirror"], mirror.count > 0 {
            changes.set("percent", of: mirror, to: percent)
            if let list { changes.set("methods", of: mirror, to: list) }
        } else {
            let methods = list.map { ", \"methods\": \($0)" } ?? ""
            changes.set("mirror", of: route, to: "{ \"percent\": \(percent)\(methods) }")
        }
    }

    /// Of a document that does not say one: the number that the router serves it under.
    package static let firstRevision = 1
}

extension RoutesDocument.Edit {
    /// What of the edit the text does not say already; nil: all of it is said. No mirror is a mirror of nothing, so
    /// none is written down for 0.
    package func changing(_ json: JSONDocument) -> RoutesDocument.Edit? {
        func says(_ object: JSONValue?, _ percent: Percent) -> Bool {
            guard let written = object?["percent"] else { return percent == .zero }
            return written.numberText.flatMap { Percent(parsing: $0) } == percent
        }
        switch self {
        case .percent(let index, let percent):
            return says(json.root["routes"]?[index], percent) ? nil : self
        case .mirror(let index, let percent, let methods):
            let mirror = json.root["routes"]?[index]?["mirror"]
            let copied = mirror?["methods"]?.elements.compactMap(\.string) ?? MirrorPolicy.standardMethods
            let others = methods == copied ? nil : methods
            guard others != nil || !says(mirror, percent) else { return nil }
            return .mirror(route: index, percent, methods: others)
        case .revision(let revision):
            return json.root["revision"]?.int == revision ? nil : self
        case .epoch(let name, let epoch):
            return json.root["contexts"]?[name]?["epoch"]?.int == epoch ? nil : self
        }
    }
}
