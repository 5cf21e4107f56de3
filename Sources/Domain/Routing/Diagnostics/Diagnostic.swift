package import JSON

/// One thing wrong with a configuration: where, what, and how to put it right.
package struct Diagnostic: Sendable, Equatable, Error {
    package enum Severity: String, Sendable { case error, warning }

    package var severity = Severity.error
    package var file: String
    package var position: JSONPosition
    /// The whole line it points into, without the line break.
    package var sourceLine: String
    package var message: String
    /// What to do: "did you mean \"prefix\"?". nil when the message says it all.
    package var help: String?

    package init(
        severity: Severity = .error, file: String, position: JSONPosition, sourceLine: String, message: String,
        help: String? = nil
    ) {
        self.severity = severity
        self.file = file
        self.position = position
        self.sourceLine = sourceLine
        self.message = message
        self.help = help
    }

    /// `file:line:column: error: message`, the source line, a caret, and the help.
    package func render() -> String {
        var text = "\(file):\(position.line):\(position.column): \(severity.rawValue): \(message)"
        if !sourceLine.isEmpty {
            let line = sourceLine.unicodeScalars
            let before = line.prefix(position.column - 1)
            // Very long lines are shown around the place; tabs are kept, so that the caret stands right in any
            // terminal.
            let hidden = max(0, before.count - 80)
            let shown = String(String.UnicodeScalarView(line.dropFirst(hidden).prefix(120)))
            let gap = String(String.UnicodeScalarView(before.dropFirst(hidden).map { $0 == "\t" ? $0 : " " }))
            text += "\n  \(shown)\n  \(gap)^"
        }
        if let help { text += "\n  help: \(help)" }
        return text
    }
}

/// Everything wrong with one configuration, in the order of the file.
package struct Diagnostics: Error, Sendable, CustomStringConvertible {
    package let list: [Diagnostic]

    package init(_ list: [Diagnostic]) { self.list = list }

    package var description: String { list.map { $0.render() }.joined(separator: "\n") }
}
