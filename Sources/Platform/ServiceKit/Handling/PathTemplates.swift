package import HTTP

/// The values of a template's parameters, in its order.
package struct PathParameters: Sendable {
    var names: [String] = []
    var values: [String] = []
}

/// Which handler answers a method and a path. Templates are like `/api/jobs/{id}`; a last segment `{name...}` takes
/// the rest of the path.
///
/// A literal segment wins over a parameter, wherever they first differ; so the order of registration does not matter.
package struct PathTemplates<Handler: Sendable>: Sendable {
    package enum Match {
        case found(Handler, PathParameters)
        /// The path exists, for these methods only (405 with `Allow`).
        case otherMethods([HTTPMethod])
        case none
    }

    private enum Segment: Equatable, Sendable {
        case literal(String)
        case parameter(String)
        case rest(String)
    }

    private struct Entry: Sendable {
        var segments: [Segment]
        var handlers: [(method: HTTPMethod, handler: Handler)]
    }

    private var entries: [Entry] = []

    package init() {}

    /// Adds a handler. Traps on a template that was registered for the method already: a mistake in our own code.
    package mutating func add(_ method: HTTPMethod, _ template: String, _ handler: Handler) {
        let segments = Self.segments(of: template)
        let place =
            entries.firstIndex { $0.segments == segments }
            ?? {
                // Literals before parameters before the rest, so that the first entry that fits is the right one.
                let place = entries.firstIndex { Self.precedes(segments, $0.segments) } ?? entries.count
                entries.insert(Entry(segments: segments, handlers: []), at: place)
                return place
            }()
        precondition(
            !entries[place].handlers.contains { $0.method == method }, "\(template) is registered twice")
        entries[place].handlers.append((method, handler))
    }

    /// `path` without query. A handler for GET answers HEAD too.
    package func match(_ method: HTTPMethod, _ path: String) -> Match {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        var allowed: [HTTPMethod] = []
        for entry in entries {
            guard let parameters = Self.fit(entry.segments, parts) else { continue }
            let wanted = entry.handlers.first { $0.method == method }
            let fallback = method == .head ? entry.handlers.first { $0.method == .get } : nil
            if let found = wanted ?? fallback { return .found(found.handler, parameters) }
            allowed += entry.handlers.map(\.method)
        }
        return allowed.isEmpty ? .none : .otherMethods(allowed)
    }

    private static func segments(of template: String) -> [Segment] {
        precondition(template.hasPrefix("/"), "a template begins with a slash: \(template)")
        return template.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { part in
            guard part.hasPrefix("{"), part.hasSuffix("}") else { return .literal(String(part)) }
            let name = part.dropFirst().dropLast()
            return name.hasSuffix("...") ? .rest(String(name.dropLast(3))) : .parameter(String(name))
        }
    }

    private static func rank(_ segment: Segment) -> Int {
        switch segment {
        case .literal: 0
        case .parameter: 1
        case .rest: 2
        }
    }

    private static func precedes(_ left: [Segment], _ right: [Segment]) -> Bool {
        for (one, other) in zip(left, right) where rank(one) != rank(other) { return rank(one) < rank(other) }
        return false
    }

    private static func fit(_ segments: [Segment], _ parts: ArraySlice<Substring>) -> PathParameters? {
        var parameters = PathParameters()
        var position = parts.startIndex
        for segment in segments {
            switch segment {
            case .rest(let name):
                parameters.names.append(name)
                parameters.values.append(parts[position...].joined(separator: "/"))
                return parameters
            case .literal(let text):
                guard position < parts.endIndex, parts[position] == text else { return nil }
            case .parameter(let name):
                guard position < parts.endIndex, !parts[position].isEmpty else { return nil }
                parameters.names.append(name)
                parameters.values.append(String(parts[position]))
            }
            position += 1
        }
        return position == parts.endIndex ? parameters : nil
    }
}
