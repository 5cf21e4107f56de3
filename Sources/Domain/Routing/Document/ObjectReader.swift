import Formats
package import JSON

/// Reads an object that its shape has accepted. What it lacks comes from the objects behind it (a route's `timeouts`,
/// then those of `defaults`), and last from the default in the table.
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
    package func int(_ key: String) -> Int { promised(value(key)?.int ?? standard(key).flatMap { Int($0) }, key) }
    package func size(_ key: String) -> Int { promised(text(key).flatMap(SizeText.read), key) }
    package func rate(_ key: String) -> Int {
        promised((value(key).flatMap { $0.string ?? $0.numberText } ?? standard(key)).flatMap(SizeText.rate), key)
    }
    package func statuses(_ key: String) -> StatusRanges {
        guard let value = value(key) else { return promised(standard(key).flatMap(StatusRanges.init(parsing:)), key) }
        let texts = value.kind == .array ? Array(value.elements) : [value]
        return StatusRanges(
            texts.compactMap { $0.string ?? $0.numberText }.compactMap(StatusRanges.init(parsing:)).flatMap(\.ranges))
    }
    package func duration(_ key: String) -> Duration { promised(optionalDuration(key), key) }
    /// nil for "off".
    package func optionalDuration(_ key: String) -> Duration? { text(key).flatMap { DurationText.read($0) } }
    package func tracing(_ key: String) -> TracePolicy { promised(text(key).flatMap(TracePolicy.init(parsing:)), key) }
    package func percent(_ key: String) -> Percent {
        promised((value(key)?.numberText ?? standard(key)).flatMap { Percent(parsing: $0) }, key)
    }
    /// A text that the shape asks for, or has a default for.
    package func word(_ key: String) -> String { promised(text(key), key) }
    /// One of the words of a choice.
    package func choice<Word: RawRepresentable<String>>(_ key: String) -> Word {
        promised(text(key).flatMap { Word(rawValue: $0) }, key)
    }
    /// A list of texts; defaults are separated by blanks in the table.
    package func texts(_ key: String) -> [String] {
        if let value = value(key) { return value.elements.compactMap(\.string) }
        return standard(key).map { $0.split(separator: " ").map(String.init) } ?? []
    }

    private func promised<Value>(_ value: Value?, _ key: String) -> Value {
        guard let value else { preconditionFailure("\(key): accepted by its shape, but neither value nor default") }
        return value
    }

    private func standard(_ key: String) -> String? {
        guard let place = shape.place(of: key) else { preconditionFailure("the key \(key) is not in its table") }
        return shape.fields[place].standard
    }
}

extension JSONValue {
    /// The elements of the list that `key` names; none when it is left out.
    func elements(of key: String) -> [JSONValue] { self[key].map { Array($0.elements) } ?? [] }

    /// The members of the object that `key` names; none when it is left out.
    func members(of key: String) -> [JSONMember] { self[key].map { Array($0.members) } ?? [] }

    /// What `key` names, where a shape that requires it has been checked.
    func required(_ key: String) -> JSONValue {
        guard let found = self[key] else { preconditionFailure("\(key) is required, and its shape was accepted") }
        return found
    }
}
