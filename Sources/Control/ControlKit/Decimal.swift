/// Numbers as people read them; no locale, so that output is the same everywhere.
package enum Decimal {
    /// `value` with exactly `places` digits after the point, rounded half away from zero.
    package static func fixed(_ value: Double, places: Int) -> String {
        guard value.isFinite else { return "-" }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = (value.magnitude * scale).rounded()
        guard scaled < 9e15 else { return "\(value)" }
        let units = Int64(scaled)
        let sign = value < 0 && units > 0 ? "-" : ""
        guard places > 0 else { return sign + "\(units)" }
        let divisor = Int64(scale)
        let fraction = String(units % divisor)
        return sign + "\(units / divisor)." + String(repeating: "0", count: places - fraction.count) + fraction
    }

    /// `value` with at most `places` digits after the point and no zeros at its end: `1`, `0.25`, `33.3`.
    package static func short(_ value: Double, places: Int = 4) -> String {
        var text = fixed(value, places: places)
        guard text.contains(".") else { return text }
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }

    /// A share as `12.5 %` needs no locale: `12.5%`.
    package static func percent(_ value: Double, places: Int = 4) -> String { short(value, places: places) + "%" }

    /// `0.84 ms`, `12.3 ms`, `1.20 s`.
    package static func milliseconds(_ duration: Duration) -> String { milliseconds(duration.seconds * 1000) }

    /// As above; of any number, also one that no `Duration` holds.
    package static func milliseconds(_ milliseconds: Double) -> String {
        if milliseconds >= 1000 { return fixed(milliseconds / 1000, places: 2) + " s" }
        return fixed(milliseconds, places: milliseconds < 10 ? 2 : 1) + " ms"
    }

    /// `42 s`, `12 min`, `30 h`, `3 days`.
    package static func age(seconds: Double) -> String {
        let whole = Int(max(0, min(seconds, 1e12)))
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min" }
        return whole < 172_800 ? "\(whole / 3600) h" : "\(whole / 86_400) days"
    }

    /// `1,234,567`.
    package static func grouped(_ value: Int) -> String {
        var digits = String(value.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        groups.insert(digits, at: 0)
        return (value < 0 ? "-" : "") + groups.joined(separator: ",")
    }
}
