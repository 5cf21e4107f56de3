package import JSON

/// A whole number of at least 0, in any form that JSON has for it: 1.0 and 1e3 are whole numbers too (JSON Schema,
/// 4.2.3).
package struct WholeNumber: WireValue, Equatable {
    package var value: Int

    package init(_ value: Int) { self.value = value }

    package static func read(_ json: JSONValue) throws(WireError) -> WholeNumber {
        guard let number = json.double, (0...Double(JSONValue.integers.upperBound)).contains(number),
            let whole = Int(exactly: number)
        else { throw WireError("is not a whole number of at least 0") }
        return WholeNumber(whole)
    }

    package func write(to json: inout JSONWriter) { json.int(value) }

    package static var shape: WireShape { .integer }
}
