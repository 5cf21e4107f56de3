/// A JSON number as it was written, compared as the decimal it denotes and never through binary rounding.
///
/// `1`, `1.0` and `1e0` are one number; `9007199254740993` and `9007199254740992` are two, though they are one
/// `Double`.
package struct DecimalText: Sendable {
    /// The number exactly as the document has it (RFC 8259 §6).
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    /// Sign, significant digits and power of ten, with zeros trimmed from both ends: equal for equal decimals.
    /// An exponent beyond what fits keeps its written form, so that hostile exponents compare by text and cost nothing.
    struct Canonical: Hashable {
        var isNegative: Bool
        /// ASCII digits without leading or trailing zeros; empty for zero.
        var digits: [UInt8]
        /// Power of ten of the last digit.
        var exponent: Int
        /// Set when the exponent does not fit: then only texts compare.
        var written: String?
    }

    /// Longest exponent read as a number; more digits than these are compared as text.
    private static let longestExponent = 9

    var canonical: Canonical {
        var digits: [UInt8] = []
        var exponent = 0
        var isNegative = false
        var seenPoint = false
        var scalars = Array(text.utf8)[...]
        if scalars.first == UInt8(ascii: "-") {
            isNegative = true
            scalars.removeFirst()
        }
        while let byte = scalars.first {
            if byte == UInt8(ascii: ".") {
                seenPoint = true
            } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                if !(digits.isEmpty && byte == UInt8(ascii: "0")) { digits.append(byte) }
                if seenPoint { exponent -= 1 }
            } else {
                break
            }
            scalars.removeFirst()
        }
        if let marker = scalars.first, marker == UInt8(ascii: "e") || marker == UInt8(ascii: "E") {
            let written = String(decoding: scalars.dropFirst(), as: UTF8.self)
            if written.utf8.count > Self.longestExponent + 1 {
                return Canonical(isNegative: isNegative, digits: [], exponent: 0, written: text)
            }
            let unsigned = written.hasPrefix("+") ? String(written.dropFirst()) : written
            exponent += Int(unsigned) ?? 0
        }
        while digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            exponent += 1
        }
        if digits.isEmpty { return Canonical(isNegative: false, digits: [], exponent: 0, written: nil) }
        return Canonical(isNegative: isNegative, digits: digits, exponent: exponent, written: nil)
    }

    /// Whether it is written with a fraction or an exponent: such numbers come out of floating-point printers.
    var isFloating: Bool {
        text.utf8.contains { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }
    }

    /// The nearest binary64, for tolerances; `nil` when it is out of range.
    var double: Double? {
        guard let value = Double(text), value.isFinite else { return nil }
        return value
    }

    /// Exact equality: by text, then by the decimal denoted; two floating forms also when they are the same binary64,
    /// because two libraries may print one double with different digits.
    func isSameNumber(as other: DecimalText) -> Bool {
        if text == other.text || canonical == other.canonical { return true }
        guard isFloating, other.isFloating, let mine = double, let theirs = other.double else { return false }
        return mine == theirs
    }

    /// Equality within `|a−b| ≤ abs` or `|a−b| ≤ rel·max(|a|,|b|)`. Exact equality always holds.
    func isNear(_ other: DecimalText, absolute: Double, relative: Double) -> Bool {
        if isSameNumber(as: other) { return true }
        guard let mine = double, let theirs = other.double else { return false }
        let distance = Swift.abs(mine - theirs)
        return distance <= absolute || distance <= relative * Swift.max(Swift.abs(mine), Swift.abs(theirs))
    }
}
