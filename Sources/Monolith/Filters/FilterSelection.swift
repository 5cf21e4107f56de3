import JSON

/// A client's choice of filter, checked: `{"filter": NAME, PARAMETER: NUMBER…, "format": "png"|"jpeg"}`.
struct FilterSelection: Sendable, Equatable {
    let name: String
    /// Every parameter of the filter, defaults filled in.
    let values: [String: Double]
    /// Encoding of the result; PNG (without loss) unless asked otherwise.
    let format: String

    /// What is wrong with a request, for the client.
    struct Refusal: Error, Equatable {
        let detail: String
    }

    static func read(_ root: JSONValue) throws(Refusal) -> FilterSelection {
        guard root.kind == .object else { throw Refusal(detail: "the body must be a JSON object") }
        guard let name = root["filter"]?.string else {
            throw Refusal(detail: "\"filter\" must be the name of a filter; see GET /api/filters")
        }
        guard let filter = FilterCatalogue.named(name) else {
            let names = FilterCatalogue.all.map(\.name).joined(separator: ", ")
            throw Refusal(detail: "there is no filter \"\(name)\"; there are: \(names)")
        }
        var values: [String: Double] = [:]
        for parameter in filter.parameters { values[parameter.name] = parameter.standard }
        var format = "png"
        for member in root.members where member.key != "filter" {
            if member.key == "format" {
                guard let wanted = member.value.string, ["png", "jpeg"].contains(wanted) else {
                    throw Refusal(detail: "\"format\" must be \"png\" or \"jpeg\"")
                }
                format = wanted
                continue
            }
            guard let parameter = filter.parameters.first(where: { $0.name == member.key }) else {
                throw Refusal(detail: "the filter \"\(name)\" has no parameter \"\(member.key)\"")
            }
            guard let value = member.value.double, parameter.range.contains(value),
                !parameter.wholeNumber || value == value.rounded()
            else {
                let kind = parameter.wholeNumber ? "a whole number" : "a number"
                throw Refusal(
                    detail: "\"\(parameter.name)\" must be \(kind) from \(plain(parameter.range.lowerBound)) to "
                        + plain(parameter.range.upperBound))
            }
            values[parameter.name] = value
        }
        return FilterSelection(name: name, values: values, format: format)
    }

    /// The values as a JSON object in the catalogue's order, as they are stored and shown.
    var parametersJSON: String {
        var json = JSONWriter()
        json.object { writer in
            for parameter in FilterCatalogue.named(name)?.parameters ?? [] {
                writer.member(parameter.name, number: Self.plain(values[parameter.name] ?? parameter.standard))
            }
        }
        return json.text
    }

    /// The values of a stored object; what it lacks gets the filter's default later.
    static func values(fromJSON text: String) -> [String: Double] {
        guard let root = try? JSONDocument(text).root else { return [:] }
        var values: [String: Double] = [:]
        for member in root.members { values[member.key] = member.value.double }
        return values
    }

    /// Whole numbers without ".0".
    static func plain(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? "\(value)"
    }
}
