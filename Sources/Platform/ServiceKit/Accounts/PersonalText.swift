@_spi(_Unicode) import Swift

/// The rules for what people write about themselves: names, texts, addresses. One place, so that every field refuses
/// the same.
///
/// A text that looks like another one, or like nothing, is how one account passes for another: characters that are not
/// seen, or that turn the direction of what follows (UAX #9), are refused in every field. Lengths count characters, as
/// people do, *and* bytes, as stores, tokens and cookies do: a character may have any number of combining marks.
package enum PersonalText {
    /// A limit in characters that people count, with the bytes that it may take in UTF-8.
    package struct Limit: Sendable {
        package let characters: Int
        package let bytes: Int

        /// The limits of a display name.
        package static let name = Limit(characters: 80, bytes: 320)
        /// The limits of a longer text.
        package static let bio = Limit(characters: 1_000, bytes: 4_000)

        package func holds(_ text: String) -> Bool { text.utf8.count <= bytes && text.count <= characters }
    }

    /// Bytes of an e-mail address (RFC 5321 4.5.3.1.3, without its angle brackets).
    private static let emailLimit = 254

    /// Whether every character of a line can be seen. A joiner or a variation selector counts as seen where it shapes
    /// its neighbours: within an emoji, and between two letters of the scripts from Arabic to those of India.
    package static func isPlainLine(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        return scalars.indices.allSatisfy { !isHidden(scalars[$0]) || isShaping(scalars, $0) }
    }

    /// As `isPlainLine`, with line feeds.
    package static func isPlainText(_ text: String) -> Bool {
        text.split(separator: "\n").allSatisfy { isPlainLine(String($0)) }
    }

    /// As `isPlainLine`, without blanks and without the exceptions: for addresses, which are compared.
    package static func isPlainWord(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { !isHidden($0) && !$0.properties.isWhitespace }
    }

    /// Without white space at its ends.
    package static func trimmed(_ text: String) -> String {
        var part = Substring(text)
        while part.first?.isWhitespace == true { part.removeFirst() }
        while part.last?.isWhitespace == true { part.removeLast() }
        return String(part)
    }

    /// In Normalization Form C (UAX #15): one text has one spelling.
    private static func composed(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text._nfc { scalars.append(scalar) }
        return String(scalars)
    }

    /// A display name, trimmed. Nil when it is none.
    package static func name(_ text: String) -> String? {
        let name = trimmed(text)
        return !name.isEmpty && Limit.name.holds(name) && isPlainLine(name) ? name : nil
    }

    /// An e-mail address in the one form in which it is stored: trimmed, in lower case, composed. Nil when it is none.
    package static func email(_ text: String) -> String? {
        let email = composed(trimmed(text).lowercased())
        let parts = email.split(separator: "@", omittingEmptySubsequences: false)
        let isWhole = parts.count == 2 && !parts[0].isEmpty && !parts[1].isEmpty
        return isWhole && email.utf8.count <= emailLimit && isPlainWord(email) ? email : nil
    }

    /// Under which spellings an account of this address may be stored: the one form, and those that were taken as they
    /// were typed before there was one.
    package static func spellings(ofEmail email: String) -> [String] {
        var decomposed = String.UnicodeScalarView()
        for scalar in email._nfd { decomposed.append(scalar) }
        // Compared as scalars: to Swift both are the same text.
        return email.unicodeScalars.elementsEqual(decomposed) ? [email] : [email, String(decomposed)]
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        switch properties.generalCategory {
        case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator: return true
        default:
            // The blank Braille pattern is a symbol, and nothing is seen of it.
            return properties.isDefaultIgnorableCodePoint || properties.isNoncharacterCodePoint
                || scalar.value == 0x2800
        }
    }

    private static func isShaping(_ scalars: [Unicode.Scalar], _ place: Int) -> Bool {
        guard place > 0 else { return false }
        let before = scalars[place - 1]
        let after = place + 1 < scalars.count ? scalars[place + 1] : nil
        switch scalars[place].value {
        // Variation selectors 15 and 16: an emoji as text or as picture; in keycaps (1️⃣) behind a digit.
        case 0xFE0E, 0xFE0F: return before.properties.isEmoji
        case 0x200D where isPictured(before):
            return after?.properties.isEmoji == true && after?.isASCII == false
        // Joiner and non-joiner (UAX #31 2.3.1).
        case 0x200C, 0x200D: return isJoining(before) && after.map(isJoining) == true
        default: return false
        }
    }

    /// An emoji, or what may stand between one and a joiner.
    private static func isPictured(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value == 0xFE0F || (scalar.properties.isEmoji && !scalar.isASCII)
    }

    /// Letters and marks of Arabic, Syriac, N'Ko and the scripts of India, in which a joiner changes the shape.
    private static func isJoining(_ scalar: Unicode.Scalar) -> Bool {
        guard (0x0600...0x07FF).contains(scalar.value) || (0x0900...0x0DFF).contains(scalar.value) else { return false }
        switch scalar.properties.generalCategory {
        case .otherLetter, .modifierLetter, .nonspacingMark, .spacingMark: return true
        default: return false
        }
    }
}
