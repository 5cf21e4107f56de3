private import JSON

/// A JSON Schema (2020-12), made from the table that a decoder reads by.
package enum ShapeSchema {
    /// - Parameters:
    ///   - title: name of the file.
    ///   - description: what it says, in a sentence.
    package static func json(title: String, description: String, _ shape: ObjectShape) -> String {
        var writer = JSONWriter(pretty: true)
        writer.object { json in
            json.member("$schema", "https://json-schema.org/draft/2020-12/schema")
            json.member("title", title)
            json.member("description", description)
            members(of: shape, &json)
        }
        return writer.text + "\n"
    }

    private static func members(of object: ObjectShape, _ json: inout JSONWriter) {
        json.member("type", "object")
        json.member("additionalProperties", false)
        let required = object.fields.filter(\.isRequired).map(\.key)
        if !required.isEmpty { json.member("required", strings: required) }
        json.member("properties") { json in
            json.object { json in
                for field in object.fields {
                    json.member(field.key) { json in
                        json.object { json in
                            json.member("description", field.summary)
                            members(of: field.shape, &json)
                            if let standard = field.standard {
                                json.member("default") { write(standard, as: field.shape, &$0) }
                            }
                        }
                    }
                }
            }
        }
        if object.field("exact") != nil {
            json.member("oneOf") { json in
                json.array { json in
                    for key in ["exact", "prefix", "template"] {
                        json.object { $0.member("required", strings: [key]) }
                    }
                }
            }
        }
    }

    private static func members(of shape: Shape, _ json: inout JSONWriter) {
        switch shape {
        case .bool: json.member("type", "boolean")
        case .text(let form):
            json.member("type", "string")
            json.member("pattern", form.pattern)
        case .choice(let choices, _): json.member("enum", strings: choices)
        case .integer(let range):
            json.member("type", "integer")
            json.member("minimum", range.lowerBound)
            json.member("maximum", range.upperBound)
        case .percent:
            json.member("type", "number")
            json.member("minimum", 0)
            json.member("maximum", 100)
        case .duration(let allowsOff):
            json.member("type", "string")
            json.member(
                "pattern", allowsOff ? "^(off|[0-9]+(\\.[0-9]+)?(us|ms|s|m|h))$" : "^[0-9]+(\\.[0-9]+)?(us|ms|s|m|h)$")
        case .size:
            json.member("type", "string")
            json.member("pattern", "^[0-9]+(B|KiB|MiB|GiB|KB|MB|GB)$")
        case .rate:
            json.member("type", strings: ["string", "integer"])
            json.member("pattern", "^(0|off|[0-9]+(B|KiB|MiB|GiB|KB|MB|GB)(/s)?)$")
            json.member("maximum", 0)
        case .statuses:
            json.member("type", strings: ["string", "integer", "array"])
            json.member("pattern", "^[1-5][0-9][0-9](-[1-5][0-9][0-9])?( *, *[1-5][0-9][0-9](-[1-5][0-9][0-9])?)*$")
            json.member("minimum", 100)
            json.member("maximum", 599)
            json.member("minItems", 1)
        case .list(let element, let least):
            json.member("type", "array")
            if least > 0 { json.member("minItems", least) }
            json.member("items") { json in json.object { members(of: element, &$0) } }
        case .map(let element, let names):
            json.member("type", "object")
            if let pattern = names.pattern {
                json.member("propertyNames") { json in json.object { $0.member("pattern", pattern) } }
            }
            json.member("additionalProperties") { json in json.object { members(of: element, &$0) } }
        case .object(let object): members(of: object, &json)
        case .textOrObject(let form, let object):
            json.member("anyOf") { json in
                json.array { json in
                    json.object { members(of: .text(form), &$0) }
                    json.object { members(of: object, &$0) }
                }
            }
        case .conditions: conditions(&json)
        }
    }

    private static func conditions(_ json: inout JSONWriter) {
        json.member("anyOf") { json in
            json.array { json in
                json.object { json in
                    json.member("type", "object")
                    json.member("additionalProperties") { json in
                        json.object { json in
                            json.member("anyOf") { json in
                                json.array { json in
                                    json.object { $0.member("type", "string") }
                                    json.object { $0.member("const", true) }
                                }
                            }
                        }
                    }
                }
                json.object { json in
                    json.member("type", "array")
                    json.member("items") { json in
                        json.object { json in
                            members(
                                of: ObjectShape([
                                    .init("name", .text(.free), required: true, "Name of the header or parameter."),
                                    .init("value", .text(.free), "Its value; left out: any."),
                                ]), &json)
                        }
                    }
                }
            }
        }
    }

    private static func write(_ standard: String, as shape: Shape, _ json: inout JSONWriter) {
        switch shape {
        case .bool, .integer, .percent: json.raw(standard)
        case .list: json.array { json in for item in standard.split(separator: " ") { json.string(String(item)) } }
        case .text, .choice, .duration, .size, .rate, .statuses, .map, .object, .textOrObject, .conditions:
            json.string(standard)
        }
    }
}
