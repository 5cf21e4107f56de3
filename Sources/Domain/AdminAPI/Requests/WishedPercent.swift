package import JSON

/// A percentage that somebody asks for: a number, or a text such as `12.5`, `+5` and `-5`, which is a step.
package enum WishedPercent: WireValue, Equatable {
    /// As it is written: 12.50 stays 12.50.
    case number(String)
    case text(String)

    package init() { self = .number("0") }

    package init(_ percent: Double) {
        var json = JSONWriter()
        percent.write(to: &json)
        self = .number(json.text)
    }

    package static func read(_ json: JSONValue) throws(WireError) -> WishedPercent {
        if let number = json.numberText { return .number(number) }
        if json.kind == .string, let text = json.string { return .text(text) }
        throw WireError("a number or a text", butFound: json)
    }

    package func write(to json: inout JSONWriter) {
        switch self {
        case .number(let text): json.raw(text)
        case .text(let text): json.string(text)
        }
    }

    package static var shape: WireShape { .numberOrText }
}
