import JSON
import Testing

@testable import HTTP

@Suite struct ProblemWriterTests {
    private func text(_ size: Int = 1024, _ write: (UnsafeMutableRawBufferPointer) -> UnsafeRawBufferPointer) -> String
    {
        withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { memory in
            String(decoding: write(memory), as: UTF8.self)
        }
    }

    @Test func `members stand in the order in which they are added`() {
        let text = text { memory in
            var problem = ProblemWriter(memory, status: .serviceUnavailable)
            problem.member("detail") { pieces in
                pieces.append("line ")
                pieces.append(decimal: 7)
            }
            problem.member("reason", "busy")
            problem.member("line", 7)
            return problem.finishLine()
        }
        let expected =
            #"{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"line 7","reason":"busy","line":7}"#
        #expect(text == expected + "\n")
    }

    @Test func `a title of one's own takes the place of the reason phrase`() {
        let text = text { memory in
            var problem = ProblemWriter(memory, status: .badGateway, title: "No good" as StaticString)
            return problem.finish()
        }
        #expect(text == #"{"type":"about:blank","title":"No good","status":502}"#)
    }

    @Test(arguments: [
        "plain", "", "a \"quote\" and a \\", "line\nbreak\r\ttab", "\u{0}\u{1F}\u{7F}\u{80}", "größe 😀 \u{2028}", "/",
    ])
    func `any text is written as the writer of JSON does`(_ text: String) throws {
        var json = JSONWriter()
        json.object { members in
            members.member("type", "about:blank")
            members.member("title", text)
            members.member("status", 404)
            members.member(text + "x", text)
        }
        let bytes = ProblemWriter.bytes(status: .notFound, title: text, texts: 2 * text.utf8.count) { problem in
            problem.member(text + "x", text: text)
        }
        #expect(bytes == json.bytes)
        #expect(try JSONDocument(bytes).root["title"]?.string == text)
    }

    @Test func `the room for any text is for the longest escapes`() throws {
        let text = String(repeating: "\u{1}", count: 5_000)
        let bytes = ProblemWriter.bytes(status: .notFound, title: text, texts: text.utf8.count) { problem in
            problem.member("detail", text: text)
            #expect(!problem.hasOverflowed)
        }
        #expect(try JSONDocument(bytes).root["detail"]?.string == text)
    }

    @Test func `what does not fit is told`() {
        withUnsafeTemporaryAllocation(byteCount: 40, alignment: 1) { memory in
            var problem = ProblemWriter(memory, status: .notFound)
            problem.member("detail", "much too long for it")
            #expect(problem.hasOverflowed)
        }
    }
}

@Suite struct FoldedWordTests {
    private func has(_ text: String, _ word: StaticString, at index: Int = 0) -> (has: Bool, isWhole: Bool) {
        Array(text.utf8).withUnsafeBytes { ($0.hasWord(word, at: index), $0.isWord(word)) }
    }

    @Test(
        arguments: [
            ("bearer x", true, false), ("BEARER", true, true), ("BeArEr,", true, false), ("beare", false, false),
            ("bearer", true, true), ("xbearer", false, false), ("", false, false), ("\u{2}earer", false, false),
        ] as [(String, Bool, Bool)])
    func `a word is found in any case of letters`(_ text: String, _ found: Bool, _ isWhole: Bool) {
        #expect(has(text, "bearer") == (found, isWhole))
    }

    @Test func `only letters have two cases`() {
        #expect(has("no-cache", "no-cache").isWhole && !has("no\rcache", "no-cache").has)
        #expect(has("a,HTTPS", "https", at: 2).has && !has("a,HTTP", "https", at: 2).has)
    }
}
