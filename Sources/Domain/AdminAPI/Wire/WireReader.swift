import JSON

/// Fills the members of a value from an object.
struct WireReader: WireCoder {
    private let json: JSONValue

    init(_ json: JSONValue) { self.json = json }

    private func found(_ name: String) throws(WireError) -> JSONValue {
        guard let found = json[name] else { throw WireError("is missing").inside(name) }
        return found
    }

    private func read<Value: WireValue>(_ json: JSONValue, _ name: String) throws(WireError) -> Value {
        do throws(WireError) {
            return try Value.read(json)
        } catch {
            throw error.inside(name)
        }
    }

    mutating func member<Value: WireValue>(_ name: String, _ value: inout Value) throws(WireError) {
        value = try read(try found(name), name)
    }

    mutating func optional<Value: WireValue>(_ name: String, _ value: inout Value?) throws(WireError) {
        value = nil
        if let found = json[name] { value = try read(found, name) as Value }
    }

    mutating func word(_ name: String, _ value: inout String, oneOf words: [String]) throws(WireError) {
        try member(name, &value)
    }

    mutating func word(_ name: String, _ value: inout String?, oneOf words: [String]) throws(WireError) {
        try member(name, &value)
    }

    mutating func optionalWord(_ name: String, _ value: inout String?, oneOf words: [String]) throws(WireError) {
        try optional(name, &value)
    }
}
