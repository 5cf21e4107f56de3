import Glibc
import Telemetry

/// What a piece of text means; colour follows from it, and only on a terminal.
package enum Tone: Equatable, Sendable, CaseIterable {
    case plain
    case strong
    case good
    case warning
    case bad
    case faint

    /// Parameter of the sequence that begins it (ECMA-48 8.3.117, SGR); nil: it has none.
    fileprivate var code: String? {
        switch self {
        case .plain: nil
        case .strong: "1"
        case .good: "32"
        case .warning: "33"
        case .bad: "31"
        case .faint: "2"
        }
    }
}

/// Whether and how text is coloured.
package struct Style: Equatable, Sendable {
    package var isColoured: Bool

    /// No escape sequences at all: pipes, files, `NO_COLOR`, `TERM=dumb`.
    package static let plain = Style(isColoured: false)
    package static let coloured = Style(isColoured: true)

    private static let end = "\u{1B}[0m"
    private static let sequences = Tone.allCases.compactMap { $0.code.map { "\u{1B}[\($0)m" } } + [end]

    /// Colour only when `descriptor` is a terminal and nobody asked for none (https://no-color.org).
    package static func forDescriptor(_ descriptor: Int32, environment: [String: String]) -> Style {
        if let no = environment["NO_COLOR"], !no.isEmpty { return .plain }
        if environment["TERM"] == "dumb" { return .plain }
        return isatty(descriptor) == 1 ? .coloured : .plain
    }

    /// The text with its colour, and without anything else that a terminal would obey.
    package func paint(_ text: String, _ tone: Tone) -> String {
        let text = Printable.text(text)
        guard isColoured, !text.isEmpty, let code = tone.code else { return text }
        return "\u{1B}[\(code)m\(text)\(Self.end)"
    }

    /// What leaves the console: whatever was not painted is made printable, and only the sequences of `paint` pass.
    func outlet(_ text: String) -> String {
        guard isColoured, text.unicodeScalars.contains("\u{1B}") else { return Printable.text(text) }
        var result = ""
        var rest = text[...]
        while let escape = rest.unicodeScalars.firstIndex(of: "\u{1B}") {
            result += Printable.text(String(rest[..<escape]))
            rest = rest[escape...]
            if let sequence = Self.sequences.first(where: { rest.unicodeScalars.starts(with: $0.unicodeScalars) }) {
                result += sequence
                rest = rest[rest.unicodeScalars.index(escape, offsetBy: sequence.unicodeScalars.count)...]
            } else {
                result += Printable.escape("\u{1B}")
                rest = rest[rest.unicodeScalars.index(after: escape)...]
            }
        }
        return result + Printable.text(String(rest))
    }
}
