import Glibc
import JSON
import Testing

@testable import AdminAPI

/// `docs/admin.openapi.json`, as far as it is held against what is declared.
final class AdminDocument {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    let root: JSONValue
    /// Names of schemas that a comparison has come by.
    private(set) var seen: Set<String> = []

    init() throws {
        // …/Tests/AdminAPITests/AdminDocument.swift: the folder above both is the project.
        let project = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let path = "/\(project)/docs/admin.openapi.json"
        let file = try #require(fopen(path, "r"), "\(path) is missing")
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        root = try JSONDocument(bytes).root
    }

    var schemas: Set<String> { Set(root["components"]?["schemas"]?.members.map(\.key) ?? []) }

    /// Every operation, by the endpoint that it is named after.
    var operations: [String: (method: String, path: String, value: JSONValue)] {
        var all: [String: (method: String, path: String, value: JSONValue)] = [:]
        for path in root["paths"]?.members ?? root.members {
            for method in path.value.members {
                all[method.value["operationId"]?.string ?? ""] = (method.key.uppercased(), path.key, method.value)
            }
        }
        return all
    }

    func resolved(_ value: JSONValue) throws -> JSONValue {
        guard let reference = value["$ref"]?.string else { return value }
        seen.insert(String(reference.split(separator: "/").last ?? ""))
        guard let found = root.document.value(at: String(reference.dropFirst())) else {
            throw Fault(description: "\(reference) leads nowhere")
        }
        return found
    }

    /// What a schema describes, with the members of objects by name.
    func shape(_ value: JSONValue) throws -> WireShape {
        let schema = try resolved(value)
        if let choices = schema["anyOf"] {
            let types = choices.elements.map { $0["type"]?.string }
            if types == ["number", "string"] { return .numberOrText }
            guard choices.count == 2, choices[1]?["type"]?.string == "null", let first = choices[0] else {
                throw Fault(description: "an anyOf that is not \"or null\"")
            }
            return .nullable(try shape(first))
        }
        switch schema["type"]?.string {
        case "string": return schema["enum"].map { .words($0.elements.compactMap(\.string).sorted()) } ?? .text
        case "integer": return .integer
        case "number": return .number
        case "boolean": return .bool
        case "array":
            if let items = schema["prefixItems"] { return .tuple(try items.elements.map { try shape($0) }) }
            guard let items = schema["items"] else { throw Fault(description: "a list of what?") }
            return .list(try shape(items))
        case "object":
            if schema["properties"] == nil, let values = schema["additionalProperties"], values.kind == .object {
                return .map(try shape(values))
            }
            let required = Set(schema["required"]?.elements.compactMap(\.string) ?? [])
            return .object(
                try (schema["properties"]?.members.map { $0 } ?? []).map { member in
                    .init(
                        name: member.key, shape: try shape(member.value), isRequired: required.contains(member.key))
                }.sorted { $0.name < $1.name })
        default: throw Fault(description: "a schema of no type: \(String(decoding: schema.bytes, as: UTF8.self))")
        }
    }
}

extension WireShape {
    /// With members and words in the order of their names: the order on the wire is no part of a schema.
    var inOrder: WireShape {
        switch self {
        case .words(let words): .words(words.sorted())
        case .list(let shape): .list(shape.inOrder)
        case .tuple(let shapes): .tuple(shapes.map(\.inOrder))
        case .nullable(let shape): .nullable(shape.inOrder)
        case .map(let shape): .map(shape.inOrder)
        case .object(let members):
            .object(
                members.map { Member(name: $0.name, shape: $0.shape.inOrder, isRequired: $0.isRequired) }
                    .sorted { $0.name < $1.name })
        case .text, .integer, .number, .bool, .numberOrText: self
        }
    }

    /// Where two shapes differ.
    static func differences(_ declared: WireShape, _ described: WireShape, at place: String) -> [String] {
        switch (declared, described) {
        case (.object(let left), .object(let right)):
            let names = Set(left.map(\.name)).union(right.map(\.name)).sorted()
            return names.flatMap { name -> [String] in
                let here = "\(place).\(name)"
                guard let mine = left.first(where: { $0.name == name }) else { return ["\(here) is not declared"] }
                guard let theirs = right.first(where: { $0.name == name }) else {
                    return ["\(here) is not described"]
                }
                let required =
                    mine.isRequired == theirs.isRequired
                    ? [] : ["\(here) is \(mine.isRequired ? "always" : "not always") there"]
                return required + differences(mine.shape, theirs.shape, at: here)
            }
        case (.list(let left), .list(let right)): return differences(left, right, at: place + "[]")
        case (.nullable(let left), .nullable(let right)): return differences(left, right, at: place)
        default: return declared == described ? [] : ["\(place) is declared as \(declared), described as \(described)"]
        }
    }
}
