/// Dates as HTTP writes them (RFC 9110 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`. Always 29 bytes.
package enum HTTPDate {
    package static let length = 29

    private static let days: StaticString = "SunMonTueWedThuFriSat"
    private static let months: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"
    /// The last second of the year 9999.
    private static let latest: Int64 = 253_402_300_799

    /// Writes the date of `seconds` since 1970 (clamped to the years 1970–9999). Returns 29, or 0 when `buffer` is too
    /// small.
    package static func write(_ seconds: Int64, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard buffer.count >= length else { return 0 }
        let seconds = min(max(seconds, 0), latest)
        let day = Int(seconds / 86400)
        let time = Int(seconds % 86400)
        let date = civil(day)
        copy(days, (day + 4) % 7, buffer, 0)
        buffer[3] = Ascii.comma
        buffer[4] = Ascii.space
        two(date.day, buffer, 5)
        buffer[7] = Ascii.space
        copy(months, date.month - 1, buffer, 8)
        buffer[11] = Ascii.space
        two(date.year / 100, buffer, 12)
        two(date.year % 100, buffer, 14)
        buffer[16] = Ascii.space
        two(time / 3600, buffer, 17)
        buffer[19] = Ascii.colon
        two(time / 60 % 60, buffer, 20)
        buffer[22] = Ascii.colon
        two(time % 60, buffer, 23)
        let zone: StaticString = " GMT"
        for index in 0..<4 { buffer[25 + index] = zone.utf8Start[index] }
        return length
    }

    /// The date of `seconds` since 1970 as text, for services and tools.
    package static func string(_ seconds: Int64) -> String {
        String(unsafeUninitializedCapacity: length) { write(seconds, into: UnsafeMutableRawBufferPointer($0)) }
    }

    /// Days since 1970 to year, month, day (Gregorian; Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthIndex + 2) / 5 + 1)
    }

    private static func two(_ value: Int, _ buffer: UnsafeMutableRawBufferPointer, _ offset: Int) {
        buffer[offset] = UInt8(truncatingIfNeeded: 0x30 + value / 10)
        buffer[offset + 1] = UInt8(truncatingIfNeeded: 0x30 + value % 10)
    }

    private static func copy(
        _ names: StaticString, _ index: Int, _ buffer: UnsafeMutableRawBufferPointer, _ offset: Int
    ) {
        for byte in 0..<3 { buffer[offset + byte] = names.utf8Start[index * 3 + byte] }
    }
}

/// The `date` line of a response, written anew only when the second changes. One per loop.
package struct HTTPDateLine {
    private static let prefix: StaticString = "date: "
    /// 6 + 29 + 2 bytes, in five words so that the value owns no memory.
    private var bytes: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
    private var second = Int64.min

    package init() {}

    /// Appends `date: …` and CRLF for `seconds` since 1970.
    package mutating func append(_ seconds: Int64, to writer: inout HeadWriter) {
        if seconds != second { render(seconds) }
        let count = Self.prefix.utf8CodeUnitCount + HTTPDate.length + 2
        withUnsafeBytes(of: bytes) { writer.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }

    private mutating func render(_ seconds: Int64) {
        second = seconds
        withUnsafeMutableBytes(of: &bytes) { buffer in
            var writer = HeadWriter(buffer)
            writer.append(Self.prefix)
            let written = HTTPDate.write(
                seconds, into: UnsafeMutableRawBufferPointer(rebasing: buffer[writer.count...]))
            buffer[writer.count + written] = Ascii.carriageReturn
            buffer[writer.count + written + 1] = Ascii.lineFeed
        }
    }
}
