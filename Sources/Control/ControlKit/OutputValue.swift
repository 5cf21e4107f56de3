/// A JSON value that a command answers with: built as a literal, written in the order it was built.
package indirect enum OutputValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([OutputValue])
    case object([Member])

    package struct Member: Equatable, Sendable {
        package var key: String
        package var value: OutputValue

        package init(_ key: String, _ value: OutputValue) {
            self.key = key
            self.value = value
        }
    }

    /// The member of an object, or nil.
    package subscript(key: String) -> OutputValue? {
        get {
            guard case .object(let members) = self else { return nil }
            return members.first { $0.key == key }?.value
        }
        set {
            guard case .object(var members) = self else { return }
            if let index = members.firstIndex(where: { $0.key == key }) {
                if let newValue { members[index].value = newValue } else { members.remove(at: index) }
            } else if let newValue {
                members.append(Member(key, newValue))
            }
            self = .object(members)
        }
    }

    /// `null` for nil.
    package static func optional(_ text: String?) -> OutputValue { text.map { .string($0) } ?? .null }
    /// `null` for nil.
    package static func optional(_ number: Double?) -> OutputValue { number.map { .number($0) } ?? .null }
    /// `null` for nil.
    package static func optional(_ integer: Int?) -> OutputValue { integer.map { .integer(Int64($0)) } ?? .null }
}

extension OutputValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral
{
    package init(dictionaryLiteral elements: (String, OutputValue)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
    package init(arrayLiteral elements: OutputValue...) { self = .array(elements) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}
