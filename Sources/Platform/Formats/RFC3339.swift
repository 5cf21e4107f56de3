/// A `date-time` of RFC 3339 §5.6 in any of its spellings: with an offset, any number of decimals, `t` and `z` in lower
/// case, a blank for `T`.
package struct RFC3339: Equatable, Sendable {
    /// Since 1970-01-01T00:00:00Z. A leap second counts as the next second.
    package let seconds: Int64
    /// Of the second that began; decimals beyond nine are left out.
    package let nanoseconds: Int64
    package let isLeapSecond: Bool

    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20,
            let year = Self.number(bytes[0..<4]), bytes[4] == UInt8(ascii: "-"),
            let month = Self.number(bytes[5..<7]), bytes[7] == UInt8(ascii: "-"),
            let day = Self.number(bytes[8..<10]), let date = CivilDate(year: year, month: month, day: day),
            bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t") || bytes[10] == UInt8(ascii: " "),
            let hour = Self.number(bytes[11..<13]), hour < 24, bytes[13] == UInt8(ascii: ":"),
            let minute = Self.number(bytes[14..<16]), minute < 60, bytes[16] == UInt8(ascii: ":"),
            let second = Self.number(bytes[17..<19]), second <= 60
        else { return nil }
        var cursor = 19
        var fraction = 0
        if bytes[cursor] == UInt8(ascii: ".") {
            cursor += 1
            var scale = 100_000_000
            let start = cursor
            while cursor < bytes.count, let digit = Self.number(bytes[cursor..<cursor + 1]) {
                fraction += digit * scale
                scale /= 10
                cursor += 1
            }
            guard cursor > start, cursor < bytes.count else { return nil }
        }
        guard let offset = Self.offset(bytes[cursor...]) else { return nil }
        let clock = (hour * 60 + minute) * 60 + second
        seconds = Int64(date.daysSince1970 * 86_400 + clock - offset)
        nanoseconds = Int64(fraction)
        isLeapSecond = second == 60
    }

    /// `Z` or `+HH:MM`, in seconds.
    private static func offset(_ zone: ArraySlice<UInt8>) -> Int? {
        guard let sign = zone.first else { return nil }
        if sign == UInt8(ascii: "Z") || sign == UInt8(ascii: "z") { return zone.count == 1 ? 0 : nil }
        let start = zone.startIndex
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), zone.count == 6,
            zone[start + 3] == UInt8(ascii: ":"), let hours = number(zone[start + 1..<start + 3]), hours < 24,
            let minutes = number(zone[start + 4..<start + 6]), minutes < 60
        else { return nil }
        return (hours * 60 + minutes) * 60 * (sign == UInt8(ascii: "-") ? -1 : 1)
    }

    /// Four digits at most.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var result = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            result = result * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return result
    }
}
