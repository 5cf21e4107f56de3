/// A JSON value as parity sees it: numbers keep their text, members their order, and a key that occurs twice stays
/// twice.
package indirect enum Value: Sendable {
    case null
    case bool(Bool)
    case number(DecimalText)
    case string(String)
    case array([Value])
    case object([Member])

    /// One name and value of an object, in the document's order.
    package struct Member: Sendable {
        package var name: String
        package var value: Value

        package init(name: String, value: Value) {
            self.name = name
            self.value = value
        }
    }

    /// The kinds that `type` compares: two values of different kinds are never equal.
    package enum Kind: String, Sendable {
        case null, boolean, number, string, array, object
    }

    package var kind: Kind {
        switch self {
        case .null: .null
        case .bool: .boolean
        case .number: .number
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }

    /// The value a JSON Pointer names (RFC 6901); `nil` when there is none. The first of duplicate members counts.
    package func value(at pointer: [String]) -> Value? {
        var current = self
        for token in pointer {
            switch current {
            case .object(let members):
                guard let member = members.first(where: { ExactText($0.name) == ExactText(token) }) else { return nil }
                current = member.value
            case .array(let elements):
                guard let index = Int(token), elements.indices.contains(index), String(index) == token else {
                    return nil
                }
                current = elements[index]
            case .null, .bool, .number, .string:
                return nil
            }
        }
        return current
    }

    /// The value's text where it is a scalar that can stand in a path, a header or a body: strings without quotes.
    package var scalarText: String? {
        switch self {
        case .string(let text): text
        case .number(let number): number.text
        case .bool(let flag): flag ? "true" : "false"
        case .null, .array, .object: nil
        }
    }

    /// Compact JSON, for showing a difference and for canonical forms.
    package var text: String {
        var out = ""
        write(into: &out)
        return out
    }

    private func write(into out: inout String) {
        switch self {
        case .null: out += "null"
        case .bool(let flag): out += flag ? "true" : "false"
        case .number(let number): out += number.text
        case .string(let text): Self.quote(text, into: &out)
        case .array(let elements):
            out += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { out += "," }
                element.write(into: &out)
            }
            out += "]"
        case .object(let members):
            out += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { out += "," }
                Self.quote(member.name, into: &out)
                out += ":"
                member.value.write(into: &out)
            }
            out += "}"
        }
    }

    /// A JSON string literal; control characters are escaped, so a difference can never move a terminal's cursor.
    static func quote(_ text: String, into out: inout String) {
        out += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            default:
                if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) {
                    let digits = String(scalar.value, radix: 16)
                    out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    out.unicodeScalars.append(scalar)
                }
            }
        }
        out += "\""
    }
}
