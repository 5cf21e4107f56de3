import JSON

/// Where a rule is written, to tell of it later: some rules show only during a run that they cannot take effect.
package struct RulePlace: Sendable, Hashable {
    package let file: String
    package let line: Int
    package let column: Int
    /// The line it is on, without its end.
    package let source: String

    package init(file: String, line: Int, column: Int, source: String) {
        self.file = file
        self.line = line
        self.column = column
        self.source = source
    }

    /// The rule as something wrong in its file.
    package func problem(_ message: String) -> DocumentProblem {
        DocumentProblem(
            file: file, position: JSONPosition(line: line, column: column), message: message, source: source)
    }
}
