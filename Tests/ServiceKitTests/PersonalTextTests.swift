import ServiceKit
import Testing

struct PersonalTextTests {
    @Test(arguments: [
        ("Ana", true), ("Ana María O’Brien-Łukasz", true), ("李小龍", true), ("می\u{200C}خواهم", true),
        ("क्\u{200D}ष", true),
        ("❤\u{FE0F}", true), ("👩\u{200D}👩\u{200D}👧", true), ("👨🏽\u{200D}🚀", true), ("🏳\u{FE0F}\u{200D}🌈", true),
        ("1\u{FE0F}\u{20E3}", true),
        ("a\u{200B}b", false), ("a\u{200C}b", false), ("a\u{200D}b", false), ("👩\u{200D}", false),
        ("👩\u{200D}1", false),
        ("a\u{202E}b", false), ("\u{2066}a\u{2069}", false), ("\u{200F}", false), ("\u{061C}a", false),
        ("\u{FEFF}a", false),
        ("a\u{AD}b", false), ("a\u{34F}b", false), ("\u{3164}", false), ("\u{115F}", false), ("\u{FFA0}", false),
        ("\u{2800}", false),
        ("a\u{FE0F}", false), ("\u{FE0F}", false), ("a\u{E0041}", false), ("a\u{180E}", false), ("a\u{2028}b", false),
        ("a\nb", false), ("a\u{0}", false), ("a\u{85}", false), ("a\u{FFFE}", false), ("a\u{206A}", false),
        ("a\u{FFF9}", false),
    ])
    func `a line has nothing that is not seen or turns it`(_ text: String, _ isPlain: Bool) {
        #expect(PersonalText.isPlainLine(text) == isPlain)
        #expect(PersonalText.isPlainText("x\n" + text) == (isPlain || text == "a\nb"))
        if !isPlain {
            #expect(!PersonalText.isPlainWord(text))
            #expect(PersonalText.email(text + "@example.org") == nil)
        }
    }

    @Test(arguments: [
        "❤\u{FE0F}@x.org", "می\u{200C}خ@x.org", "a b@x.org", "a\u{A0}b@x.org", "a\u{3000}b@x.org", "@x.org", "a@",
        "a@b@c", "a",
    ])
    func `an address has no exceptions and no blanks`(_ text: String) { #expect(PersonalText.email(text) == nil) }

    @Test func `one mailbox has one spelling`() throws {
        let composed = try #require(PersonalText.email("  JOS\u{C9}@Example.ORG "))
        let decomposed = try #require(PersonalText.email("Jose\u{301}@example.org"))
        #expect(Array(composed.utf8) == Array("jos\u{E9}@example.org".utf8))
        #expect(Array(decomposed.utf8) == Array(composed.utf8))
        #expect(
            PersonalText.spellings(ofEmail: composed).map { Array($0.utf8) } == [
                Array(composed.utf8), Array("jose\u{301}@example.org".utf8),
            ])
        #expect(PersonalText.spellings(ofEmail: "a@b.org").count == 1)
        #expect(PersonalText.email(String(repeating: "a", count: 250) + "@b.c") != nil)
        #expect(PersonalText.email(String(repeating: "a", count: 251) + "@b.c") == nil)
        #expect(PersonalText.email(String(repeating: "\u{E9}", count: 126) + "@b.c") == nil)
    }

    @Test func `lengths count characters and bytes`() {
        let limit = PersonalText.Limit.name
        #expect(limit.holds(String(repeating: "a", count: 80)))
        #expect(!limit.holds(String(repeating: "a", count: 81)))
        #expect(limit.holds(String(repeating: "😀", count: 80)))
        // One character to people, thousands of bytes to a cookie.
        #expect(!limit.holds("e" + String(repeating: "\u{301}", count: 160)))
        #expect(!PersonalText.Limit.bio.holds(String(repeating: "e\u{301}\u{302}", count: 1_000)))
        #expect(PersonalText.Limit.bio.holds(String(repeating: "e\u{301}", count: 1_000)))
    }
}
