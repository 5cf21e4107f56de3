import Glibc
import HTTP
import JSON
import Testing

/// `docs/pixelpulse.openapi.json`, and whether a response is what it promises. A small part of JSON Schema: what the
/// document uses.
struct APIDescription: Sendable {
    let document: JSONDocument

    init() throws {
        // …/Tests/PixelPulseTests/APIDescription.swift: the folder above both is the project.
        let project = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let path = "/\(project)/docs/pixelpulse.openapi.json"
        let file = try #require(fopen(path, "r"), "\(path) is missing")
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        document = try JSONDocument(bytes)
    }

    /// Every method and path template.
    var operations: [(method: String, path: String)] {
        var all: [(method: String, path: String)] = []
        for path in document.root["paths"]?.members ?? document.root.members {
            for member in path.value.members where member.key != "parameters" {
                all.append((member.key.uppercased(), path.key))
            }
        }
        return all
    }

    /// What is wrong with a response to `method` on the template `path`; empty when it is as described.
    func complaints(about answer: LiveEstate.Answer, to method: String, _ path: String) -> [String] {
        guard let operation = document.root["paths"]?[path]?[method.lowercased()] else {
            return ["\(method) \(path) is not described"]
        }
        guard let described = operation["responses"]?["\(answer.status)"] else {
            return ["\(method) \(path): status \(answer.status) is not described"]
        }
        guard let content = described["content"] else {
            return answer.bytes.isEmpty ? [] : ["\(method) \(path): \(answer.status) must have no body"]
        }
        let type = String((answer.fields["content-type"] ?? "").prefix { $0 != ";" })
        guard let media = content[type] else {
            return ["\(method) \(path): \(answer.status) must not be of type \"\(type)\""]
        }
        guard type.hasSuffix("json"), let schema = media["schema"] else { return [] }
        guard let body = answer.json else { return ["\(method) \(path): the body is no JSON"] }
        var found: [String] = []
        check(body, schema, at: "\(method) \(path) \(answer.status) ", &found)
        return found
    }

    private func check(_ value: JSONValue, _ schema: JSONValue, at place: String, _ found: inout [String]) {
        if let reference = schema["$ref"]?.string {
            guard let target = document.value(at: String(reference.dropFirst())) else {
                return found.append("\(place): \(reference) leads nowhere")
            }
            return check(value, target, at: place, &found)
        }
        if let choices = schema["anyOf"]?.array {
            let fits = choices.contains { choice in
                var complaints: [String] = []
                check(value, choice, at: place, &complaints)
                return complaints.isEmpty
            }
            if !fits { found.append("\(place): fits none of the choices") }
            return
        }
        let types = schema["type"]?.array.map { $0.compactMap(\.string) } ?? [schema["type"]?.string].compactMap { $0 }
        if !types.isEmpty, !types.contains(where: { Self.name(of: value, is: $0) }) {
            return found.append("\(place): must be \(types.joined(separator: " or ")), is \(value.kind)")
        }
        if let allowed = schema["enum"]?.array, !allowed.contains(where: { $0.string == value.string }) {
            found.append("\(place): \(value.string ?? "?") is none of the values")
        }
        if let elements = value.array, let items = schema["items"] {
            for (index, element) in elements.enumerated() { check(element, items, at: "\(place)/\(index)", &found) }
        }
        guard value.object != nil else { return }
        for name in schema["required"]?.array?.compactMap(\.string) ?? [] where value[name] == nil {
            found.append("\(place): \"\(name)\" is missing")
        }
        for member in value.members {
            if let property = schema["properties"]?[member.key] {
                check(member.value, property, at: "\(place)/\(member.key)", &found)
            } else if schema["additionalProperties"]?.bool == false {
                found.append("\(place): \"\(member.key)\" is not described")
            } else if let rest = schema["additionalProperties"], rest.object != nil {
                check(member.value, rest, at: "\(place)/\(member.key)", &found)
            }
        }
    }

    private static func name(of value: JSONValue, is type: String) -> Bool {
        switch type {
        case "object": value.object != nil
        case "array": value.array != nil
        case "string": value.string != nil
        case "integer": value.int != nil
        case "number": value.double != nil
        case "boolean": value.bool != nil
        case "null": value.isNull
        default: false
        }
    }
}
