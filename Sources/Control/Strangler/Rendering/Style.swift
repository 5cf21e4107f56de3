import Glibc

/// What a piece of text means; colour follows from it, and only on a terminal.
package enum Tone: Equatable, Sendable {
    case plain
    case strong
    case good
    case warning
    case bad
    case faint
}

/// Whether and how text is coloured.
package struct Style: Equatable, Sendable {
    package var isColoured: Bool

    /// No escape sequences at all: pipes, files, `NO_COLOR`, `TERM=dumb`.
    package static let plain = Style(isColoured: false)
    package static let coloured = Style(isColoured: true)

    /// Colour only when `descriptor` is a terminal and nobody asked for none (https://no-color.org).
    package static func forDescriptor(_ descriptor: Int32, environment: [String: String]) -> Style {
        if let no = environment["NO_COLOR"], !no.isEmpty { return .plain }
        if environment["TERM"] == "dumb" { return .plain }
        return isatty(descriptor) == 1 ? .coloured : .plain
    }

    package func paint(_ text: String, _ tone: Tone) -> String {
        guard isColoured, !text.isEmpty else { return text }
        let code: String
        switch tone {
        case .plain: return text
        case .strong: code = "1"
        case .good: code = "32"
        case .warning: code = "33"
        case .bad: code = "31"
        case .faint: code = "2"
        }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}
