package import JSON

/// Collects what is wrong with one document, so that the author sees everything at once.
package final class DiagnosticCollector {
    private let document: JSONDocument
    private let file: String
    /// Each message costs a walk over the text for its line, and nobody reads more.
    private static let limit = 100
    private(set) var list: [Diagnostic] = []

    package init(_ document: JSONDocument, file: String) {
        self.document = document
        self.file = file
    }

    package var hasErrors: Bool { list.contains { $0.severity == .error } }

    package func error(_ message: String, at value: JSONValue, help: String? = nil) {
        guard hasRoom(.error) else { return }
        list.append(diagnostic(.error, message, at: value, help: help))
    }

    package func warning(_ message: String, at value: JSONValue, help: String? = nil) {
        guard hasRoom(.warning) else { return }
        list.append(diagnostic(.warning, message, at: value, help: help))
    }

    /// Errors alone: while there are some, warnings would only hide them.
    package var errors: [Diagnostic] { sorted.filter { $0.severity == .error } }

    /// In the order of the file.
    package var sorted: [Diagnostic] {
        list.enumerated().sorted {
            ($0.element.position.line, $0.element.position.column, $0.offset)
                < ($1.element.position.line, $1.element.position.column, $1.offset)
        }.map(\.element)
    }

    /// Counted apart, so that warnings never crowd out an error.
    private func hasRoom(_ severity: Diagnostic.Severity) -> Bool {
        list.count { $0.severity == severity } < Self.limit
    }

    private func diagnostic(
        _ severity: Diagnostic.Severity, _ message: String, at value: JSONValue, help: String?
    ) -> Diagnostic {
        Diagnostic(
            severity: severity, file: file, position: value.position,
            sourceLine: Self.line(of: document.text, around: value.byteRange.lowerBound), message: message, help: help)
    }

    /// The line around a byte, without its break; bytes that are not UTF-8 are shown as U+FFFD.
    package static func line(of text: [UInt8], around offset: Int) -> String {
        let offset = min(offset, text.count)
        let start = text[..<offset].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let end = text[offset...].firstIndex(of: 0x0A) ?? text.count
        var line = text[start..<max(start, end)]
        if line.last == 0x0D { line.removeLast() }
        return String(decoding: line, as: UTF8.self)
    }
}
