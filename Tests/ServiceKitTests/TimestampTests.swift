import ServiceKit
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_763_942_400_123, "2025-11-24T00:00:00.123Z"), (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
    ])
    func isWrittenAndReadAsRFC3339(milliseconds: Int, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(text) == Timestamp(milliseconds: milliseconds))
    }

    @Test(arguments: [
        "", "1970-01-01T00:00:00Z", "1970-01-01 00:00:00.000Z", "1970-02-30T00:00:00.000Z", "1970-13-01T00:00:00.000Z",
        "1970-01-01T24:00:00.000Z", "1970-01-01T00:00:00.00éZ", "1970-01-01T00:00:00.000+", "+970-01-01T00:00:00.000Z",
    ])
    func otherTextIsRefused(text: String) {
        #expect(Timestamp(text) == nil)
    }
}
