/// A moment in UTC to the millisecond, written as RFC 3339 with exactly three decimals and `Z`, so that text order is
/// time order.
package struct Timestamp: Sendable, Equatable, Hashable, Comparable, CustomStringConvertible {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    package let milliseconds: Int

    /// From the first moment of the year 1 to the last of the year 9999: what its text form can say.
    package static let range = -62_135_596_800_000...253_402_300_799_999

    /// Numbers out of `range` come from outside, where any number may stand, and become its nearest end.
    package init(milliseconds: Int) {
        self.milliseconds = min(max(milliseconds, Self.range.lowerBound), Self.range.upperBound)
    }

    /// Whole seconds since 1970; as above.
    package init(seconds: Int) {
        let (product, overflows) = seconds.multipliedReportingOverflow(by: 1_000)
        self.init(milliseconds: overflows ? (seconds < 0 ? .min : .max) : product)
    }

    /// Whole seconds since 1970.
    package var seconds: Int { milliseconds >= 0 ? milliseconds / 1_000 : -((999 - milliseconds) / 1_000) }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// To the millisecond: `2026-11-23T23:41:07.250Z`.
    package var description: String {
        "\(clock).\(Self.padded(milliseconds - seconds * 1_000, 3))Z"
    }

    /// To the second, `2026-11-23T23:41:07Z`, for people.
    package var text: String { clock + "Z" }

    private var clock: String {
        let second = seconds
        let day = second >= 0 ? second / 86_400 : -((86_399 - second) / 86_400)
        let clock = second - day * 86_400
        let date = CivilDate(daysSince1970: day)
        let fields = [
            Self.padded(date.year, 4), "-", Self.padded(date.month, 2), "-", Self.padded(date.day, 2), "T",
            Self.padded(clock / 3_600, 2), ":", Self.padded(clock / 60 % 60, 2), ":", Self.padded(clock % 60, 2),
        ]
        return fields.joined()
    }

    /// Reads exactly the form that `description` writes; nil for any other, however valid it may be.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 24, bytes[10] == UInt8(ascii: "T"), bytes[19] == UInt8(ascii: "."),
            bytes[23] == UInt8(ascii: "Z"), let read = RFC3339(text), !read.isLeapSecond
        else { return nil }
        self.init(milliseconds: Int(read.seconds) * 1_000 + Int(read.nanoseconds) / 1_000_000)
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}
