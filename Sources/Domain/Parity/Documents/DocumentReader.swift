import Formats
package import JSON

/// One thing wrong in a file that a person wrote: where, what, and how to put it right.
package struct DocumentProblem: Error, Sendable, Equatable {
    package let file: String
    package let position: JSONPosition
    package let message: String
    /// The line it is on, without its end.
    package let source: String

    /// `file:line:column: error: message`, the line, and a caret under the column.
    package var rendered: String {
        let indent = String(repeating: " ", count: max(0, position.column - 1))
        let line = source.replacing("\t", with: " ")
        return "\(file):\(position.line):\(position.column): error: \(message)\n  \(line)\n  \(indent)^"
    }
}

/// Everything wrong in a file at once.
package struct DocumentProblems: Error, Sendable {
    package let problems: [DocumentProblem]
}

/// Reads a document member by member and collects what is wrong instead of stopping at the first.
struct DocumentReader {
    let file: String
    let root: JSONValue
    private(set) var problems: [DocumentProblem] = []

    /// Throws when the text is no JSON.
    init(_ bytes: [UInt8], file: String) throws(DocumentProblems) {
        self.file = file
        do {
            root = try JSONDocument(bytes).root
        } catch {
            let source = Self.line(error.position.line, of: bytes)
            throw DocumentProblems(problems: [
                DocumentProblem(file: file, position: error.position, message: error.message, source: source)
            ])
        }
    }

    /// Ends reading: throws when anything was noted.
    func finish() throws(DocumentProblems) {
        if !problems.isEmpty { throw DocumentProblems(problems: problems) }
    }

    mutating func note(_ message: String, at value: JSONValue) {
        let position = value.position
        problems.append(
            DocumentProblem(
                file: file, position: position, message: message,
                source: Self.line(position.line, of: value.document.text)))
    }

    private static func line(_ number: Int, of text: [UInt8]) -> String {
        let lines = text.split(separator: UInt8(ascii: "\n"), maxSplits: number, omittingEmptySubsequences: false)
        guard lines.indices.contains(number - 1) else { return "" }
        return String(decoding: lines[number - 1].prefix(200), as: UTF8.self)
    }

    func place(of value: JSONValue) -> RulePlace {
        let position = value.position
        return RulePlace(
            file: file, line: position.line, column: position.column,
            source: Self.line(position.line, of: value.document.text))
    }

    // MARK: Kinds

    /// The members of an object by name; a name outside `known` is noted, with the nearest known one.
    mutating func object(_ value: JSONValue, known: [String]) -> [String: JSONValue]? {
        guard let members = value.object else {
            note("expected an object, found \(value.kind.phrase)", at: value)
            return nil
        }
        var result: [String: JSONValue] = [:]
        for member in members {
            if known.contains(member.key) {
                result[member.key] = member.value
            } else {
                let names = known.filter { $0 != "$schema" }
                note("unknown key \"\(member.key)\"\(Self.suggestion(for: member.key, among: names))", at: member.name)
            }
        }
        return result
    }

    mutating func text(_ value: JSONValue?) -> String? {
        guard let value else { return nil }
        if let text = value.string { return text }
        note("expected a string, found \(value.kind.phrase)", at: value)
        return nil
    }

    mutating func list(_ value: JSONValue?) -> [JSONValue]? {
        guard let value else { return nil }
        if let elements = value.array { return Array(elements) }
        note("expected an array, found \(value.kind.phrase)", at: value)
        return nil
    }

    mutating func flag(_ value: JSONValue?) -> Bool? {
        guard let value else { return nil }
        if let flag = value.bool { return flag }
        note("expected true or false, found \(value.kind.phrase)", at: value)
        return nil
    }

    mutating func integer(_ value: JSONValue?, in range: ClosedRange<Int>) -> Int? {
        guard let value else { return nil }
        guard let number = value.int, range.contains(number) else {
            note("expected a whole number from \(range.lowerBound) to \(range.upperBound)", at: value)
            return nil
        }
        return number
    }

    /// A finite number that is not negative.
    mutating func measure(_ value: JSONValue?) -> Double? {
        guard let value else { return nil }
        guard let number = value.double, number >= 0 else {
            note("expected a number that is not negative", at: value)
            return nil
        }
        return number
    }

    /// `"250ms"`, `"2s"`, `"1m"`.
    mutating func duration(_ value: JSONValue?) -> Duration? {
        guard let value else { return nil }
        if let text = value.string, let duration = DurationText.read(text, as: .rule) { return duration }
        note("expected a time with its unit, such as \"250ms\", \"2s\" or \"1m\"", at: value)
        return nil
    }

    /// One of the names; anything else is noted with the nearest.
    mutating func choice(_ value: JSONValue?, of names: [String]) -> String? {
        guard let value, let text = text(value) else { return nil }
        if names.contains(text) { return text }
        note(
            "\"\(text)\" is none of \(names.joined(separator: ", "))\(Self.suggestion(for: text, among: names))",
            at: value
        )
        return nil
    }

    /// A JSON Pointer's tokens.
    mutating func pointer(_ value: JSONValue?) -> [String]? {
        guard let value, let text = text(value) else { return nil }
        do {
            return try PathPattern.split(text)
        } catch {
            note(error.reason, at: value)
            return nil
        }
    }

    // MARK: Suggestions

    /// `; did you mean "x"?` when a name is at most two edits away.
    static func suggestion(for text: String, among names: [String]) -> String {
        let nearest = names.map { (name: $0, distance: distance(Array(text.utf8), Array($0.utf8))) }
            .min { $0.distance < $1.distance }
        guard let nearest, nearest.distance <= 2, nearest.distance < nearest.name.utf8.count else { return "" }
        return "; did you mean \"\(nearest.name)\"?"
    }

    /// Levenshtein's distance of two short names; long ones are far from everything.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        guard left.count <= 64, right.count <= 64 else { return .max }
        var row = Array(0...right.count)
        for (i, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let substituted = diagonal + (byte == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
