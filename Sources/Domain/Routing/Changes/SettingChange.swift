package import JSON

/// One setting that differs between two configurations, by its name and its values as they are written.
package struct SettingChange: Sendable, Equatable {
    /// `timeouts.response`, `upstreams.profile.endpoints`.
    package var name: String
    /// nil: it is not there, and has no default.
    package var before: String?
    package var after: String?

    /// `timeouts.response 30s -> 5m`.
    package var sentence: String {
        switch (before, after) {
        case (let before?, let after?): "\(name) \(Self.short(before)) -> \(Self.short(after))"
        case (nil, let after?): after == "{}" ? "\(name) is added" : "\(name) is set to \(Self.short(after))"
        case (_, nil): "\(name) is removed"
        }
    }

    /// A long list is named, not recited.
    private static func short(_ text: String) -> String {
        if text.isEmpty { return "\"\"" }
        return text.count > 60 ? text.prefix(57) + "..." : text
    }

    // MARK: Finding them

    /// Outside of `routes`; `$schema`, `revision` and layout do not count.
    package static func between(_ old: JSONDocument, _ new: JSONDocument) -> [SettingChange] {
        compare("", [old.root], [new.root], RoutesShape.document, except: ["$schema", "revision", "routes"])
    }

    /// Of one route, its percentages apart. A value that is left out is the one of `defaults`, or of the format.
    package static func ofRoute(
        _ old: JSONValue, _ new: JSONValue, in oldDocument: JSONDocument, _ newDocument: JSONDocument
    ) -> [SettingChange] {
        let defaults = RoutesShape.defaults.fields.map(\.key)
        return RoutesShape.route.fields.flatMap { field -> [SettingChange] in
            guard field.key != "percent", field.key != "id" else { return [] }
            let falls = defaults.contains(field.key)
            func values(_ route: JSONValue, _ document: JSONDocument) -> [JSONValue] {
                [route[field.key], falls ? document.root["defaults"]?[field.key] : nil].compactMap { $0 }
            }
            return compare(
                field.key, values(old, oldDocument), values(new, newDocument), field.shape, field.standard,
                except: field.key == "mirror" ? ["percent"] : [])
        }
    }

    /// - Parameters:
    ///   - old: the value and those that it falls back on, the nearest first; none: it is not there.
    ///   - standard: the default of the format.
    private static func compare(
        _ name: String, _ old: [JSONValue], _ new: [JSONValue], _ shape: Shape, _ standard: String? = nil,
        except: [String] = []
    ) -> [SettingChange] {
        switch shape {
        case .object(let object):
            let inside = compare(name, old, new, object, except: except)
            guard inside.isEmpty, old.isEmpty != new.isEmpty else { return inside }
            // To be there at all may mean something: an empty `health` turns the probes on.
            return [
                SettingChange(name: name, before: old.isEmpty ? nil : "{}", after: new.isEmpty ? nil : "{}")
            ]
        case .map(let element, _):
            let (before, after) = (old.first?.members.map(\.key) ?? [], new.first?.members.map(\.key) ?? [])
            return (before + after.filter { !before.contains($0) }).flatMap { key -> [SettingChange] in
                let (was, becomes) = (old.first?[key], new.first?[key])
                guard let was, let becomes else {
                    return [
                        SettingChange(
                            name: joined(name, key), before: was == nil ? nil : "{}", after: becomes == nil ? nil : "{}"
                        )
                    ]
                }
                return compare(joined(name, key), [was], [becomes], element)
            }
        case .bool, .text, .choice, .integer, .percent, .duration, .size, .rate, .statuses, .list, .textOrObject,
            .conditions:
            let assumed =
                if case .list = shape { standard?.split(separator: " ").joined(separator: ", ") } else { standard }
            let (before, after) = (old.first.map(text) ?? assumed, new.first.map(text) ?? assumed)
            return before == after ? [] : [SettingChange(name: name, before: before, after: after)]
        }
    }

    private static func compare(
        _ name: String, _ old: [JSONValue], _ new: [JSONValue], _ shape: ObjectShape, except: [String]
    ) -> [SettingChange] {
        shape.fields.flatMap { field -> [SettingChange] in
            guard !except.contains(field.key) else { return [] }
            return compare(
                joined(name, field.key), old.compactMap { $0[field.key] }, new.compactMap { $0[field.key] },
                field.shape,
                field.standard)
        }
    }

    private static func joined(_ name: String, _ key: String) -> String { name.isEmpty ? key : name + "." + key }

    /// As it is written, without the quotes of a text and without layout; a list as its elements.
    private static func text(_ value: JSONValue) -> String {
        if value.kind == .string { return String(decoding: value.bytes.dropFirst().dropLast(), as: UTF8.self) }
        if let elements = value.array, value.count > 0 { return elements.map(text).joined(separator: ", ") }
        var writer = JSONWriter()
        writer.value(value)
        return writer.text
    }
}
