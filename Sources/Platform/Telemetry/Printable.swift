/// Text from elsewhere, made fit for a terminal: reasons, actors, paths, names and messages that a request, a file or
/// another process brought. What a terminal would obey or a reader could be deceived by is written as `\x1b` or
/// `\u{202e}`. Pure.
///
/// The one place that says what such text is; consoles, logs and tables all pass through it.
package enum Printable {
    /// For one line: line breaks and tabs are written out too, so that no text can forge a line or a column.
    package static func line(_ text: String) -> String { escaped(text) { needsEscape($0) } }

    /// For several lines: line breaks and tabs stay.
    package static func text(_ text: String) -> String {
        escaped(text) { needsEscape($0) && $0.value != 0x0A && $0.value != 0x09 }
    }

    /// For the text of a JSON document: what could only stand in its strings is written as `\u009b`, which reads the
    /// same.
    package static func json(_ text: String) -> String {
        // Line breaks and tabs are the document's own layout: in strings they are escaped already.
        escaped(text, as: { "\\u" + digits($0.value, atLeast: 4) }) {
            needsEscape($0) && $0.value != 0x0A && $0.value != 0x09 && $0.value != 0x0D
        }
    }

    /// Controls of C0 and C1 (in UTF-8 the latter are C2 80 to C2 9F), marks, embeddings, overrides and isolates of the
    /// bidirectional algorithm (UAX #9), and the separators that some programs take for a line break.
    package static func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// `\x1b`, `\u{202e}`.
    package static func escape(_ scalar: Unicode.Scalar) -> String {
        scalar.value < 0x100 ? "\\x" + digits(scalar.value, atLeast: 2) : "\\u{\(digits(scalar.value, atLeast: 4))}"
    }

    private static func escaped(
        _ text: String, as form: (Unicode.Scalar) -> String = escape, where isBad: (Unicode.Scalar) -> Bool
    ) -> String {
        guard text.unicodeScalars.contains(where: isBad) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if isBad(scalar) { result += form(scalar) } else { result.unicodeScalars.append(scalar) }
        }
        return result
    }

    private static func digits(_ value: UInt32, atLeast count: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
}
