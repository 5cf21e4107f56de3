package import ControlKit
import JSON

/// The one layout of a routes file: two spaces to a level; an object or list that fits on its line stays on it.
package enum RoutesLayout {
    private static let width = 120

    package static func format(_ bytes: [UInt8], file: String) throws(OperationFailure) -> [UInt8] {
        do throws(JSONError) {
            let document = try JSONDocument(bytes)
            var lines = ""
            write(document.root, depth: 0, room: width, into: &lines)
            return Array((lines + "\n").utf8)
        } catch {
            throw OperationFailure(
                .configuration, "\(file):\(error.position.line):\(error.position.column): \(error.message)")
        }
    }

    private static func write(_ value: JSONValue, depth: Int, room: Int, into text: inout String) {
        let line = compact(value)
        let isContainer = value.kind == .object || value.kind == .array
        // Lists of objects are the body of the file: each object gets a line of its own.
        let isBody = value.kind == .array && value.elements.contains { $0.kind == .object }
        if !isContainer || value.count == 0 || (depth > 0 && !isBody && line.utf8.count <= room && !isDeep(value)) {
            text += line
            return
        }
        let indent = String(repeating: "  ", count: depth + 1)
        let isObject = value.kind == .object
        text += isObject ? "{\n" : "[\n"
        var isFirst = true
        if isObject {
            for member in value.members {
                text += isFirst ? "" : ",\n"
                isFirst = false
                let name = String(decoding: member.name.bytes, as: UTF8.self) + ": "
                text += indent + name
                write(
                    member.value, depth: depth + 1, room: width - indent.utf8.count - name.utf8.count, into: &text)
            }
        } else {
            for element in value.elements {
                text += isFirst ? "" : ",\n"
                isFirst = false
                text += indent
                write(element, depth: depth + 1, room: width - indent.utf8.count, into: &text)
            }
        }
        text += "\n" + String(repeating: "  ", count: depth) + (isObject ? "}" : "]")
    }

    /// Objects of objects of objects are easier read on lines of their own.
    private static func isDeep(_ value: JSONValue) -> Bool {
        guard value.kind == .object else { return false }
        return value.members.contains {
            $0.value.kind == .object && $0.value.members.contains { $0.value.kind == .object }
        }
    }

    private static func compact(_ value: JSONValue) -> String {
        switch value.kind {
        case .object:
            let members = value.members.map {
                String(decoding: $0.name.bytes, as: UTF8.self) + ": " + compact($0.value)
            }
            return members.isEmpty ? "{}" : "{ " + members.joined(separator: ", ") + " }"
        case .array: return "[" + value.elements.map(compact).joined(separator: ", ") + "]"
        case .null, .bool, .number, .string, .key: return String(decoding: value.bytes, as: UTF8.self)
        }
    }
}
