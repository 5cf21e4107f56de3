import Formats
import Testing

@Suite struct DurationTextTests {
    /// What each form makes of a text, in nanoseconds; nil: nothing.
    private struct Row: Sendable {
        var text: String
        var setting: Int64?
        var option: Int64?
        var rule: Int64?

        init(_ text: String, _ setting: Int64?, _ option: Int64?, _ rule: Int64?) {
            (self.text, self.setting, self.option, self.rule) = (text, setting, option, rule)
        }
    }

    private static let rows = [
        Row("250ms", 250_000_000, 250_000_000, 250_000_000), Row("10s", 10_000_000_000, 10_000_000_000, 10_000_000_000),
        Row("2m", 120_000_000_000, 120_000_000_000, 120_000_000_000),
        Row("1h", 3_600_000_000_000, 3_600_000_000_000, 3_600_000_000_000),
        Row("1.5s", 1_500_000_000, 1_500_000_000, nil), Row("1us", 1_000, nil, nil),
        Row("5", nil, 5_000_000_000, nil), Row("0.5", nil, 500_000_000, nil), Row("0s", nil, 0, 0),
        Row("0", nil, 0, nil),
        Row("8784h", 31_622_400_000_000_000, 31_622_400_000_000_000, 31_622_400_000_000_000),
        Row("", nil, nil, nil), Row("s", nil, nil, nil), Row("1.s", nil, nil, nil), Row(".5s", nil, nil, nil),
        Row("1.2.3s", nil, nil, nil), Row("1.0000000001s", nil, nil, nil), Row("-1s", nil, nil, nil),
        Row("+1s", nil, nil, nil), Row("1 s", nil, nil, nil), Row("1S", nil, nil, nil), Row("1d", nil, nil, nil),
        Row("1e3s", nil, nil, nil), Row("infs", nil, nil, nil), Row("nan", nil, nil, nil), Row("0x10s", nil, nil, nil),
        Row("9223372036854775807h", nil, nil, nil), Row("9223372036854775808h", nil, nil, nil),
        Row("99999999999999999999999999s", nil, nil, nil), Row("\u{663}s", nil, nil, nil),
        Row("0.0000001us", nil, nil, nil),
    ]

    @Test func `forms differ only in what they let pass`() {
        for row in Self.rows {
            for (form, expected) in [
                (DurationText.Form.setting, row.setting), (.option, row.option), (.rule, row.rule),
            ] {
                #expect(DurationText.read(row.text, as: form) == expected.map { .nanoseconds($0) }, "\(row.text)")
            }
        }
    }

    @Test func `the largest numbers do not overflow`() {
        #expect(DurationText.read("999999999h", as: .option) == .seconds(999_999_999 * 3600))
        #expect(DurationText.read("999999999.999999999h", as: .option) != nil)
        #expect(DurationText.read("1000000000s", as: .option) == nil)
        #expect(DurationText.read("100000000h", as: .rule) == .seconds(360_000_000_000))
        #expect(DurationText.read("100000001ms", as: .rule) == nil)
        #expect(DurationText.read("31622400000000us") == .seconds(366 * 86_400))
        #expect(DurationText.read("31622400000001us") == nil)
    }

    @Test(
        arguments: [
            (.seconds(300), "5m"), (.milliseconds(250), "250ms"), (.microseconds(1_500), "1500us"),
            (.seconds(7200), "2h"),
            (.seconds(90), "90s"), (.zero, "0s"),
        ] as [(Duration, String)])
    func `is written in the largest exact unit`(duration: Duration, text: String) {
        #expect(DurationText.text(duration) == text)
        if duration > .zero { #expect(DurationText.read(text) == duration) }
    }

    @Test func `tenths are cut off`() {
        #expect(DurationText.tenths(ofMilliseconds: 1_999) == "1.9 s")
        #expect(DurationText.tenths(ofMilliseconds: 0) == "0.0 s")
    }
}

@Suite struct SizeTextTests {
    @Test(arguments: [
        (0, "0B"), (1, "1B"), (1 << 10, "1KiB"), (1_500, "1500B"), (16 << 20, "16MiB"), (3 << 30, "3GiB"), (-5, "-5B"),
        (.max, "9223372036854775807B"),
    ])
    func `is written in the largest exact unit`(bytes: Int, text: String) {
        #expect(SizeText.text(bytes) == text)
        if (0...1 << 40).contains(bytes) { #expect(SizeText.read(text) == bytes) }
    }
}
