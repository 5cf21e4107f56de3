/// A moment read from a text or number of a response, in nanoseconds since 1970-01-01T00:00:00Z.
package struct Timestamp: Comparable, Sendable {
    /// Split, so that every year of RFC 3339 fits without overflow.
    let seconds: Int64
    let nanoseconds: Int64

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// Distance to another moment.
    func distance(to other: Timestamp) -> Duration {
        let gap = Duration.seconds(other.seconds - seconds) + .nanoseconds(other.nanoseconds - nanoseconds)
        return gap < .zero ? .zero - gap : gap
    }

    /// RFC 3339 §5.6 `date-time`, upper or lower case `T` and `Z`; a leap second counts as the next second.
    package init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20,
            let year = Self.number(bytes[0..<4]), bytes[4] == UInt8(ascii: "-"),
            let month = Self.number(bytes[5..<7]), (1...12).contains(month), bytes[7] == UInt8(ascii: "-"),
            let day = Self.number(bytes[8..<10]), day >= 1, day <= Self.days(in: month, of: year),
            bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t") || bytes[10] == UInt8(ascii: " "),
            let hour = Self.number(bytes[11..<13]), hour < 24, bytes[13] == UInt8(ascii: ":"),
            let minute = Self.number(bytes[14..<16]), minute < 60, bytes[16] == UInt8(ascii: ":"),
            let second = Self.number(bytes[17..<19]), second <= 60
        else { return nil }
        var cursor = 19
        var fraction: Int64 = 0
        if bytes[cursor] == UInt8(ascii: ".") {
            cursor += 1
            var scale: Int64 = 100_000_000
            let start = cursor
            while cursor < bytes.count, let digit = Self.number(bytes[cursor..<cursor + 1]) {
                fraction += digit * scale
                scale /= 10
                cursor += 1
            }
            guard cursor > start, cursor < bytes.count else { return nil }
        }
        var offset: Int64 = 0
        switch bytes[cursor] {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"):
            guard cursor + 1 == bytes.count else { return nil }
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            guard bytes.count == cursor + 6, bytes[cursor + 3] == UInt8(ascii: ":"),
                let hours = Self.number(bytes[cursor + 1..<cursor + 3]), hours < 24,
                let minutes = Self.number(bytes[cursor + 4..<cursor + 6]), minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * 60 * (bytes[cursor] == UInt8(ascii: "-") ? -1 : 1)
        default: return nil
        }
        let clock = (hour * 60 + minute) * 60 + second
        seconds = Self.dayNumber(year: year, month: month, day: day) * 86_400 + clock - offset
        nanoseconds = fraction
    }

    /// An epoch: seconds below 10¹¹ (the year 5138), else milliseconds below 10¹⁴, else microseconds, else nanoseconds.
    package init?(epoch number: DecimalText) {
        guard let value = number.double, Swift.abs(value) < 1e19 else { return nil }
        let scale: Double =
            switch Swift.abs(value) {
            case ..<1e11: 1
            case ..<1e14: 1e3
            case ..<1e17: 1e6
            default: 1e9
            }
        let whole = (value / scale).rounded(.down)
        seconds = Int64(whole)
        nanoseconds = Int64(((value / scale) - whole) * 1e9)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        var result: Int64 = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            result = result * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        return result
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        default: 31
        }
    }

    /// Days since 1970-01-01 in the proleptic Gregorian calendar, counted in 400-year eras from 1 March.
    private static func dayNumber(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
