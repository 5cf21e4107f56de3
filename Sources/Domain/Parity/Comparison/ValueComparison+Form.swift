/// The canonical form of a value under the rules: two values that could be equal have one form. Members are sorted (RFC
/// 8785's order by name, in bytes here), numbers are the decimals they denote, and what rules tolerate is a
/// placeholder.
extension ValueComparison {
    enum Side {
        case left, right
    }

    /// The form of an identifier that has no counterpart yet.
    static var unknownIdentity: String { "\u{1}id" }

    mutating func form(of value: Value, at path: [String], side: Side) -> String {
        var out = ""
        write(value, at: path, side: side, into: &out)
        return out
    }

    private mutating func write(_ value: Value, at path: [String], side: Side, into out: inout String) {
        // A placeholder begins with a control character, which no JSON text contains unescaped.
        guard mayVisit() else { return }
        let check = rules.check(at: path)
        switch check {
        case .ignore:
            out += "\u{1}ignored"
            return
        case .present:
            out += "\u{1}present"
            return
        case .type:
            out += "\u{1}" + value.kind.rawValue
            return
        default: break
        }
        switch value {
        case .null, .bool: out += value.text
        case .number(let number):
            switch check {
            case .number: out += "\u{1}number"
            case .time: out += "\u{1}time"
            case .identity(let space): out += identityForm(number.text, space: space, side)
            default: out += Self.decimalForm(number)
            }
        case .string(let text): writeText(text, check, side, into: &out)
        case .array(let elements):
            var forms: [String] = []
            for (index, element) in elements.enumerated() {
                forms.append(form(of: element, at: path + [String(index)], side: side))
            }
            switch check {
            case .set: forms = Set(forms).sorted()
            case .multiset, .keyed: forms.sort()
            default: break
            }
            out += "[" + forms.joined(separator: ",") + "]"
        case .object(let members):
            var parts: [(name: ExactText, form: String)] = []
            for member in members {
                let inner = path + [member.name]
                if rules.check(at: inner) == .ignore { continue }
                parts.append((ExactText(member.name), form(of: member.value, at: inner, side: side)))
            }
            // Occurrences of one name keep their order.
            let sorted = parts.enumerated().sorted {
                $0.element.name == $1.element.name
                    ? $0.offset < $1.offset : $0.element.name < $1.element.name
            }
            out += "{"
            for (index, part) in sorted.enumerated() {
                if index > 0 { out += "," }
                Value.quote(part.element.name.string, into: &out)
                out += ":" + part.element.form
            }
            out += "}"
        }
    }

    private func writeText(_ text: String, _ check: Check, _ side: Side, into out: inout String) {
        switch check {
        case .time where ComparedTime(rfc3339: text) != nil: out += "\u{1}time"
        case .regex(let pattern) where pattern.matches(text): out += "\u{1}regex"
        case .identity(let space): out += identityForm(text, space: space, side)
        case .url:
            let shape = URLShape(text)
            let parts = shape.parts.map { part in
                URLShape.isIdentifier(part) ? identityForm(part, space: URLShape.space, side) : part
            }
            Value.quote(parts.joined(separator: "/"), into: &out)
        default: Value.quote(text, into: &out)
        }
    }

    private func identityForm(_ id: String, space: String, _ side: Side) -> String {
        switch side {
        case .left: identities.right(of: id, space: space).map { "\u{1}id:" + $0 } ?? Self.unknownIdentity
        case .right: identities.isKnown(right: id, space: space) ? "\u{1}id:" + id : Self.unknownIdentity
        }
    }

    private static func decimalForm(_ number: DecimalText) -> String {
        let canonical = number.canonical
        if let written = canonical.written { return written }
        return (canonical.isNegative ? "-" : "") + String(decoding: canonical.digits, as: UTF8.self)
            + "e\(canonical.exponent)"
    }
}
