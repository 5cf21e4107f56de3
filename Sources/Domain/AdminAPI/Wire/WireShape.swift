/// What a value looks like on the wire, to be held against its description.
package indirect enum WireShape: Equatable, Sendable {
    case text
    case words([String])
    case integer
    case number
    case bool
    case numberOrText
    case list(WireShape)
    /// A list of exactly these.
    case tuple([WireShape])
    case nullable(WireShape)
    case object([Member])
    /// An object whose names are not fixed.
    case map(WireShape)

    package struct Member: Equatable, Sendable {
        package let name: String
        package let shape: WireShape
        package let isRequired: Bool
    }

    /// Notes the members that it is led through.
    struct Notes: WireCoder {
        typealias Failure = Never

        private(set) var members: [Member] = []

        private mutating func note(_ name: String, _ shape: WireShape, isRequired: Bool = true) {
            members.append(Member(name: name, shape: shape, isRequired: isRequired))
        }

        mutating func member<Value: WireValue>(_ name: String, _ value: inout Value) { note(name, Value.shape) }

        mutating func optional<Value: WireValue>(_ name: String, _ value: inout Value?) {
            note(name, Value.shape, isRequired: false)
        }

        mutating func word(_ name: String, _ value: inout String, oneOf words: [String]) {
            note(name, .words(words))
        }

        mutating func word(_ name: String, _ value: inout String?, oneOf words: [String]) {
            note(name, .nullable(.words(words)))
        }

        mutating func optionalWord(_ name: String, _ value: inout String?, oneOf words: [String]) {
            note(name, .words(words), isRequired: false)
        }
    }
}
