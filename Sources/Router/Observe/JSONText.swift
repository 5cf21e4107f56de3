/// Small JSON objects, in order.
enum JSONText {
    indirect enum Value {
        case text(String)
        case integer(Int64)
        case number(Double)
        case bool(Bool)
        case null
        case array([Value])
        case object([(String, Value)])
    }

    static func object(_ members: [(String, Value)]) -> String {
        var text = ""
        write(.object(members), to: &text)
        return text
    }

    private static func write(_ value: Value, to text: inout String) {
        switch value {
        case .text(let string): quote(string, to: &text)
        case .integer(let number): text += "\(number)"
        case .number(let number):
            text += number == number.rounded() && abs(number) < 1e15 ? "\(Int64(number))" : "\(number)"
        case .bool(let bool): text += bool ? "true" : "false"
        case .null: text += "null"
        case .array(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += "," }
                write(element, to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                quote(member.0, to: &text)
                text += ":"
                write(member.1, to: &text)
            }
            text += "}"
        }
    }

    private static func quote(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case "\r": text += "\\r"
            case _ where scalar.value < 0x20:
                text += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension JSONText.Value {
    static func optional(_ number: Double?) -> JSONText.Value {
        number.map { .number(($0 * 1000).rounded() / 1000) } ?? .null
    }
    static func optional(_ text: String?) -> JSONText.Value { text.map { .text($0) } ?? .null }
    static func count(_ number: some BinaryInteger) -> JSONText.Value { .integer(Int64(clamping: number)) }
}
