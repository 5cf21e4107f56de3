package import JSON

/// Writes the members of a value into an object that is open.
extension JSONWriter: WireCoder {
    package typealias Failure = Never

    package mutating func member<Value: WireValue>(_ name: String, _ value: inout Value) {
        self.name(name)
        value.write(to: &self)
    }

    package mutating func optional<Value: WireValue>(_ name: String, _ value: inout Value?) {
        guard var value else { return }
        member(name, &value)
    }

    package mutating func word(_ name: String, _ value: inout String, oneOf words: [String]) {
        assert(words.contains(value), "\(name) is \(value), and that word is not declared")
        member(name, &value)
    }

    package mutating func word(_ name: String, _ value: inout String?, oneOf words: [String]) {
        assert(value.map(words.contains) ?? true, "\(name) is \(value ?? ""), and that word is not declared")
        member(name, &value)
    }
    package mutating func optionalWord(_ name: String, _ value: inout String?, oneOf words: [String]) {
        if value != nil { word(name, &value, oneOf: words) }
    }
}
