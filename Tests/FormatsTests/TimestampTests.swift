import Formats
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_763_942_400_123, "2025-11-24T00:00:00.123Z"), (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
    ])
    func `is written and read as RFC 3339`(milliseconds: Int, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(text) == Timestamp(milliseconds: milliseconds))
    }

    @Test func `numbers out of range are the nearest end`() {
        #expect(Timestamp(milliseconds: .max).description == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp(seconds: .min).description == "0001-01-01T00:00:00.000Z")
        #expect(Timestamp(seconds: .max).text == "9999-12-31T23:59:59Z")
    }

    @Test(arguments: [
        "", "1970-01-01T00:00:00Z", "1970-01-01 00:00:00.000Z", "1970-02-30T00:00:00.000Z", "1970-13-01T00:00:00.000Z",
        "1970-01-01T24:00:00.000Z", "1970-01-01T00:00:00.00éZ", "1970-01-01T00:00:00.000+", "+970-01-01T00:00:00.000Z",
    ])
    func `other text is refused`(text: String) {
        #expect(Timestamp(text) == nil)
    }
}

@Suite struct RFC3339Tests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0, 0), ("1970-01-01t00:00:00.5z", 0, 500_000_000),
            ("1970-01-01 01:00:00+01:00", 0, 0), ("1969-12-31T23:00:00.000000001-01:00", 0, 1),
            ("2016-12-31T23:59:60Z", 1_483_228_800, 0), ("0000-01-01T00:00:00Z", -62_167_219_200, 0),
            ("9999-12-31T23:59:59.9999999999999999999999Z", 253_402_300_799, 999_999_999),
            ("2024-02-29T00:00:00+23:59", 1_709_078_460, 0),
        ] as [(String, Int64, Int64)])
    func `any spelling is read`(text: String, seconds: Int64, nanoseconds: Int64) throws {
        let read = try #require(RFC3339(text))
        #expect(read.seconds == seconds)
        #expect(read.nanoseconds == nanoseconds)
    }

    @Test(arguments: [
        "", "1970-01-01", "1970-01-01T00:00:00", "1970-01-01T00:00:00.", "1970-01-01T00:00:00.Z",
        "1970-01-01T00:00:00.5", "1970-00-01T00:00:00Z", "1970-13-01T00:00:00Z", "2023-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z", "1970-01-00T00:00:00Z", "1970-04-31T00:00:00Z", "1970-01-01T24:00:00Z",
        "1970-01-01T00:60:00Z", "1970-01-01T00:00:61Z", "1970-01-01T00:00:00+1:00", "1970-01-01T00:00:00+24:00",
        "1970-01-01T00:00:00+00:60", "1970-01-01T00:00:00+0000", "1970-01-01T00:00:00Zx", "1970-01-01T00:00:00é",
    ])
    func `other text is refused`(text: String) { #expect(RFC3339(text) == nil) }
}
