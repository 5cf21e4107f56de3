import HTTP
import JSON
import ServiceKit

/// What a client wants done to a picture: `{"filter": NAME, SETTING: NUMBER…, "format": "png"|"jpeg"}`, checked.
struct FilterOrder: Sendable {
    let effect: Effect
    private let values: [String: Double]
    /// Of the result; `png` (without loss) unless asked otherwise.
    let format: String

    init(_ root: JSONValue) throws(Problem) {
        guard let name = root["filter"]?.string else {
            throw Self.refusal("\"filter\" must be the name of a filter; see GET /api/filters")
        }
        guard let effect = Effect.named(name) else {
            let names = Effect.all.map(\.name).joined(separator: ", ")
            throw Self.refusal("there is no filter \"\(name)\"; there are: \(names)")
        }
        var values: [String: Double] = [:]
        var format = "png"
        for member in root.members where member.key != "filter" {
            if member.key == "format" {
                guard let wanted = member.value.string, wanted == "png" || wanted == "jpeg" else {
                    throw Self.refusal("\"format\" must be \"png\" or \"jpeg\"")
                }
                format = wanted
            } else if let setting = effect.settings.first(where: { $0.name == member.key }) {
                values[setting.name] = try Self.value(of: member.value, for: setting)
            } else {
                throw Self.refusal("the filter \"\(name)\" has no parameter \"\(member.key)\"")
            }
        }
        self.effect = effect
        self.values = values
        self.format = format
    }

    /// Every setting of the effect, in its order, as it is stored and shown.
    var settingsJSON: String {
        var json = JSONWriter()
        json.object { writer in
            for setting in effect.settings {
                writer.member(setting.name, number: Self.plain(values[setting.name] ?? setting.fallback))
            }
        }
        return json.text
    }

    /// Whole numbers without ".0".
    static func plain(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }

    private static func value(of value: JSONValue, for setting: Effect.Setting) throws(Problem) -> Double {
        guard let number = value.double, number >= setting.minimum, number <= setting.maximum,
            !setting.isInteger || number == number.rounded()
        else {
            let kind = setting.isInteger ? "a whole number" : "a number"
            throw refusal(
                "\"\(setting.name)\" must be \(kind) from \(plain(setting.minimum)) to \(plain(setting.maximum))")
        }
        return number
    }

    private static func refusal(_ detail: String) -> Problem {
        Problem(
            .unprocessableContent, code: "invalid_filter", title: "This filter cannot be applied", detail: detail)
    }
}
