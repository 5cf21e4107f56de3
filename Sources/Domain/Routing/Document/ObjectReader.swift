package import JSON

/// Reads an object that its shape has accepted. What it lacks comes from the objects behind it (a route's `timeouts`, then
/// those of `defaults`), and last from the default in the table.
package struct ObjectReader {
    private let shape: ObjectShape
    private let values: [JSONValue]

    package init(_ shape: ObjectShape, _ values: [JSONValue?]) {
        self.shape = shape
        self.values = values.compactMap { $0 }
    }

    /// Whether the document has the object anywhere.
    package var isPresent: Bool { !values.isEmpty }

    package func value(_ key: String) -> JSONValue? {
        for value in values { if let found = value[key] { return found } }
        return nil
    }

    package func text(_ key: String) -> String? { value(key)?.string ?? standard(key) }
    package func bool(_ key: String) -> Bool { value(key)?.bool ?? (standard(key) == "true") }
    package func int(_ key: String) -> Int { value(key)?.int ?? standard(key).flatMap { Int($0) } ?? 0 }
    package func size(_ key: String) -> Int { text(key).flatMap(Literals.size) ?? 0 }
    package func duration(_ key: String) -> Duration { optionalDuration(key) ?? .zero }
    /// nil for "off".
    package func optionalDuration(_ key: String) -> Duration? { text(key).flatMap(Literals.duration) }
    package func percent(_ key: String) -> Percent {
        (value(key)?.numberText ?? standard(key)).flatMap { Percent(parsing: $0) } ?? .zero
    }
    /// A list of texts; defaults are separated by blanks in the table.
    package func texts(_ key: String) -> [String] {
        if let value = value(key) { return value.elements.compactMap(\.string) }
        return standard(key).map { $0.split(separator: " ").map(String.init) } ?? []
    }

    private func standard(_ key: String) -> String? {
        guard let field = shape.field(key) else { preconditionFailure("the key \(key) is not in its table") }
        return field.standard
    }
}
