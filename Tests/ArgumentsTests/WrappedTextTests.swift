import Arguments
import Testing

@Suite struct WrappedTextTests {
    @Test(arguments: [
        ("", 10, [""]), ("short", 10, ["short"]), ("exactly te", 10, ["exactly te"]),
        ("one two three", 7, ["one two", "three"]), ("abcdefghijkl", 5, ["abcde", "fghij", "kl"]),
        ("a abcdefgh b", 4, ["a", "abcd", "efgh", "b"]), ("  indented text", 10, ["  indented", "  text"]),
    ])
    func `text is broken at spaces, long words at the end of the line`(
        _ text: String, _ width: Int, _ expected: [String]
    ) {
        #expect(WrappedText.lines(text, width: width) == expected)
    }

    @Test func `a meaning goes on beneath itself, and a long name stands alone`() {
        let rows = [("-o", "form of the answer"), ("--a-very-long-option-name", "what it does")]
        #expect(
            WrappedText.columns(rows, width: 24) == [
                "  -o  form of the answer", "  --a-very-long-option-name", "      what it does",
            ])
    }
}
