import Telemetry
import Testing

@Suite struct PrintableTests {
    @Test(arguments: [
        ("plain, ümläut, 日本 and 🙂", "plain, ümläut, 日本 and 🙂"), ("a\u{1B}[2Jb", #"a\x1b[2Jb"#),
        ("bell\u{7}", #"bell\x07"#), ("\u{7F}", #"\x7f"#), ("\u{9B}31m", #"\x9b31m"#),
        ("\u{80}\u{9F}", #"\x80\x9f"#),
        ("\u{A0}", "\u{A0}"), ("\u{202E}evil", #"\u{202e}evil"#), ("\u{2066}\u{2069}", #"\u{2066}\u{2069}"#),
        ("\u{61C}\u{200E}\u{200F}", #"\u{061c}\u{200e}\u{200f}"#), ("\u{2028}\u{2029}", #"\u{2028}\u{2029}"#),
        ("zero\u{200D}width", "zero\u{200D}width"), ("two\nlines\tand\r", #"two\x0alines\x09and\x0d"#),
    ])
    func `what a terminal would obey is written out`(_ text: String, _ expected: String) {
        #expect(Printable.line(text) == expected)
        #expect(Printable.line(expected) == expected)
    }

    @Test func `text keeps its lines and tabs, and nothing else`() {
        #expect(Printable.text("a\n\tb\r\u{1B}c") == "a\n\tb\\x0d\\x1bc")
    }

    @Test func `JSON says the same with escapes of its own`() {
        let text = "{\n  \"a\": \"\u{9B}\u{202E}\u{7F} ü\"\r\n}"
        #expect(Printable.json(text) == "{\n  \"a\": \"\\u009b\\u202e\\u007f ü\"\r\n}")
    }

    @Test func `bytes of C1 in UTF-8 are caught by their scalars`() {
        let text = String(decoding: [0x61, 0xC2, 0x9B, 0x9B, 0xC2, 0xA0] as [UInt8], as: UTF8.self)
        // A lone 9B is no UTF-8 and becomes the replacement character.
        #expect(Printable.line(text) == "a\\x9b\u{FFFD}\u{A0}")
    }
}
