package import JSON

extension String: WireValue {
    package static func read(_ json: JSONValue) throws(WireError) -> String {
        guard json.kind == .string, let text = json.string else { throw WireError("a string", butFound: json) }
        return text
    }

    package func write(to json: inout JSONWriter) { json.string(self) }
    package static var shape: WireShape { .text }
}

extension Bool: WireValue {
    package static func read(_ json: JSONValue) throws(WireError) -> Bool {
        guard let bool = json.bool else { throw WireError("true or false", butFound: json) }
        return bool
    }

    package func write(to json: inout JSONWriter) { json.bool(self) }
    package static var shape: WireShape { .bool }
}

extension Int: WireValue {
    package static func read(_ json: JSONValue) throws(WireError) -> Int {
        guard json.kind == .number else { throw WireError("a whole number", butFound: json) }
        guard let number = json.int else { throw WireError("is \(json.numberText ?? ""), not a whole number") }
        return number
    }

    package func write(to json: inout JSONWriter) { json.int(self) }
    package static var shape: WireShape { .integer }
}

extension Double: WireValue {
    package static func read(_ json: JSONValue) throws(WireError) -> Double {
        guard json.kind == .number else { throw WireError("a number", butFound: json) }
        guard let number = json.double else { throw WireError("is too large a number") }
        return number
    }

    /// Whole numbers are written without a fraction: 100, not 100.0.
    package func write(to json: inout JSONWriter) {
        if self == rounded(), abs(self) < 1e15 { json.int(Int64(self)) } else { json.double(self) }
    }

    package static var shape: WireShape { .number }
}

/// Is there, and may be null.
extension Optional: WireValue where Wrapped: WireValue {
    package static func read(_ json: JSONValue) throws(WireError) -> Wrapped? {
        json.isNull ? nil : try Wrapped.read(json)
    }

    package func write(to json: inout JSONWriter) {
        if let self { self.write(to: &json) } else { json.null() }
    }

    package static var shape: WireShape { .nullable(Wrapped.shape) }
}

extension Array: WireValue where Element: WireValue {
    package static func read(_ json: JSONValue) throws(WireError) -> [Element] {
        guard let elements = json.array else { throw WireError("an array", butFound: json) }
        var values: [Element] = []
        values.reserveCapacity(json.count)
        for element in elements {
            do throws(WireError) {
                values.append(try Element.read(element))
            } catch {
                throw error.inside("[\(values.count)]")
            }
        }
        return values
    }

    package func write(to json: inout JSONWriter) {
        json.array { json in for element in self { element.write(to: &json) } }
    }

    package static var shape: WireShape { .list(Element.shape) }
}
