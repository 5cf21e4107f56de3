/// Where a percentage shall go: `10`, `+5` or `-5`, in steps of 0.0001.
package enum ShiftTarget: Equatable, Sendable {
    case absolute(Double)
    case relative(Double)

    /// Reads what a user types; a `%` at the end is allowed. Nil for anything else, such as five decimals.
    package init?(_ text: String) {
        var digits = text.hasSuffix("%") ? Substring(text.dropLast()) : Substring(text)
        var sign = 1.0
        var isRelative = false
        if let first = digits.first, first == "+" || first == "-" {
            isRelative = true
            sign = first == "-" ? -1 : 1
            digits = digits.dropFirst()
        }
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard !digits.isEmpty, parts.count <= 2, parts[0].count <= 3, !parts[0].isEmpty,
            digits.allSatisfy({ ("0"..."9").contains($0) || $0 == "." }),
            parts.count == 1 || (1...4).contains(parts[1].count), let value = Double(digits), value <= 100
        else { return nil }
        self = isRelative ? .relative(sign * value) : .absolute(value)
    }

    /// The percentage after the change, or nil when a step leaves 0…100.
    package func percent(from present: Double) -> Double? {
        switch self {
        case .absolute(let value): return value
        case .relative(let step):
            // Steps are counted in ten-thousandths so that +0.1 ten times is +1.
            let units = (present * 10_000).rounded() + (step * 10_000).rounded()
            return (0...1_000_000).contains(units) ? units / 10_000 : nil
        }
    }
}
