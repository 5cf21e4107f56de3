import Formats
package import JSON

/// Holds a value against its shape: unknown keys, wrong types, literals that cannot be read.
package struct ShapeChecker {
    package let collector: DiagnosticCollector

    package init(collector: DiagnosticCollector) { self.collector = collector }

    package func check(_ value: JSONValue, _ shape: Shape, _ what: String) {
        switch shape {
        case .object(let object): check(value, object, what)
        case .textOrObject(let form, let object):
            switch value.kind {
            case .object: check(value, object, what)
            case .string: check(value, .text(form), what)
            case .null, .bool, .number, .array, .key: wrongType(value, "a string or an object", what)
            }
        case .map(let element, let names): checkMap(value, element, names, what)
        case .list(let element, let least): checkList(value, element, least, what)
        case .conditions: checkConditions(value, what)
        case .bool: if value.bool == nil { wrongType(value, "true or false", what) }
        case .integer(let range): checkInteger(value, range, what)
        case .percent: checkPercent(value, what)
        case .duration(let allowsOff):
            let example = "a time with its unit, such as \"250ms\", \"10s\" or \"5m\""
            guard let text = value.string else { return wrongType(value, example, what) }
            if allowsOff, text == "off" { return }
            if DurationText.read(text) == nil {
                collector.error("\(what) must be \(example), not \"\(text)\"", at: value)
            }
        case .size:
            let example = "a size with its unit, such as \"64KiB\" or \"16MiB\""
            guard let text = value.string else { return wrongType(value, example, what) }
            if SizeText.read(text) == nil { collector.error("\(what) must be \(example), not \"\(text)\"", at: value) }
        case .rate:
            let example = "a rate with its unit, such as \"240B/s\" or \"1KiB/s\", or 0 for none"
            guard let text = value.string ?? value.numberText else { return wrongType(value, example, what) }
            if SizeText.rate(text) == nil { collector.error("\(what) must be \(example), not \"\(text)\"", at: value) }
        case .statuses: checkStatuses(value, what)
        case .choice(let choices, let reserved):
            guard let text = value.string else { return wrongType(value, "a string", what) }
            guard !choices.contains(text), !reserved.contains(text) else { return }
            let help = Suggestion.sentence(for: text, among: choices) ?? "one of: \(choices.joined(separator: ", "))"
            collector.error("\(what) cannot be \"\(text)\"", at: value, help: help)
        case .text(let form):
            guard let text = value.string else { return wrongType(value, "a string", what) }
            if let problem = form.problem(with: text) {
                collector.error("\(what) cannot be \"\(text)\": \(problem)", at: value, help: form.help(for: text))
            }
        }
    }

    package func check(_ value: JSONValue, _ shape: ObjectShape, _ what: String) {
        guard value.kind == .object else { return wrongType(value, "an object", what) }
        for member in value.members {
            guard let place = shape.place(of: member) else {
                let keys = shape.fields.map(\.key)
                let help =
                    Suggestion.sentence(for: member.key, among: keys) ?? "known keys: \(keys.joined(separator: ", "))"
                collector.error("unknown key \"\(member.key)\" in \(what)", at: member.name, help: help)
                continue
            }
            check(member.value, shape.fields[place].shape, shape.fields[place].label)
        }
        for place in shape.requiredPlaces where value[shape.fields[place].key] == nil {
            let field = shape.fields[place]
            collector.error("\(what) needs \"\(field.key)\"", at: value, help: field.summary)
        }
    }

    private func checkMap(_ value: JSONValue, _ element: Shape, _ names: TextForm, _ what: String) {
        guard value.kind == .object else { return wrongType(value, "an object", what) }
        for member in value.members {
            if let problem = names.problem(with: member.key) {
                collector.error("\"\(member.key)\" is no name: \(problem)", at: member.name)
            }
            check(member.value, element, "\"\(member.key)\"")
        }
    }

    private func checkList(_ value: JSONValue, _ element: Shape, _ least: Int, _ what: String) {
        guard value.kind == .array else { return wrongType(value, "an array", what) }
        if value.count < least {
            let hint = what == "\"routes\"" ? ": a configuration without routes serves nobody" : ""
            collector.error("\(what) must not be empty\(hint)", at: value)
        }
        let label = "an element of \(what)"
        for item in value.elements { check(item, element, label) }
    }

    private func checkConditions(_ value: JSONValue, _ what: String) {
        func condition(_ value: JSONValue) {
            if value.string == nil, value.bool != true { wrongType(value, "a string or true", what) }
        }
        switch value.kind {
        case .object: for member in value.members { condition(member.value) }
        case .array:
            for item in value.elements { check(item, RoutesShape.condition, "an element of \(what)") }
        case .null, .bool, .number, .string, .key: wrongType(value, "an object", what)
        }
    }

    private func checkStatuses(_ value: JSONValue, _ what: String) {
        if let text = value.string ?? value.numberText {
            guard StatusRanges(parsing: text) == nil else { return }
            return collector.error(
                "\(what) must be codes from 100 to 599, such as 200, \"200-399\" or \"200-299,401\", not \"\(text)\"",
                at: value)
        }
        switch value.kind {
        case .array:
            if value.count == 0 { collector.error("\(what) must not be empty: no answer would be well", at: value) }
            for item in value.elements {
                if item.kind == .array { wrongType(item, "a code or a range", what) } else { checkStatuses(item, what) }
            }
        case .null, .bool, .object, .key, .string, .number: wrongType(value, "a code, a range or a list of them", what)
        }
    }

    private func checkInteger(_ value: JSONValue, _ range: ClosedRange<Int>, _ what: String) {
        guard let text = value.numberText else { return wrongType(value, "a whole number", what) }
        guard let number = value.int, range.contains(number) else {
            let bounds =
                range.count == 1
                ? "\(range.lowerBound)" : "a whole number from \(range.lowerBound) to \(range.upperBound)"
            return collector.error("\(what) must be \(bounds), not \(text)", at: value)
        }
    }

    private func checkPercent(_ value: JSONValue, _ what: String) {
        guard let text = value.numberText else { return wrongType(value, "a number from 0 to 100", what) }
        if Percent(parsing: text) == nil {
            collector.error("\(what) must be from 0 to 100 in steps of 0.0001, not \(text)", at: value)
        }
    }

    private func wrongType(_ value: JSONValue, _ expected: String, _ what: String) {
        collector.error("\(what) must be \(expected), not \(value.kind.phrase)", at: value)
    }
}
