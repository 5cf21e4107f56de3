/// A share from 0 to 100 in steps of 0.0001, kept exactly: one tick is one bucket of a million.
public struct Percent: Sendable, Equatable, Comparable, Hashable, CustomStringConvertible {
    /// 0 … 1,000,000. The service serves a key iff its bucket is below this.
    public let ticks: Int32

    package static let zero = Percent(ticks: 0)
    package static let all = Percent(ticks: 1_000_000)

    /// The ticks of `all`.
    @inlinable public static var mostTicks: Int32 { 1_000_000 }

    /// Clamped to 0 … 1,000,000.
    package init(ticks: Int32) { self.ticks = max(0, min(Self.mostTicks, ticks)) }

    /// The nearest tick, clamped: for a number that came through JSON, where it was exact to 0.0001 once.
    package init(nearest number: Double) {
        self.init(ticks: number > 0 ? Int32((min(number, 100) * 10_000).rounded()) : 0)
    }

    /// From 0 to 100, for arithmetic that need not be exact.
    package var number: Double { Double(ticks) / 10_000 }

    /// Reads a decimal number such as `12.5`, `100`, `0.0001` or JSON's `1e1`; nil when it is no number, outside 0 …
    /// 100 or finer than 0.0001. Digits are counted, nothing is rounded.
    package init?(parsing text: some StringProtocol) {
        guard let ticks = Self.ticks(of: Array(text.utf8)), (0...1_000_000).contains(ticks) else { return nil }
        self.ticks = Int32(ticks)
    }

    public static func < (left: Percent, right: Percent) -> Bool { left.ticks < right.ticks }

    /// The shortest decimal that reads back the same: "12.5".
    public var description: String {
        let whole = ticks / 10_000
        var fraction = String(ticks % 10_000)
        if fraction == "0" { return "\(whole)" }
        fraction = String(repeating: "0", count: 4 - fraction.utf8.count) + fraction
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(whole).\(fraction)"
    }

    /// From 0 to 1, for metrics.
    package var ratio: Double { Double(ticks) / 1_000_000 }

    /// The number times 10,000 if that is whole and small enough to matter.
    private static func ticks(of text: [UInt8]) -> Int? {
        var digits: [UInt8] = []
        var scale = 4  // decimal places still to come
        var offset = 0
        var seen = false
        var negative = false
        if text.first == UInt8(ascii: "-") {
            negative = true
            offset = 1
        }
        var inFraction = false
        while offset < text.count {
            let byte = text[offset]
            if byte >= 0x30, byte <= 0x39 {
                digits.append(byte - 0x30)
                seen = true
                if inFraction { scale -= 1 }
            } else if byte == UInt8(ascii: "."), !inFraction, seen {
                inFraction = true
            } else {
                break
            }
            offset += 1
        }
        guard seen, text[offset - 1] != UInt8(ascii: ".") else { return nil }
        if offset < text.count {
            guard text[offset] | 0x20 == UInt8(ascii: "e"), text.count - offset <= 5,
                let exponent = Int(String(decoding: text[(offset + 1)...], as: UTF8.self))
            else { return nil }
            scale += exponent
        }
        // Trailing zeros of the fraction mean nothing; what stays below one tick is too fine.
        while scale < 0, let last = digits.last, last == 0 {
            digits.removeLast()
            scale += 1
        }
        let significant = digits.drop { $0 == 0 }
        guard !significant.isEmpty else { return 0 }
        guard !negative, scale >= 0, significant.count + scale <= 7 else { return nil }
        return significant.reduce(0) { $0 * 10 + Int($1) } * (0..<scale).reduce(1) { power, _ in power * 10 }
    }
}
